/* SPDX-License-Identifier: MIT */
/* Which node serves which slot: an immutable snapshot. A single server or a master with sentinels is a map too: one
 * master for all slots. */
#ifndef PL_DEPLOYMENT_SLOT_MAP_H
#define PL_DEPLOYMENT_SLOT_MAP_H

#include "base/heap.h"
#include "deployment/slot.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_NO_NODE UINT16_MAX /* no node serves the slot */

enum { PL_SLOT_NODES_MAX = PL_SLOTS };

typedef struct pl_slot_node {
    pl_address address;
    bool is_master;
    uint32_t replica_count; /* of a master: they are directly behind it */
} pl_slot_node;

typedef struct pl_slot_map {
    const pl_heap *heap; /* borrowed */
    uint32_t node_count;
    uint16_t *slots; /* PL_SLOTS of them, in this block: the index of the master, or PL_NO_NODE. NULL: the first node
                        is the master of all, which saves 32 KiB without a cluster */
    pl_slot_node nodes[]; /* no address is there twice */
} pl_slot_map;

/** A map with node_count nodes, which the caller fills in, and no slot served. NULL when out of memory, or with more
 *  nodes than PL_SLOT_NODES_MAX. */
pl_slot_map *pl_slot_map_new(const pl_heap *heap, size_t node_count);

/** One master for all slots. A replica that is named twice, or is the master, is left out.
 *  @param replicas  NULL if count is 0
 *  @return NULL when out of memory, or with more nodes than PL_SLOT_NODES_MAX */
pl_slot_map *pl_slot_map_single(const pl_heap *heap, const pl_address *address, const pl_address *replicas,
                                size_t count);

/** A copy in which the node at an address serves one slot. A new node is added. A node that was a replica becomes a
 *  master, and is no longer a replica of its old master.
 *  @return NULL when out of memory, or with more nodes than PL_SLOT_NODES_MAX */
pl_slot_map *pl_slot_map_with(const pl_slot_map *map, uint16_t slot, const pl_address *address);

/** NULL is allowed. */
void pl_slot_map_free(pl_slot_map *map);

/** The index of a slot's master in nodes, or PL_NO_NODE. slot < PL_SLOTS. */
static inline uint16_t pl_slot_map_master(const pl_slot_map *map, uint16_t slot)
{
    return map->slots ? map->slots[slot] : 0;
}

#endif
