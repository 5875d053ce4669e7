/* SPDX-License-Identifier: MIT */
/* A server of a deployment: its address, its connections, and what the script layer knows of it. */
#ifndef PL_DEPLOYMENT_NODE_H
#define PL_DEPLOYMENT_NODE_H

#include "config/env.h"
#include "net/address.h"
#include "pool/pool.h"

#include <stdbool.h>
#include <stdint.h>

struct pl_node_scripts;
struct pl_scripts;

typedef struct pl_node {
    pl_env *env; /* borrowed */
    pl_address address;
    pl_pool pool;
    struct pl_scripts *registry;     /* of the script layer, borrowed; NULL: no scripts */
    struct pl_node_scripts *scripts; /* owned by the script layer */
    _Atomic uint32_t loads;          /* how many scripts were loaded or found there */
    _Atomic bool is_retired;         /* no longer used: callers route again */
    /* Guarded by pl_nodes.lock: */
    uint32_t retired_in;  /* the epoch then */
    uint32_t number;      /* from 1, in the order of creation */
    uint32_t replaced_by; /* the number of the node that has replaced it as master last; 0: none */
    uint32_t view;        /* the number of the latest view that contained it; 0: none */
    int64_t left_at;      /* not in the present view: when it left it or was last asked for, */
    uint32_t left_in;     /* and the epoch then */
    uint32_t walks;       /* walks over the list that are at this node: it stays in the list and is not freed */
    struct pl_node *next; /* in the list of all nodes */
} pl_node;

static inline bool pl_node_is_retired(const pl_node *node)
{
    return atomic_load_explicit(&node->is_retired, memory_order_acquire);
}

static inline uint32_t pl_node_loads(const pl_node *node)
{
    return atomic_load_explicit(&node->loads, memory_order_acquire);
}

/** What the script layer does when a node comes and goes. */
typedef struct pl_node_hooks {
    struct pl_scripts *registry; /* borrowed: what each node gets */
    bool (*made)(pl_node *node); /* false when out of memory */
    void (*freed)(pl_node *node);
    pl_on_connect_fn on_connect; /* its context is the node */
} pl_node_hooks;

/** NULL when out of memory. The address is copied; all else that server borrows stays borrowed.
 *  @param hooks  NULL: none; borrowed */
pl_node *pl_node_new(pl_env *env, const pl_address *address, const pl_server *server, const pl_pool_size *size,
                     const pl_node_hooks *hooks);

/** No caller may use it any more. */
void pl_node_free(pl_node *node, const pl_node_hooks *hooks, bool is_child);

/** Ends its connections at once; what is in flight fails. Any thread; once. */
void pl_node_retire(pl_node *node, const char *why);

/** Runs a request of the library's own on a shared connection of the node, once.
 *  @return request->status. Blocks for timeout_ms, or until the deadline, at most */
podlink_status pl_node_query(pl_node *node, pl_request *request, int64_t timeout_ms, int64_t deadline);

#endif
