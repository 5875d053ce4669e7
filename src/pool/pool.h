/* SPDX-License-Identifier: MIT */
/* The connections to one server: a few that all callers share, and those that are lent. */
#ifndef PL_POOL_POOL_H
#define PL_POOL_POOL_H

#include "pool/dedicated_pool.h"
#include "pool/shared_conn.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct pl_pool {
    pl_incarnation incarnation;
    pl_tls_session tls_session;
    pl_server server;
    pl_shared_conn *shared_conns; /* owned */
    uint32_t shared_count;
    pl_dedicated_pool dedicated;
} pl_pool;

typedef struct pl_pool_size {
    uint32_t shared;
    uint32_t dedicated_max;
    uint32_t dedicated_min_idle;
    int64_t dedicated_lifetime_ns; /* PL_NEVER: none */
} pl_pool_size;

/** False when out of memory. What server borrows is borrowed on; its runs and its TLS session are the pool's. */
bool pl_pool_init(pl_pool *pool, const pl_server *server, const pl_pool_size *size);

/** No caller may be in it. */
void pl_pool_fini(pl_pool *pool, bool is_child);

/** Takes the shared connection that has the fewest callers, and counts this one among them. Never NULL.
 *  @param own  one that this caller is in already, and will leave; NULL: none */
pl_shared_conn *pl_pool_enter(pl_pool *pool, const pl_shared_conn *own, int64_t now);
void pl_pool_leave(pl_shared_conn *conn);

/** Whether no shared connection is available: every one has just failed to dial. Takes no lock. */
bool pl_pool_is_avoided(pl_pool *pool, int64_t now);

/** Whether a shared connection is open. */
bool pl_pool_is_connected(pl_pool *pool);

/** Sessions get no connection any more: waiting callers fail, idle connections are closed. */
void pl_pool_close(pl_pool *pool);

/** Ends every connection, also those that are being dialled: calls on them fail with this status. No new connection is
 *  made. @param why  for messages */
void pl_pool_end(pl_pool *pool, podlink_status status, const char *why);

/** Whether no caller waits for a dedicated connection or runs a call on one. */
bool pl_pool_is_quiet(pl_pool *pool);

/** Whether nothing is in flight or about to be: no caller uses the pool, no reply is due, no connection is lent. */
bool pl_pool_is_idle(pl_pool *pool);

/** Whether all dedicated connections are returned and closed. */
bool pl_pool_is_unlent(pl_pool *pool);

/** When the server last acknowledged a command that may write. 0: never. */
int64_t pl_pool_acknowledged_at(pl_pool *pool);

/** The latest time at which it may have done so: now if a reply is due or a connection is lent; else the same. */
int64_t pl_pool_may_have_acknowledged_at(pl_pool *pool);

/** Periodic work. */
void pl_pool_tick(pl_pool *pool);

/** Authenticates again, on every connection that was made before.
 *  @return as podlink_client_reauthenticate(). Blocks until the deadline at most, and as long as the host's callback
 *  takes */
podlink_status pl_pool_reauthenticate(pl_pool *pool, int64_t deadline, podlink_error *err);

/** Adds what was counted. */
void pl_pool_count(pl_pool *pool, podlink_stats *stats);

#endif
