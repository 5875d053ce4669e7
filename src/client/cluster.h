/* A cluster: asking a node which node serves which slot. */
#ifndef PL_CLIENT_CLUSTER_H
#define PL_CLIENT_CLUSTER_H

#include <podlink/client.h>

#include <stdint.h>

/** Asks one node after the other, those known first, then the seeds, and makes the first whole answer the view. In a
 *  call that has begun; by one caller at a time.
 *  @return PODLINK_OK, or why the last one asked could not tell. Blocks until the deadline at most */
podlink_status pl_cluster_discover(podlink_client *client, int64_t deadline, podlink_error *err);

#endif
