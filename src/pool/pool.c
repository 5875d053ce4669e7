/* SPDX-License-Identifier: MIT */
/* The connections to one server. */
#include "pool/pool.h"

#include "pool/reauthenticate.h"

bool pl_pool_init(pl_pool *pool, const pl_server *server, const pl_pool_size *size)
{
    *pool = (pl_pool){.server = *server, .shared_count = size->shared};
    pool->shared_conns = pl_heap_alloc(server->heap, size->shared * sizeof *pool->shared_conns);
    if (!pool->shared_conns)
        return false;
    pl_incarnation_init(&pool->incarnation);
    pool->server.incarnation = &pool->incarnation;
    pl_tls_session_init(&pool->tls_session);
    pool->server.tls_session = &pool->tls_session;
    for (uint32_t i = 0; i < size->shared; i++)
        pl_shared_conn_init(&pool->shared_conns[i], &pool->server);
    pl_dedicated_pool_init(&pool->dedicated, &pool->server, size->dedicated_max, size->dedicated_min_idle,
                           size->dedicated_lifetime_ns);
    return true;
}

void pl_pool_fini(pl_pool *pool, bool is_child)
{
    for (uint32_t i = 0; i < pool->shared_count; i++)
        pl_shared_conn_fini(&pool->shared_conns[i], is_child);
    pl_dedicated_pool_fini(&pool->dedicated, is_child);
    pl_tls_session_fini(&pool->tls_session);
    pl_incarnation_fini(&pool->incarnation);
    pl_heap_free(pool->server.heap, pool->shared_conns);
}

/* The one with the fewest callers, so that nobody waits for another's round trip while a connection is idle; the first
 * among equals, so that a lone caller stays on one connection. One whose dial has failed is the last choice. */
static pl_shared_conn *choose(pl_pool *pool, const pl_shared_conn *own, int64_t now)
{
    pl_shared_conn *best = &pool->shared_conns[0];
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < pool->shared_count; i++) {
        pl_shared_conn *conn = &pool->shared_conns[i];
        uint32_t load = atomic_load_explicit(&conn->load, memory_order_relaxed) - (conn == own ? 1 : 0);
        bool is_avoided = now < atomic_load_explicit(&conn->avoid_until, memory_order_relaxed);
        if (load >= least || is_avoided)
            continue;
        best = conn;
        least = load;
        if (load == 0)
            break;
    }
    return best;
}

pl_shared_conn *pl_pool_enter(pl_pool *pool, const pl_shared_conn *own, int64_t now)
{
    pl_shared_conn *conn = choose(pool, own, now);
    atomic_fetch_add_explicit(&conn->load, 1, memory_order_relaxed);
    return conn;
}

void pl_pool_leave(pl_shared_conn *conn)
{
    atomic_fetch_sub_explicit(&conn->load, 1, memory_order_relaxed);
}

bool pl_pool_is_avoided(pl_pool *pool, int64_t now)
{
    for (uint32_t i = 0; i < pool->shared_count; i++)
        if (now >= atomic_load_explicit(&pool->shared_conns[i].avoid_until, memory_order_relaxed))
            return false;
    return true;
}

bool pl_pool_is_connected(pl_pool *pool)
{
    uint32_t ignored;
    for (uint32_t i = 0; i < pool->shared_count; i++)
        if (pl_shared_conn_is_open(&pool->shared_conns[i], &ignored))
            return true;
    return false;
}

void pl_pool_close(pl_pool *pool)
{
    pl_dedicated_pool_close(&pool->dedicated);
}

void pl_pool_end(pl_pool *pool, podlink_status status, const char *why)
{
    pl_incarnation_end(&pool->incarnation, status, why);
    for (uint32_t i = 0; i < pool->shared_count; i++)
        pl_shared_conn_end(&pool->shared_conns[i], status, why);
    pl_dedicated_pool_end(&pool->dedicated);
}

bool pl_pool_is_quiet(pl_pool *pool)
{
    return atomic_load(&pool->dedicated.inside) == 0;
}

static bool is_shared_idle(pl_shared_conn *conn)
{
    uint32_t in_line;
    pl_shared_conn_is_open(conn, &in_line);
    return in_line == 0 && atomic_load_explicit(&conn->load, memory_order_acquire) == 0;
}

