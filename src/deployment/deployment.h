/* SPDX-License-Identifier: MIT */
/* The deployment that a client is connected to: its nodes, which of them serves which slot, and discovery.
 * What depends on the kind of the deployment is behind one struct of functions, pl_topology. */
#ifndef PL_DEPLOYMENT_DEPLOYMENT_H
#define PL_DEPLOYMENT_DEPLOYMENT_H

#include "deployment/discovery.h"
#include "deployment/nodes.h"
#include "deployment/topology.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pl_sentinels;

enum { PL_TICK_MS = 200 }; /* notices dead connections in time, and costs little */

typedef struct pl_deployment {
    const pl_topology *topology;
    pl_env *env;                    /* borrowed */
    pl_tls_context *tls;            /* NULL: no connection has TLS */
    pl_wait_policy wait_policy;     /* of all connections */
    pl_server server;               /* how connections are made, except for the address */
    _Atomic uint32_t least_version; /* of the servers: 7.0.15 is 70015; 0: not known */
    pl_nodes nodes;
    pl_discovery discovery;
    struct pl_sentinels *sentinels; /* owned; NULL in other topologies */
    _Atomic bool is_ticking;        /* a tick is inside the epoch */
} pl_deployment;

/** Before pl_deployment_begin(), without connecting. Reads the files for TLS.
 *  @param env  borrowed
 *  @return PODLINK_OK; EINVAL, EUNSUPPORTED, ENOMEM: nothing is to be freed */
podlink_status pl_deployment_init(pl_deployment *deployment, pl_env *env, podlink_error *err);

/** Publishes the first view. On failure pl_deployment_fini() follows.
 *  @return PODLINK_OK or ENOMEM */
podlink_status pl_deployment_begin(pl_deployment *deployment, const pl_node_hooks *hooks, podlink_error *err);

/** Cancels what a tick may be waiting for. Any thread; not in the child of a fork(). */
void pl_deployment_cancel(pl_deployment *deployment);

/** Closes and frees everything. No call and no tick is running. */
void pl_deployment_fini(pl_deployment *deployment, bool is_child);

/** Refuses new calls, waits for those that run until the deadline, then ends their connections. Any thread. */
void pl_deployment_close(pl_deployment *deployment, int64_t deadline);

/** Periodic work. By one thread at a time.
 *  @return after how many milliseconds it is to be called again, at the latest */
int64_t pl_deployment_tick(pl_deployment *deployment);

/** The sockets whose input the next tick handles. @return how many there are */
size_t pl_deployment_sockets(pl_deployment *deployment, struct pollfd *sockets, size_t capacity);

/** Adds what nodes and connections have counted. Any thread. */
void pl_deployment_count(pl_deployment *deployment, podlink_stats *stats);

/** The node for a slot, after a discovery if the view has none. Inside the epoch.
 *  @param slot  PL_SLOT_ANY: any master
 *  @param node  out; NULL: discovery has found none, or has failed
 *  @return PODLINK_OK, or why discovery failed. Blocks until the deadline at most */
podlink_status pl_deployment_find(pl_deployment *deployment, uint16_t slot, bool of_replicas, int64_t deadline,
                                  pl_node **node, podlink_error *err);

/** The present view, after a discovery if it is empty. Inside the epoch.
 *  @param view  out; with at least one node if it returns PODLINK_OK
 *  @return PODLINK_OK, or why there is none. Blocks until the deadline at most */
podlink_status pl_deployment_view(pl_deployment *deployment, int64_t deadline, const pl_view **view,
                                  podlink_error *err);

/** Whether a failover may end this failure of a node: discovery finds the new master. */
bool pl_deployment_is_failover(podlink_status reason);

#endif
