/* A client: its configuration and its connections. What scripts it holds is the script layer's, which alone looks
 * inside `scripts`, and which opens and frees the whole. */
#ifndef PL_CLIENT_CLIENT_H
#define PL_CLIENT_CLIENT_H

#include "base/fork_guard.h"
#include "client/discovery.h"
#include "client/janitor.h"
#include "client/nodes.h"
#include "client/sentinels.h"
#include "config/env.h"

struct pl_scripts;

struct podlink_client {
    pl_env env;
    podlink_trace_fn trace; /* NULL: none */
    void *trace_context;
    pl_fork_guard fork_guard;
    pl_tls_context *tls;            /* NULL: no connection has TLS */
    pl_wait_policy wait_policy;     /* whether callers take turns while they wait */
    pl_server server;               /* how connections are made, but for the address */
    _Atomic uint32_t least_version; /* of the servers: 7.0.15 is 70015; 0: not known */
    pl_nodes nodes;
    pl_discovery discovery;
    pl_sentinels *sentinels;         /* owned; NULL where there are none, */
    struct pl_sentinel_watch *watch; /* as this one */
    _Atomic bool is_ticking;         /* a tick is inside the epoch */
    bool has_no_janitor;
    pl_janitor janitor;
    struct pl_scripts *scripts; /* owned by the script layer */
};

/** Allocates a client, which has not connected yet. @return PODLINK_OK; EINVAL, EUNSUPPORTED, ENOMEM */
podlink_status pl_client_new(const podlink_options *options, podlink_client **client, podlink_error *err);

/** Gives it its first view, and starts its janitor. On failure pl_client_end() and pl_client_free() follow.
 *  @return PODLINK_OK or ENOMEM */
podlink_status pl_client_begin(podlink_client *client, const pl_node_hooks *hooks, podlink_error *err);

/** Ends its janitor and its connections; what is left in flight is told. */
void pl_client_end(podlink_client *client);

/** After pl_client_end(). */
void pl_client_free(podlink_client *client);

#endif
