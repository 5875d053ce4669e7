/* The shared connections to one server. */
#include "pool/pool.h"

bool pl_pool_init(pl_pool *pool, const pl_server *server, uint32_t lane_count)
{
    *pool = (pl_pool){.server = *server, .lane_count = lane_count};
    pool->lanes = pl_heap_alloc(server->heap, lane_count * sizeof *pool->lanes);
    if (!pool->lanes)
        return false;
    for (uint32_t i = 0; i < lane_count; i++)
        pl_lane_init(&pool->lanes[i], &pool->server);
    return true;
}

void pl_pool_fini(pl_pool *pool)
{
    for (uint32_t i = 0; i < pool->lane_count; i++)
        pl_lane_fini(&pool->lanes[i]);
    pl_heap_free(pool->server.heap, pool->lanes);
}

/* The one with the fewest callers, so that nobody waits for another's round trip while a connection is idle; the first
 * among equals, so that a lone caller stays on one connection. */
static pl_lane *choose(pl_pool *pool, int64_t now)
{
    pl_lane *best = &pool->lanes[0];
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < pool->lane_count; i++) {
        pl_lane *lane = &pool->lanes[i];
        uint32_t load = atomic_load_explicit(&lane->load, memory_order_relaxed);
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

void pl_pool_run(pl_pool *pool, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    pl_lane_run(choose(pool, now), exchange, now, deadline);
}

void pl_pool_count(pl_pool *pool, podlink_stats *stats)
{
    for (uint32_t i = 0; i < pool->lane_count; i++) {
        pl_lane *lane = &pool->lanes[i];
        const pl_lane_counters *counters = &lane->counters;
        stats->connections += pl_lane_is_open(lane) ? 1 : 0;
        stats->dials += pl_counted(&counters->dials);
        stats->dial_failures += pl_counted(&counters->dial_failures);
        stats->connections_lost += pl_counted(&counters->lost);
        stats->calls_ok += pl_counted(&counters->conn.ok);
        stats->calls_server_error += pl_counted(&counters->conn.server_error);
        stats->calls_not_sent += pl_counted(&counters->conn.not_sent);
        stats->calls_unknown += pl_counted(&counters->conn.unknown);
        stats->bytes_sent += pl_counted(&counters->conn.bytes_sent);
        stats->bytes_received += pl_counted(&counters->conn.bytes_received);
        stats->writes += pl_counted(&counters->writes);
        stats->reads += pl_counted(&counters->reads);
    }
}
