/* Telling the host of what has changed in a cluster.
 *
 * A master that is cut off from the others takes writes for as long as it does not know that: it asks each of them
 * after half of cluster-node-timeout at the latest, and waits for the answer for all of it. So whatever is lost was
 * acknowledged that long before the latest write that it acknowledged, or since. Nothing that a client sees narrows
 * this down: a connection that breaks tells that the master is gone, not that it had its replicas until then, and a
 * failover by command, which loses nothing, looks like one by majority. */
#include "deployment/cluster_change.h"

#include "deployment/deployment.h"
#include "deployment/events.h"
#include "deployment/promotion.h"

enum {
    MARGIN_MS = 500 /* servers look at such times ten times a second, and a replica may be a moment behind */
};

static int64_t reach(const pl_deployment *deployment)
{
    return (deployment->env->config.cluster_node_timeout_ms * 3 / 2 + MARGIN_MS) * PL_MS;
}

/* The old master is ended, or as it was: the caller is inside. */
static void tell_replaced(pl_deployment *deployment, pl_node *old, const pl_address *master)
{
    int64_t from = 0;
    const int64_t until = pl_pool_may_have_acknowledged_at(&old->pool);
    if (until != 0) {
        const int64_t last = pl_pool_acknowledged_at(&old->pool);
        from = (last != 0 ? last : until) - reach(deployment);
        from = from > 0 ? from : 1;
    }
    pl_notify_master_changed(deployment->env, &old->address, master, from, until);
}

/* @return whether there was a promotion */
static bool tell_promotions(pl_deployment *deployment, const pl_view_change *change)
{
    bool has_told = false;
    const pl_slot_map *before = change->before->map, *after = change->after->map;
    for (uint32_t i = 0; i < after->node_count; i++) {
        const uint16_t master = pl_promotion_of(before, after, i);
        if (master == PL_NO_NODE)
            continue;
        pl_node *old = change->before->nodes[master];
        if (!pl_nodes_replace(&deployment->nodes, old, change->after->nodes[i]))
            continue;
        tell_replaced(deployment, old, &after->nodes[i].address);
        has_told = true;
    }
    return has_told;
}

void pl_cluster_changed(pl_deployment *deployment, const pl_view_change *change)
{
    if (!tell_promotions(deployment, change) && !pl_slot_maps_equal(change->before->map, change->after->map))
        pl_notify_topology_changed(deployment->env, NULL, NULL);
}
