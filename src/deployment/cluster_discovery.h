/* A cluster: asking a node which node serves which slot. */
#ifndef PL_DEPLOYMENT_CLUSTER_DISCOVERY_H
#define PL_DEPLOYMENT_CLUSTER_DISCOVERY_H

#include <podlink/client.h>

#include <stdint.h>

struct pl_deployment;

/** Asks one node after the other, first whom a redirect has named, then those known, then the seeds, and makes the
 * first whole answer the view. An answer tells no age: one of a node that is cut off from the others is believed, until
 * a redirect, or a call that ends there, has the cluster asked again. In a call that has begun; by one caller at a
 * time. Calls the host's event callback: no lock may be held.
 *  @return PODLINK_OK, or why the last one asked could not tell. Blocks until the deadline at most */
podlink_status pl_cluster_discover(struct pl_deployment *deployment, uint32_t first, int64_t deadline,
                                   podlink_error *err);

#endif
