/* SPDX-License-Identifier: MIT */
/* Dedicated connections: lent to one caller at a time. The one returned last is lent first, so that the others grow old
 * and are closed; waiters are served in the order in which they came. */
#ifndef PL_POOL_DEDICATED_POOL_H
#define PL_POOL_DEDICATED_POOL_H

#include "pool/dedicated_conn.h"
#include "pool/server.h"
#include "pool/waiters.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_dedicated_counters {
    pl_counter dials;
    pl_counter dial_failures;
    pl_counter stale;
    pl_counter reused;
    pl_counter waits;
    pl_counter wait_ns;
} pl_dedicated_counters;

typedef struct pl_dedicated_pool {
    const pl_server *server; /* borrowed */
    uint32_t max;
    uint32_t min_idle;
    int64_t lifetime_ns;
    pthread_mutex_t lock; /* of everything below; never held during I/O */
    pl_dedicated_conn *idle;
    pl_dedicated_conn *lent;
    podlink_stats retired;   /* what connections that are closed had counted, */
    int64_t acknowledged_at; /* and the latest that they had acknowledged */
    uint32_t idle_count;
    uint32_t total; /* idle, lent and being dialled */
    uint32_t dialling;
    pl_waiters waiters;
    _Atomic bool is_closed;
    _Atomic int64_t outdated_at; /* connections that were dialled not after that are closed when they are not lent */
    _Atomic uint32_t inside;     /* callers that are about to get one, or in a call on one */
    podlink_error dial_fault;
    uint32_t dial_failures; /* in a row */
    int64_t dial_not_before;
    pl_dedicated_counters counters;
} pl_dedicated_pool;

void pl_dedicated_pool_init(pl_dedicated_pool *pool, const pl_server *server, uint32_t max, uint32_t min_idle,
                            int64_t lifetime_ns);

/** All dedicated connections are back. */
void pl_dedicated_pool_fini(pl_dedicated_pool *pool, bool is_child);

/** Borrows a connection. @return PODLINK_OK; ETIMEDOUT, ECLOSED, or why the dial failed: nothing was sent */
podlink_status pl_dedicated_pool_acquire(pl_dedicated_pool *pool, int64_t deadline, pl_dedicated_conn **dedicated,
                                         podlink_error *err);

/** A call on a dedicated connection begins. False where the pool is closed; else pl_dedicated_pool_leave() must follow.
 */
bool pl_dedicated_pool_enter(pl_dedicated_pool *pool);
void pl_dedicated_pool_leave(pl_dedicated_pool *pool);

/** Gives it back. One that is not clean is closed: dead, with output unsent, replies due, or bytes unread.
 *  @param is_reusable  false: close it in any case */
void pl_dedicated_pool_release(pl_dedicated_pool *pool, pl_dedicated_conn *dedicated, bool is_reusable);

/** Periodic work: closes connections that are idle for too long, dead or too old, and dials up to min_idle. */
void pl_dedicated_pool_tick(pl_dedicated_pool *pool, int64_t now);

/** The present credentials are too old: closes idle connections, and the lent ones when they are returned. */
void pl_dedicated_pool_outdate(pl_dedicated_pool *pool, int64_t now);

/** Closes the pool: waiters fail, idle connections are closed. */
void pl_dedicated_pool_close(pl_dedicated_pool *pool);

/** Ends the lent connections: calls on them fail. */
void pl_dedicated_pool_end(pl_dedicated_pool *pool);

/** The latest acknowledged_at of all connections. */
int64_t pl_dedicated_pool_acknowledged_at(pl_dedicated_pool *pool);

/** Whether one is lent at present. */
bool pl_dedicated_pool_is_lent(pl_dedicated_pool *pool);

void pl_dedicated_pool_count(pl_dedicated_pool *pool, podlink_stats *stats);

#endif
