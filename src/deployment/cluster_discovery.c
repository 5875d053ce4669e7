/* SPDX-License-Identifier: MIT */
/* Discovery in a cluster: CLUSTER SLOTS. */
#include "deployment/cluster_discovery.h"

#include "base/error.h"
#include "deployment/cluster_change.h"
#include "deployment/cluster_slots.h"
#include "deployment/deployment.h"
#include "resp/encode.h"

enum {
    ASK_MS = 400 /* for each node: one that is stopped must leave time to ask the next one */
};

typedef struct query {
    pl_request request; /* first: the callbacks cast it */
    pl_node *node;
    pl_slot_map *map; /* out */
} query;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request, (void)i;
    if (!pl_buffer_reserve(out, 3 * (PL_RESP_OVERHEAD + sizeof "CLUSTER")))
        return false;
    pl_resp_command(out, 2);
    pl_resp_argument(out, "CLUSTER", 7);
    pl_resp_argument(out, "SLOTS", 5);
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    query *q = (query *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    return pl_slot_map_read(q->node->pool.server.heap, outcome->reply->nodes, &q->node->address, &q->map, err);
}

static const pl_request_ops query_ops = {.encode = encode, .complete = complete};

static podlink_status query_node(pl_deployment *deployment, pl_node *node, int64_t deadline, podlink_error *err)
{
    query q = {.node = node};
    pl_view_change change;
    pl_request_init(&q.request, &query_ops, "CLUSTER SLOTS", true, err);
    podlink_status status = pl_node_query(node, &q.request, ASK_MS, deadline);
    if (status == PODLINK_OK)
        status = pl_nodes_publish(&deployment->nodes, q.map, &change, err);
    if (status == PODLINK_OK)
        pl_cluster_changed(deployment, &change);
    return status;
}

/* Unreachable nodes are asked last: if all others fail, or to get the reason. */
static podlink_status query_known(pl_deployment *deployment, bool of_reachable, int64_t deadline, podlink_error *err)
{
    const pl_view *view = pl_nodes_view(&deployment->nodes);
    const uint32_t count = view->map->node_count;
    const uint32_t random = atomic_fetch_add_explicit(&deployment->nodes.random, 1, memory_order_relaxed);
    const uint32_t first = view->named != 0 ? view->named : random;
    podlink_status status = PODLINK_ECLUSTERDOWN;
    for (uint32_t i = 0; i < count && status != PODLINK_OK; i++) {
        pl_node *node = view->nodes[(first + i) % count];
        const int64_t now = pl_clock_now(&deployment->env->clock);
        if (pl_pool_is_avoided(&node->pool, now) != of_reachable && pl_until(deadline, now) > 0)
            status = query_node(deployment, node, deadline, err);
    }
    return status;
}

static podlink_status query_seeds(pl_deployment *deployment, int64_t deadline, podlink_error *err)
{
    podlink_status status = PODLINK_ECLUSTERDOWN;
    for (uint32_t i = 0; i < deployment->env->config.seed_count && status != PODLINK_OK; i++) {
        if (pl_until(deadline, pl_clock_now(&deployment->env->clock)) == 0)
            return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                                "CLUSTER SLOTS: no answer before the deadline");
        pl_node *node = pl_nodes_at(&deployment->nodes, &deployment->env->config.seeds[i]);
        status = node ? query_node(deployment, node, deadline, err) : pl_error_no_memory(err);
    }
    return status;
}

podlink_status pl_cluster_discover(pl_deployment *deployment, uint32_t first, int64_t deadline, podlink_error *err)
{
    (void)first;
    podlink_status status = query_known(deployment, true, deadline, err);
    if (status != PODLINK_OK)
        status = query_known(deployment, false, deadline, err);
    if (status != PODLINK_OK)
        status = query_seeds(deployment, deadline, err);
    if (status != PODLINK_OK && err)
        err->delivery = PODLINK_NOT_SENT; /* the delivery of the call that needs the view */
    return status;
}
