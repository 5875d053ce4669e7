/* SPDX-License-Identifier: MIT */
/* The reply of CLUSTER SLOTS, as a slot map. */
#ifndef PL_DEPLOYMENT_CLUSTER_SLOTS_H
#define PL_DEPLOYMENT_CLUSTER_SLOTS_H

#include "deployment/slot_map.h"

#include <podlink/command.h>

/** Reads all forms of the reply, with and without the names and the metadata of nodes. A node that many ranges name is
 *  one node. An empty or missing host is the host of the node that was asked. A range whose master has no known address
 *  ("?", port 0) has no master. A replica without a known address is left out, and so is a replica that is a master in
 *  another range or was named before as the replica of another master.
 *  @param asked  borrowed
 *  @param map    out: pl_slot_map_free(); NULL on failure
 *  @return PODLINK_OK; EREPLY: a shape, a number or a host is wrong, ranges overlap, or there are too many nodes;
 *  ECLUSTERDOWN: no slot is served at all; ENOMEM */
podlink_status pl_slot_map_read(const pl_heap *heap, const podlink_reply *cluster_slots, const pl_address *asked,
                                pl_slot_map **map, podlink_error *err);

#endif
