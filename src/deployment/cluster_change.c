/* SPDX-License-Identifier: MIT */
/* Reports of changes in a cluster.
 *
 * The loss window of a promotion: a master that is partitioned from the others accepts writes until it notices. It
 * pings each node after half of cluster-node-timeout at the latest, and waits one cluster-node-timeout for the answer.
 * So all lost writes were acknowledged at most 1.5 times cluster-node-timeout before the last write that it
 * acknowledged. Nothing that a client sees narrows this down. A lost connection shows that the master is gone, but not
 * that it still had its replicas until then. A manual failover, which loses nothing, looks like an automatic one. */
#include "deployment/cluster_change.h"

#include "deployment/deployment.h"
#include "deployment/events.h"
#include "deployment/promotion.h"

enum {
    MARGIN_MS = 500 /* servers check such times ten times a second, and a replica may lag a little */
};

static int64_t loss_reach(const pl_deployment *deployment)
{
    return (deployment->env->config.cluster_node_timeout_ms * 3 / 2 + MARGIN_MS) * PL_MS;
}

/* The old master cannot be freed meanwhile: the caller is inside the epoch. */
static void report_replaced(pl_deployment *deployment, pl_node *old, const pl_address *master)
{
    int64_t from = 0;
    const int64_t until = pl_pool_may_have_acknowledged_at(&old->pool);
    if (until != 0) {
        const int64_t last = pl_pool_acknowledged_at(&old->pool);
        from = (last != 0 ? last : until) - loss_reach(deployment);
        from = from > 0 ? from : 1;
    }
    pl_notify_master_changed(deployment->env, &old->address, master, from, until);
}

/* @return whether there was a promotion */
static bool report_promotions(pl_deployment *deployment, const pl_view_change *change)
{
    bool has_reported = false;
    const pl_slot_map *before = change->before->map, *after = change->after->map;
    for (uint32_t i = 0; i < after->node_count; i++) {
        const uint16_t master = pl_promotion_of(before, after, i);
        if (master == PL_NO_NODE)
            continue;
        pl_node *old = change->before->nodes[master];
        if (!pl_nodes_replace(&deployment->nodes, old, change->after->nodes[i]))
            continue;
        report_replaced(deployment, old, &after->nodes[i].address);
        has_reported = true;
    }
    return has_reported;
}

void pl_cluster_changed(pl_deployment *deployment, const pl_view_change *change)
{
    if (!report_promotions(deployment, change) && !pl_slot_maps_equal(change->before->map, change->after->map))
        pl_notify_topology_changed(deployment->env, NULL, NULL);
}
