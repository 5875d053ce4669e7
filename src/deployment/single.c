/* SPDX-License-Identifier: MIT */
/* A single server: it serves all slots, and there is nothing to discover. */
#include "deployment/deployment.h"

static pl_slot_map *first_map(const pl_config *config)
{
    return pl_slot_map_single(&config->heap, &config->address, NULL, 0);
}

static pl_node *route(pl_deployment *deployment, uint16_t slot, bool of_replicas)
{
    (void)slot, (void)of_replicas;
    return pl_nodes_view(&deployment->nodes)->nodes[0];
}

const pl_topology pl_topology_single = {.first_map = first_map, .route = route};
