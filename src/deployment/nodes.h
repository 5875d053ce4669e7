/* All servers that a client knows, and the present view of them: which serves a slot. A view is never changed: another
 * takes its place, and it is freed when no call is inside any more that may have seen it. */
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
    pl_node **nodes;      /* those of the map, in its order; owned, the nodes are borrowed */
    uint32_t named;       /* the latest node that a redirect has named: it knows most of what goes on; or 0 */
    uint32_t retired_in;  /* the epoch's epoch when another took its place */
    struct pl_view *next; /* older ones */
} pl_view;

/** One view in place of another. Both are valid while the caller stays inside the epoch. */
typedef struct pl_view_change {
    const pl_view *before; /* NULL: there was none */
    const pl_view *after;
} pl_view_change;

typedef struct pl_nodes {
    pl_env *env;             /* borrowed */
    const pl_server *server; /* how connections are made, but for the address; borrowed */
    pl_pool_size size;       /* of each pool */
    bool checks_roles;       /* a server that is taken for a master must say so itself */
    int64_t drain_ns;        /* so long a node that is in no view may finish what is in flight; 0: not at all */
    pl_node_hooks hooks;     /* set before the first node is made */
    pl_epoch epoch;          /* every call is inside it */
    _Atomic(pl_view *) view; /* never NULL once it is initialised */
    pthread_mutex_t lock;    /* of all below, and of publishing */
    pl_node *list;           /* those retired included, until they are freed */
    uint32_t made;           /* nodes, so far */
    uint32_t view_number;    /* of the present one */
    pl_view *old_views;
    podlink_stats gone;      /* what nodes that are freed had counted */
    _Atomic uint32_t random; /* to spread what any node may serve */
} pl_nodes;

void pl_nodes_init(pl_nodes *nodes, pl_env *env, const pl_server *server, const pl_pool_size *size);

/** No call is inside. */
void pl_nodes_fini(pl_nodes *nodes, bool is_child);

/** Makes this map the view: nodes are made for addresses that are new. Those that are not in it get no more calls, but
 *  may finish those in flight, for drain_ns at most; one that a later view names meanwhile is used again.
 *  @param map     taken, also on failure
 *  @param change  out; NULL: not wanted
 *  @return PODLINK_OK or PODLINK_ENOMEM. Does not block. Inside the epoch, or before the first call. */
podlink_status pl_nodes_publish(pl_nodes *nodes, pl_slot_map *map, pl_view_change *change, podlink_error *err);

/** The node at an address, made where it is new. One that is in no view is kept for a while beyond its latest use.
 *  NULL when out of memory. Inside the epoch. */
pl_node *pl_nodes_at(pl_nodes *nodes, const pl_address *address);

/** One slot has moved to a node, as a redirect tells. Inside the epoch.
 *  @param change  out, where it returns true
 *  @return false: the view says so already, or out of memory */
bool pl_nodes_move_slot(pl_nodes *nodes, uint16_t slot, const pl_address *address, pl_view_change *change);

/** A node has become the master in place of another, which is ended at once, with what is in flight on it, unless the
 *  view has it. Inside the epoch.
 *  @return false: that is known already, as where an answer that was too old has shown it as it was before */
bool pl_nodes_replace(pl_nodes *nodes, pl_node *old, pl_node *master);

/** The present view. Valid while the caller stays inside the epoch. */
static inline const pl_view *pl_nodes_view(pl_nodes *nodes)
{
    return atomic_load_explicit(&nodes->view, memory_order_acquire);
}

/** The node for a command: the master of its slot, or a replica of it.
 *  @param view         the present one, or one that a caller who routes many commands stays with
 *  @param slot         PL_SLOT_ANY: any master, one that can be reached where there is one
 *  @param of_replicas  a replica that can be reached, where there is one
 *  @return NULL where the view has none for it */
pl_node *pl_nodes_route(pl_nodes *nodes, const pl_view *view, uint16_t slot, bool of_replicas, int64_t now);

/** Periodic work: that of each pool, cancellation nodes that have left, and freeing what nobody uses any more. By one
 * thread at a time. */
void pl_nodes_tick(pl_nodes *nodes);

/** As pl_pool_reauthenticate(), on every server. Inside the epoch. @return the first failure */
podlink_status pl_nodes_reauthenticate(pl_nodes *nodes, int64_t deadline, podlink_error *err);

/** Who begins a call is refused from now on. */
void pl_nodes_close(pl_nodes *nodes);

/** Whether nobody is inside any more, after pl_nodes_close(). */
bool pl_nodes_are_quiet(pl_nodes *nodes);

/** As pl_pool_end(), on every server: those who are inside lose their connections. */
void pl_nodes_end(pl_nodes *nodes, podlink_status status, const char *why);

void pl_nodes_count(pl_nodes *nodes, podlink_stats *stats);

#endif