bool pl_pool_is_idle(pl_pool *pool)
{
    for (uint32_t i = 0; i < pool->shared_count; i++)
        if (!is_shared_idle(&pool->shared_conns[i]))
            return false;
    return pl_pool_is_quiet(pool) && !pl_dedicated_pool_is_lent(&pool->dedicated);
}

bool pl_pool_is_unlent(pl_pool *pool)
{
    pthread_mutex_lock(&pool->dedicated.lock);
    bool is_unlent = pool->dedicated.total == 0;
    pthread_mutex_unlock(&pool->dedicated.lock);
    return is_unlent && pl_pool_is_quiet(pool);
}

int64_t pl_pool_acknowledged_at(pl_pool *pool)
{
    int64_t latest = pl_dedicated_pool_acknowledged_at(&pool->dedicated);
    for (uint32_t i = 0; i < pool->shared_count; i++) {
        const int64_t at =
            atomic_load_explicit(&pool->shared_conns[i].counters.protocol.acknowledged_at, memory_order_relaxed);
        latest = at > latest ? at : latest;
    }
    return latest;
}

static bool is_reply_due(pl_pool *pool)
{
    uint32_t in_line = 0;
    for (uint32_t i = 0; i < pool->shared_count && in_line == 0; i++)
        pl_shared_conn_is_open(&pool->shared_conns[i], &in_line);
    return in_line > 0 || pl_dedicated_pool_is_lent(&pool->dedicated);
}

int64_t pl_pool_may_have_acknowledged_at(pl_pool *pool)
{
    return is_reply_due(pool) ? pl_clock_now(pool->server.clock) : pl_pool_acknowledged_at(pool);
}

void pl_pool_tick(pl_pool *pool)
{
    int64_t now = pl_clock_now(pool->server.clock);
    for (uint32_t i = 0; i < pool->shared_count; i++)
        pl_shared_conn_tick(&pool->shared_conns[i], now);
    pl_dedicated_pool_tick(&pool->dedicated, now);
    for (uint32_t i = 0; i < pool->shared_count; i++)
        pl_reauthenticate_overdue(&pool->shared_conns[i]);
}

podlink_status pl_pool_reauthenticate(pl_pool *pool, int64_t deadline, podlink_error *err)
{
    const int64_t now = pl_clock_now(pool->server.clock);
    podlink_status status = PODLINK_OK;
    bool was_shown = true;
    if (!pl_credentials_are_shown(&pool->server.credentials, pool->server.login))
        return PODLINK_OK;
    for (uint32_t i = 0; i < pool->shared_count && was_shown; i++) {
        podlink_error fault;
        was_shown = pl_reauthenticate(&pool->shared_conns[i], now, deadline, &fault);
        if (status == PODLINK_OK && fault.status != PODLINK_OK) {
            status = fault.status;
            if (err)
                *err = fault;
        }
    }
    if (was_shown)
        pl_dedicated_pool_outdate(&pool->dedicated, now);
    return status;
}

static void count_shared(pl_shared_conn *conn, podlink_stats *stats)
{
    const pl_shared_conn_counters *counters = &conn->counters;
    uint32_t in_line;
    stats->connections += pl_shared_conn_is_open(conn, &in_line) ? 1 : 0;
    stats->queue_depth += in_line;
    stats->dials += pl_counted(&counters->dials);
    stats->dial_failures += pl_counted(&counters->dial_failures);
    stats->connections_lost += pl_counted(&counters->lost);
    stats->stale += pl_counted(&counters->stale);
    stats->waits += pl_counted(&counters->waits);
    stats->wait_ns += pl_counted(&counters->wait_ns);
    stats->writes += pl_counted(&counters->writes);
    stats->reads += pl_counted(&counters->reads);
    stats->reauthentications += pl_counted(&counters->auths);
    pl_conn_counters_add(&counters->protocol, stats);
}

void pl_pool_count(pl_pool *pool, podlink_stats *stats)
{
    for (uint32_t i = 0; i < pool->shared_count; i++)
        count_shared(&pool->shared_conns[i], stats);
    pl_dedicated_pool_count(&pool->dedicated, stats);
}
