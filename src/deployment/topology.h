/* SPDX-License-Identifier: MIT */
/* What the kinds of deployments do differently: one struct of functions for each. Functions and fields that a kind does
 * not need are NULL. To add a kind, write another struct, name it in pl_topology_of(), and give it a scheme in
 * config/url.c. */
#ifndef PL_DEPLOYMENT_TOPOLOGY_H
#define PL_DEPLOYMENT_TOPOLOGY_H

#include "deployment/nodes.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pl_deployment;

typedef enum pl_redirect_action {
    PL_REDIRECT_IGNORED, /* it has no usable address */
    PL_REDIRECT_ROUTE,   /* the view has changed: route again */
    PL_REDIRECT_ASK      /* this command alone goes to another node, after ASKING */
} pl_redirect_action;

typedef struct pl_topology {
    /** The slot of its key decides which node serves a command: a batch is scattered over the nodes. */
    bool has_slots;

    /** The view before any server was asked. @return NULL when out of memory */
    pl_slot_map *(*first_map)(const pl_config *config);

    /** Before the first view. @return PODLINK_OK or ENOMEM: free follows */
    podlink_status (*begin)(struct pl_deployment *deployment, podlink_error *err);

    /** Asks which node serves which slot, and publishes the answer. By one thread at a time, inside the epoch. Calls
     * the host's event callback: no lock may be held. NULL: there is nothing to discover.
     *  @param first  the server to ask first, as pl_discover_at_once() was given it
     *  @return PODLINK_OK, or why no server could answer. Blocks until the deadline at most */
    podlink_status (*discover)(struct pl_deployment *deployment, uint32_t first, int64_t deadline, podlink_error *err);

    /** The node for a command, by the present view. Inside the epoch.
     *  @param slot  PL_SLOT_ANY: any master; always so if has_slots is false
     *  @return NULL: the view has none */
    pl_node *(*route)(struct pl_deployment *deployment, uint16_t slot, bool of_replicas);

    /** Whether a failure ends by itself while the deployment changes, so that it is worth repeating the command until
     *  the deadline. NULL: never.
     *  @param asked  the node that the command went to; NULL: none
     *  @param words  what the server said, or empty */
    bool (*is_transient)(const pl_node *asked, podlink_status reason, const char *words);

    /** Applies a redirect. Inside the epoch; calls the host's event callback. NULL: redirects are not followed.
     *  @param words  the error of the server
     *  @param next   out if it returns PL_REDIRECT_ASK */
    pl_redirect_action (*redirect)(struct pl_deployment *deployment, const pl_node *asked, const char *words,
                                   int64_t deadline, pl_node **next);

    /** Whether the servers that are known confirm a redirect: pl_redirect_is_confirmed(). NULL if redirect is. */
    bool (*confirms)(struct pl_deployment *deployment, const pl_node *asked, uint16_t slot, const char *words,
                     int64_t deadline);

    /** Periodic work, inside the epoch. @return after how many milliseconds it is to be called again, at the latest */
    int64_t (*tick)(struct pl_deployment *deployment);

    /** As pl_deployment_sockets(). Inside the epoch. */
    size_t (*sockets)(struct pl_deployment *deployment, struct pollfd *sockets, size_t capacity);

    /** Cancels what its tick or its discovery may be waiting for. Any thread, any number of times. */
    void (*cancel)(struct pl_deployment *deployment);

    /** Closes its own connections. No call and no tick is running; any thread, any number of times. */
    void (*close)(struct pl_deployment *deployment);

    /** Adds what its own connections have counted. Any thread. */
    void (*count)(struct pl_deployment *deployment, podlink_stats *stats);

    /** Frees what begin has made, also after begin has failed. */
    void (*free)(struct pl_deployment *deployment, bool is_child);
} pl_topology;

extern const pl_topology pl_topology_single;
extern const pl_topology pl_topology_sentinel;
extern const pl_topology pl_topology_cluster;

const pl_topology *pl_topology_of(pl_deployment_kind kind);

#endif
