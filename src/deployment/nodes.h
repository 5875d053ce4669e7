/* SPDX-License-Identifier: MIT */
/* All servers of a deployment, and the present view of them: which node serves which slot. A view is immutable. A new
 * one replaces it, and it is freed when no call can see it any more (epoch-based reclamation). */
#ifndef PL_DEPLOYMENT_NODES_H
#define PL_DEPLOYMENT_NODES_H

#include "deployment/node.h"
#include "deployment/slot_map.h"
#include "sync/epoch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef struct pl_view {
    pl_slot_map *map;     /* owned */
    pl_node **nodes;      /* the nodes of the map, in its order; the array is owned */
    uint32_t named;       /* index of the node that the latest redirect has named: it knows most; or 0 */
    uint32_t retired_in;  /* the epoch in which it was replaced */
    struct pl_view *next; /* older views */
} pl_view;

/** A view has replaced another. Both are valid while the caller stays inside the epoch. */
typedef struct pl_view_change {
    const pl_view *before; /* NULL: there was none */
    const pl_view *after;
} pl_view_change;

typedef struct pl_nodes {
    pl_env *env;             /* borrowed */
    const pl_server *server; /* how connections are made, except for the address; borrowed */
    pl_pool_size size;       /* of each pool */
    bool checks_roles;       /* a master must confirm its role in the handshake */
    int64_t drain_ns;        /* how long a node that is in no view may finish what is in flight; 0: not at all */
    pl_node_hooks hooks;     /* set before the first node is made */
    pl_epoch epoch;          /* every call is inside it */
    _Atomic(pl_view *) view; /* never NULL after the first publish */
    pthread_mutex_t lock;    /* of everything below, and of publishing */
    bool is_closed;          /* the pool of a node that is made now is closed from the start */
    pl_node *list;           /* with the retired ones, until they are freed */
    uint32_t made;           /* how many nodes were ever made */
    uint32_t view_number;    /* of the present view */
    pl_view *old_views;
    podlink_stats gone;      /* what the freed nodes had counted */
    _Atomic uint32_t random; /* for round robin */
} pl_nodes;

void pl_nodes_init(pl_nodes *nodes, pl_env *env, const pl_server *server, const pl_pool_size *size);

/** No call is inside. */
void pl_nodes_fini(pl_nodes *nodes, bool is_child);

/** Publishes the map as the view, and makes nodes for new addresses. A node that is not in it gets no more calls, but
 * may finish those in flight, for drain_ns at most. If a later view has it again meanwhile, it is used again.
 *  @param map     taken, also on failure
 *  @param change  out; NULL: not wanted
 *  @return PODLINK_OK or PODLINK_ENOMEM. Does not block. Inside the epoch, or before the first call. */
podlink_status pl_nodes_publish(pl_nodes *nodes, pl_slot_map *map, pl_view_change *change, podlink_error *err);

/** The node at an address; makes it if it is new. A node that is in no view is kept for a while after its latest use.
 *  NULL when out of memory. Inside the epoch. */
pl_node *pl_nodes_at(pl_nodes *nodes, const pl_address *address);

/** Publishes a view in which one slot has moved to a node, after a redirect. Inside the epoch.
 *  @param change  out if it returns true
 *  @return false: the view has it there already, or out of memory */
bool pl_nodes_move_slot(pl_nodes *nodes, uint16_t slot, const pl_address *address, pl_view_change *change);

/** Notes that a node has replaced another as master. The old one is ended at once, with what is in flight on it, unless
 *  the view has it. Inside the epoch.
 *  @return false: that was known before; an outdated answer may have shown the old state in between */
bool pl_nodes_replace(pl_nodes *nodes, pl_node *old, pl_node *master);

/** The present view. Valid while the caller stays inside the epoch. */
static inline const pl_view *pl_nodes_view(pl_nodes *nodes)
{
    return atomic_load_explicit(&nodes->view, memory_order_acquire);
}

/** The node for a command: the master of its slot, or a replica of it.
 *  @param view         the present one, or an older one that a caller keeps while it routes many commands
 *  @param slot         PL_SLOT_ANY: any master, a reachable one if there is one
 *  @param of_replicas  a reachable replica, if there is one
 *  @return NULL: the view has no node for it */
pl_node *pl_nodes_route(pl_nodes *nodes, const pl_view *view, uint16_t slot, bool of_replicas, int64_t now);

/** Goes to the next node of all, or to the first. The lock is not held between two steps, and the node that a walk is
 *  at is not freed. Any thread. New nodes are put in front, so a walk that has begun does not come to them.
 *  @param at  the node that the walk is at; NULL: it begins
 *  @return NULL: it has ended; else another pl_nodes_walk() or pl_nodes_walk_end() must follow */
pl_node *pl_nodes_walk(pl_nodes *nodes, pl_node *at);

/** Ends a walk early. NULL is allowed. */
void pl_nodes_walk_end(pl_nodes *nodes, pl_node *at);

/** Periodic work: of each pool; ends nodes that have left; frees what no caller can see any more. By one thread at a
 *  time. */
void pl_nodes_tick(pl_nodes *nodes);

/** pl_pool_reauthenticate() for every node. Inside the epoch. @return the first failure */
podlink_status pl_nodes_reauthenticate(pl_nodes *nodes, int64_t deadline, podlink_error *err);

/** Refuses new calls from now on. */
void pl_nodes_close(pl_nodes *nodes);

/** Whether no call is running any more, after pl_nodes_close(). */
bool pl_nodes_are_quiet(pl_nodes *nodes);

/** pl_pool_end() for every node: running calls lose their connections. */
void pl_nodes_end(pl_nodes *nodes, podlink_status status, const char *why);

void pl_nodes_count(pl_nodes *nodes, podlink_stats *stats);

#endif
