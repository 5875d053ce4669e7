/* What has become of a cluster from one map to the next: which masters a replica of theirs has replaced, and whether
 * anything is another at all. */
#ifndef PL_DEPLOYMENT_PROMOTION_H
#define PL_DEPLOYMENT_PROMOTION_H

#include "deployment/slot_map.h"

/** The master that a node has replaced: it was that master's replica before, and serves slots now that were the
 *  master's. A slot that was moved to a server which was no replica of its master is no promotion.
 *  @param node  the index of one in after->nodes
 *  @return the master's index in before->nodes; PL_NO_NODE: it has replaced none */
uint16_t pl_promotion_of(const pl_slot_map *before, const pl_slot_map *after, uint32_t node);

/** Whether both have the same masters for the same slots, and the same replicas of each. */
bool pl_slot_maps_equal(const pl_slot_map *one, const pl_slot_map *other);

#endif
