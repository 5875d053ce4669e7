/* SPDX-License-Identifier: MIT */
/* What has changed in a cluster from one map to the next: which masters were replaced by one of their replicas, and
 * whether anything has changed at all. */
#ifndef PL_DEPLOYMENT_PROMOTION_H
#define PL_DEPLOYMENT_PROMOTION_H

#include "deployment/slot_map.h"

/** The master that a node has replaced: the node was its replica before, and now serves slots of it. A slot that moves
 *  to a server that was no replica of its master is no promotion.
 *  @param node  an index in after->nodes
 *  @return the master's index in before->nodes; PL_NO_NODE: it has replaced none */
uint16_t pl_promotion_of(const pl_slot_map *before, const pl_slot_map *after, uint32_t node);

/** Whether both have the same masters for the same slots, and the same replicas of each. */
bool pl_slot_maps_equal(const pl_slot_map *one, const pl_slot_map *other);

#endif
