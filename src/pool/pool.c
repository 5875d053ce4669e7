/* The connections to one server. */
#include "pool/pool.h"

#include "pool/reauthenticate.h"

bool pl_pool_init(pl_pool *pool, const pl_server *server, const pl_pool_size *size)
{
    *pool = (pl_pool){.server = *server, .lane_count = size->shared};
    pool->lanes = pl_heap_alloc(server->heap, size->shared * sizeof *pool->lanes);
    if (!pool->lanes)
        return false;
    pl_runs_init(&pool->runs);
    pool->server.runs = &pool->runs;
    pl_tls_session_init(&pool->tls_session);
    pool->server.tls_session = &pool->tls_session;
    for (uint32_t i = 0; i < size->shared; i++)
        pl_lane_init(&pool->lanes[i], &pool->server);
    pl_dedicated_init(&pool->dedicated, &pool->server, size->dedicated_max, size->dedicated_min_idle,
                      size->dedicated_lifetime_ns);
    return true;
}

void pl_pool_fini(pl_pool *pool, bool is_child)
{
    for (uint32_t i = 0; i < pool->lane_count; i++)
        pl_lane_fini(&pool->lanes[i], is_child);
    pl_dedicated_fini(&pool->dedicated, is_child);
    pl_tls_session_fini(&pool->tls_session);
    pl_runs_fini(&pool->runs);
    pl_heap_free(pool->server.heap, pool->lanes);
}

/* The one with the fewest callers, so that nobody waits for another's round trip while a connection is idle; the first
 * among equals, so that a lone caller stays on one connection. One whose dial has failed is the last choice. */
static pl_lane *choose(pl_pool *pool, const pl_lane *own, int64_t now)
{
    pl_lane *best = &pool->lanes[0];
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < pool->lane_count; i++) {
        pl_lane *lane = &pool->lanes[i];
        uint32_t load = atomic_load_explicit(&lane->load, memory_order_relaxed) - (lane == own ? 1 : 0);
        bool is_avoided = now < atomic_load_explicit(&lane->avoid_until, memory_order_relaxed);
        if (load >= least || is_avoided)
            continue;
        best = lane;
        least = load;
        if (load == 0)
            break;
    }
    return best;
}

pl_lane *pl_pool_enter(pl_pool *pool, const pl_lane *own, int64_t now)
{
    pl_lane *lane = choose(pool, own, now);
    atomic_fetch_add_explicit(&lane->load, 1, memory_order_relaxed);
    return lane;
}

void pl_pool_leave(pl_lane *lane)
{
    atomic_fetch_sub_explicit(&lane->load, 1, memory_order_relaxed);
}

bool pl_pool_is_avoided(pl_pool *pool, int64_t now)
{
    for (uint32_t i = 0; i < pool->lane_count; i++)
        if (now >= atomic_load_explicit(&pool->lanes[i].avoid_until, memory_order_relaxed))
            return false;
    return true;
}

bool pl_pool_is_connected(pl_pool *pool)
{
    uint32_t ignored;
    for (uint32_t i = 0; i < pool->lane_count; i++)
        if (pl_lane_is_open(&pool->lanes[i], &ignored))
            return true;
    return false;
}

void pl_pool_close(pl_pool *pool)
{
    pl_dedicated_close(&pool->dedicated);
}

void pl_pool_end(pl_pool *pool, podlink_status status, const char *why)
{
    pl_runs_end(&pool->runs, status, why);
    for (uint32_t i = 0; i < pool->lane_count; i++)
        pl_lane_end(&pool->lanes[i], status, why);
    pl_dedicated_end(&pool->dedicated);
}

bool pl_pool_is_quiet(pl_pool *pool)
{
    return atomic_load(&pool->dedicated.inside) == 0;
}

static bool is_lane_idle(pl_lane *lane)
{
    uint32_t in_line;
    pl_lane_is_open(lane, &in_line);
    return in_line == 0 && atomic_load_explicit(&lane->load, memory_order_acquire) == 0;
}

bool pl_pool_is_idle(pl_pool *pool)
{
    for (uint32_t i = 0; i < pool->lane_count; i++)
        if (!is_lane_idle(&pool->lanes[i]))
            return false;
    return pl_pool_is_quiet(pool) && !pl_dedicated_is_lent(&pool->dedicated);
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
    int64_t latest = pl_dedicated_acknowledged_at(&pool->dedicated);
    for (uint32_t i = 0; i < pool->lane_count; i++) {
        const int64_t at = atomic_load_explicit(&pool->lanes[i].counters.conn.acknowledged_at, memory_order_relaxed);
        latest = at > latest ? at : latest;
    }
    return latest;
}

static bool is_reply_due(pl_pool *pool)
{
    uint32_t in_line = 0;
    for (uint32_t i = 0; i < pool->lane_count && in_line == 0; i++)
        pl_lane_is_open(&pool->lanes[i], &in_line);
    return in_line > 0 || pl_dedicated_is_lent(&pool->dedicated);
}

int64_t pl_pool_may_have_acknowledged_at(pl_pool *pool)
{
    return is_reply_due(pool) ? pl_clock_now(pool->server.clock) : pl_pool_acknowledged_at(pool);
}

void pl_pool_tick(pl_pool *pool)
{
    int64_t now = pl_clock_now(pool->server.clock);
    for (uint32_t i = 0; i < pool->lane_count; i++)
        pl_lane_tick(&pool->lanes[i], now);
    pl_dedicated_tick(&pool->dedicated, now);
    for (uint32_t i = 0; i < pool->lane_count; i++)
        pl_reauthenticate_overdue(&pool->lanes[i]);
}

podlink_status pl_pool_reauthenticate(pl_pool *pool, int64_t deadline, podlink_error *err)
{
    const int64_t now = pl_clock_now(pool->server.clock);
    podlink_status status = PODLINK_OK;
    bool was_shown = true;
    if (!pl_credentials_are_shown(&pool->server.credentials, pool->server.login))
        return PODLINK_OK;
    for (uint32_t i = 0; i < pool->lane_count && was_shown; i++) {
        podlink_error fault;
        was_shown = pl_reauthenticate(&pool->lanes[i], now, deadline, &fault);
        if (status == PODLINK_OK && fault.status != PODLINK_OK) {
            status = fault.status;
            if (err)
                *err = fault;
        }
    }
    if (was_shown)
        pl_dedicated_outdate(&pool->dedicated, now);
    return status;
}

static void count_lane(pl_lane *lane, podlink_stats *stats)
{
    const pl_lane_counters *counters = &lane->counters;
    uint32_t in_line;
    stats->connections += pl_lane_is_open(lane, &in_line) ? 1 : 0;
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
    pl_conn_counters_add(&counters->conn, stats);
}

void pl_pool_count(pl_pool *pool, podlink_stats *stats)
{
    for (uint32_t i = 0; i < pool->lane_count; i++)
        count_lane(&pool->lanes[i], stats);
    pl_dedicated_count(&pool->dedicated, stats);
}
