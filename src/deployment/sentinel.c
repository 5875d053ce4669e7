/* SPDX-License-Identifier: MIT */
/* Redis Sentinel: one master with its replicas. The sentinels know where they are, and announce another master. */
#include "base/error.h"
#include "deployment/deployment.h"
#include "deployment/sentinel_discovery.h"
#include "deployment/sentinel_watch.h"

static pl_slot_map *first_map(const pl_config *config)
{
    return pl_slot_map_new(&config->heap, 0);
}

/* A master that the sentinels have replaced may not finish what is in flight: it would accept writes that are lost. So
 * nodes.drain_ns stays 0. */
static podlink_status begin(pl_deployment *deployment, podlink_error *err)
{
    deployment->nodes.checks_roles = true;
    deployment->sentinels = pl_sentinels_new(deployment);
    if (deployment->sentinels)
        deployment->sentinels->watch = pl_sentinel_watch_new(deployment->sentinels);
    return deployment->sentinels && deployment->sentinels->watch ? PODLINK_OK : pl_error_no_memory(err);
}

static podlink_status discover(pl_deployment *deployment, uint32_t first, int64_t deadline, podlink_error *err)
{
    return pl_sentinels_discover(deployment->sentinels, first, deadline, err);
}

static pl_node *route(pl_deployment *deployment, uint16_t slot, bool of_replicas)
{
    pl_nodes *nodes = &deployment->nodes;
    return pl_nodes_route(nodes, pl_nodes_view(nodes), slot, of_replicas, pl_clock_now(&deployment->env->clock));
}

static bool is_transient(const pl_node *asked, podlink_status reason, const char *words)
{
    (void)asked, (void)words;
    return pl_deployment_is_failover(reason);
}

static int64_t tick(pl_deployment *deployment)
{
    pl_sentinels_tick(deployment->sentinels);
    return pl_sentinel_watch_tick(deployment->sentinels->watch);
}

static size_t sockets(pl_deployment *deployment, struct pollfd *list, size_t capacity)
{
    return pl_sentinel_watch_sockets(deployment->sentinels->watch, list, capacity);
}

static void cancel(pl_deployment *deployment)
{
    pl_sentinels_end(deployment->sentinels);
}

static void close_all(pl_deployment *deployment)
{
    pl_sentinels_end(deployment->sentinels);
    pl_sentinel_watch_close(deployment->sentinels->watch);
}

static void count(pl_deployment *deployment, podlink_stats *stats)
{
    pl_sentinels_count(deployment->sentinels, stats);
}

static void free_all(pl_deployment *deployment, bool is_child)
{
    if (!deployment->sentinels)
        return;
    pl_sentinel_watch_free(deployment->sentinels->watch, is_child);
    pl_sentinels_free(deployment->sentinels, is_child);
}

const pl_topology pl_topology_sentinel = {.first_map = first_map,
                                          .begin = begin,
                                          .discover = discover,
                                          .route = route,
                                          .is_transient = is_transient,
                                          .tick = tick,
                                          .sockets = sockets,
                                          .cancel = cancel,
                                          .close = close_all,
                                          .count = count,
                                          .free = free_all};
