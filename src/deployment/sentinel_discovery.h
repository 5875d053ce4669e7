/* SPDX-License-Identifier: MIT */
/* The sentinels of a deployment, and discovery by asking them. */
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
    PL_SENTINELS_MAX = PL_SEEDS_MAX, /* configured, or named by others; */
    PL_SENTINELS_ADDED_MAX = 16,     /* no named one is added beyond this total */
    PL_SENTINEL_REPLICAS_MAX = 32
};

/** The answer of one sentinel. */
typedef struct pl_sentinel_answer {
    bool is_given;
    pl_sentinel_master master;
    pl_address replicas[PL_SENTINEL_REPLICAS_MAX];
    size_t replica_count;
    pl_address others[PL_SENTINELS_ADDED_MAX];
    size_t other_count;
} pl_sentinel_answer;

/** A sentinel, with connections of its own by the sentinels' login and TLS. */
typedef struct pl_sentinel {
    pl_node *node;     /* owned */
    bool has_failed;   /* the last time it was asked */
    bool is_asked;     /* in the present round */
    int64_t epoch;     /* in its answer of the present round; -1: it has not answered */
    pl_address master; /* the same */
} pl_sentinel;

typedef struct pl_sentinels {
    struct pl_deployment *deployment; /* borrowed */
    pl_server server;                 /* how connections to them are made, except for the address */
    pl_sentinel list[PL_SENTINELS_MAX];
    uint32_t configured;    /* how many: the first ones of the list */
    _Atomic uint32_t count; /* only grows: entries of the list stay */

    /* Used by the caller that leads the discovery (deployment/discovery.h): */
    pl_sentinel_answer answer, best;
    int64_t epoch;       /* of the master in the view; -1: there is no master yet */
    int64_t lower_since; /* since when most sentinels report an older epoch; 0: they do not */

    pthread_mutex_t lock; /* of everything below */
    pl_outage outage;
    pl_address master; /* in the view; its text is empty while there is none */
    int64_t down_after_ns;

    struct pl_sentinel_watch *watch; /* owned; NULL while it is not made */
} pl_sentinels;

/** Of a deployment that is configured for sentinels. @return NULL when out of memory */
pl_sentinels *pl_sentinels_new(struct pl_deployment *deployment);

/** No discovery is running. NULL is allowed. */
void pl_sentinels_free(pl_sentinels *sentinels, bool is_child);

/** Ends all connections to them, also those that are being made. Requests fail with ECLOSED, and no connection is made
 *  any more. NULL is allowed; any thread. */
void pl_sentinels_end(pl_sentinels *sentinels);

/** Adds their connections and traffic. Requests to them are not calls of the user, and are not counted as such. NULL is
 *  allowed; any thread. */
void pl_sentinels_count(pl_sentinels *sentinels, podlink_stats *stats);

/** Periodic work of their connections. */
void pl_sentinels_tick(pl_sentinels *sentinels);

/** Asks the sentinels and publishes the view: the master with the highest config-epoch, and its replicas. A sentinel
 * that does not answer in time is skipped. Inside the epoch, by one caller at a time.
 *  @param first  the sentinel to ask first: it has just announced a change
 *  @return PODLINK_OK; if none answers, the failure that says most: ESERVER (it does not know the master), EAUTH,
 * ENOPERM, ETLS, ECONNECT, ... . Blocks until the deadline at most */
podlink_status pl_sentinels_discover(pl_sentinels *sentinels, uint32_t first, int64_t deadline, podlink_error *err);

#endif
