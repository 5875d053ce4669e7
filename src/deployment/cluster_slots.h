/* The reply of CLUSTER SLOTS, as a slot map. */
#ifndef PL_DEPLOYMENT_CLUSTER_SLOTS_H
#define PL_DEPLOYMENT_CLUSTER_SLOTS_H

#include "deployment/slot_map.h"

#include <podlink/command.h>

/** Reads the reply in all its forms: with and without the names and the metadata of nodes. A node that comes in many
 *  ranges is one node. An empty or missing host is that of the node that was asked. A range whose master's address is
 *  not known ("?", port 0) is served by nobody, a replica of that kind is left out; so is one that serves slots itself,
 *  or that has come before as the replica of another master.
 *  @param asked  borrowed
 *  @param map    out: pl_slot_map_free(); NULL on failure
 *  @return PODLINK_OK; EREPLY: a shape, a number or a host is wrong, ranges overlap, or there are too many nodes;
 *  ECLUSTERDOWN: no slot at all is served; ENOMEM */
podlink_status pl_slot_map_read(const pl_heap *heap, const podlink_reply *cluster_slots, const pl_address *asked,
                                pl_slot_map **map, podlink_error *err);

#endif
