/* SPDX-License-Identifier: MIT */
/* Redis Cluster: the nodes know which node serves which slot, and redirect commands that reach another node. */
#include "deployment/cluster_change.h"
#include "deployment/cluster_discovery.h"
#include "deployment/deployment.h"
#include "deployment/redirect.h"
#include "deployment/redirect_check.h"

#include <string.h>

enum { DRAIN_MS = 10000 };

static pl_slot_map *first_map(const pl_config *config)
{
    return pl_slot_map_new(&config->heap, 0);
}

/* A node that has left the cluster may finish what is in flight, for as long as a call may take. */
static podlink_status begin(pl_deployment *deployment, podlink_error *err)
{
    (void)err;
    const int64_t call_ms = deployment->env->config.call_timeout_ms;
    deployment->nodes.drain_ns = (call_ms > DRAIN_MS ? call_ms : DRAIN_MS) * PL_MS;
    return PODLINK_OK;
}

static pl_node *route(pl_deployment *deployment, uint16_t slot, bool of_replicas)
{
    pl_nodes *nodes = &deployment->nodes;
    return pl_nodes_route(nodes, pl_nodes_view(nodes), slot, of_replicas, pl_clock_now(&deployment->env->clock));
}

/* A redirect without a usable address ("?" or empty) is transient: gossip has not reached that node yet. Others know.
 */
static bool is_transient(const pl_node *asked, podlink_status reason, const char *words)
{
    pl_redirect redirect;
    if (reason != PODLINK_EREDIRECT)
        return pl_deployment_is_failover(reason);
    return pl_redirect_read(words, strlen(words), &asked->address, &redirect) == PL_REDIRECT_UNKNOWN;
}

static pl_redirect_action redirect(pl_deployment *deployment, const pl_node *asked, const char *words, int64_t deadline,
                                   pl_node **next)
{
    pl_env *env = deployment->env;
    pl_redirect to;
    pl_view_change change;
    if (pl_redirect_read(words, strlen(words), &asked->address, &to) != PL_REDIRECT_TO)
        return PL_REDIRECT_IGNORED;
    if (to.asks) {
        pl_count_shared(&env->counters.redirects_ask, 1);
        *next = pl_nodes_at(&deployment->nodes, &to.address);
        return *next ? PL_REDIRECT_ASK : PL_REDIRECT_IGNORED;
    }
    pl_count_shared(&env->counters.redirects_moved, 1);
    if (pl_nodes_move_slot(&deployment->nodes, to.slot, &to.address, &change))
        pl_cluster_changed(deployment, &change);
    pl_discover_soon(deployment, deadline);
    return PL_REDIRECT_ROUTE;
}

const pl_topology pl_topology_cluster = {.has_slots = true,
                                         .first_map = first_map,
                                         .begin = begin,
                                         .discover = pl_cluster_discover,
                                         .route = route,
                                         .is_transient = is_transient,
                                         .redirect = redirect,
                                         .confirms = pl_redirect_is_confirmed};
