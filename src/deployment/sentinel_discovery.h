/* The sentinels that a client knows, and asking them where the master is. */
#ifndef PL_DEPLOYMENT_SENTINEL_DISCOVERY_H
#define PL_DEPLOYMENT_SENTINEL_DISCOVERY_H

#include "config/config.h"
#include "deployment/node.h"
#include "deployment/outage.h"
#include "deployment/sentinel_reply.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pl_deployment;

enum {
    PL_SENTINELS_MAX = PL_SEEDS_MAX, /* that are configured, or that others name; */
    PL_SENTINELS_ADDED_MAX = 16,     /* of the latter none beyond so many altogether */
    PL_SENTINEL_REPLICAS_MAX = 32
};

/** What one sentinel answers. */
typedef struct pl_sentinel_answer {
    bool is_given;
    pl_sentinel_master master;
    pl_address replicas[PL_SENTINEL_REPLICAS_MAX];
    size_t replica_count;
    pl_address others[PL_SENTINELS_ADDED_MAX];
    size_t other_count;
} pl_sentinel_answer;

/** A sentinel: its connections are its own, by the sentinels' login and TLS. */
typedef struct pl_sentinel {
    pl_node *node;     /* owned */
    bool has_failed;   /* the latest time that it was asked */
    bool is_asked;     /* in the present round */
    int64_t epoch;     /* as it answered in the present round; -1: it did not */
    pl_address master; /* the same */
} pl_sentinel;

typedef struct pl_sentinels {
    struct pl_deployment *deployment; /* borrowed */
    pl_server server;                 /* how connections to them are made, but for the address */
    pl_sentinel list[PL_SENTINELS_MAX];
    uint32_t configured;    /* the first of them */
    _Atomic uint32_t count; /* it only grows: what is in the list stays */

    /* By whoever asks, one at a time (deployment/discovery.h): */
    pl_sentinel_answer answer, best;
    int64_t epoch;       /* of the master in the view; -1: there is none yet */
    int64_t lower_since; /* most sentinels tell an older epoch since then; 0: they do not */

    pthread_mutex_t lock; /* of everything below */
    pl_outage outage;
    pl_address master; /* in the view; its text is empty where there is none yet */
    int64_t down_after_ns;

    struct pl_sentinel_watch *watch; /* owned; NULL: none yet */
} pl_sentinels;

/** Of a deployment that is configured for sentinels. @return NULL when out of memory */
pl_sentinels *pl_sentinels_new(struct pl_deployment *deployment);

/** Nobody asks any more. NULL is allowed. */
void pl_sentinels_free(pl_sentinels *sentinels, bool is_child);

/** Ends every connection to them, also those that are being made: who asks is told ECLOSED, and nobody makes a new one.
 *  NULL is allowed; any thread. */
void pl_sentinels_end(pl_sentinels *sentinels);

/** Adds the connections to them and the traffic there. What they are asked is nobody's call, and is not counted among
 *  those. NULL is allowed; any thread. */
void pl_sentinels_count(pl_sentinels *sentinels, podlink_stats *stats);

/** Periodic work of their connections. */
void pl_sentinels_tick(pl_sentinels *sentinels);

/** Asks the sentinels, and makes what they tell the view: the master of the highest config-epoch, and its replicas.
 *  In a call that has begun; by one caller at a time. One that does not answer in time is left out.
 *  @param first  which sentinel to ask first, since it has just announced something
 *  @return PODLINK_OK; or, where none tells, what the one that said most has answered: ESERVER (it knows no such
 *  master), EAUTH, ENOPERM, ETLS, ECONNECT, ... . Blocks until the deadline at most */
podlink_status pl_sentinels_discover(pl_sentinels *sentinels, uint32_t first, int64_t deadline, podlink_error *err);

#endif
