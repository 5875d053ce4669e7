/* SPDX-License-Identifier: MIT */
/* Discovery in a cluster: asks a node which node serves which slot. */
#ifndef PL_DEPLOYMENT_CLUSTER_DISCOVERY_H
#define PL_DEPLOYMENT_CLUSTER_DISCOVERY_H

#include <podlink/client.h>

#include <stdint.h>

struct pl_deployment;

/** Asks one node after the other, and publishes the first complete answer as the view: first the node that a redirect
 *  has named, then the other known nodes, then the seeds. An answer has no age. So an answer of a node that is
 *  partitioned from the others is believed, until a redirect or a failing call leads to the next discovery. Inside the
 *  epoch, by one caller at a time. Calls the host's event callback: no lock may be held.
 *  @param first  unused
 *  @return PODLINK_OK, or why the last node could not answer. Blocks until the deadline at most */
podlink_status pl_cluster_discover(struct pl_deployment *deployment, uint32_t first, int64_t deadline,
                                   podlink_error *err);

#endif
