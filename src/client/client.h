/* A client: its configuration and its connections. What scripts it holds is the script layer's, which alone looks
 * inside `scripts`, and which opens and frees the whole. */
#ifndef PL_CLIENT_CLIENT_H
#define PL_CLIENT_CLIENT_H

#include "base/fork_guard.h"
#include "client/janitor.h"
#include "config/env.h"
#include "deployment/deployment.h"

struct pl_scripts;

struct podlink_client {
    pl_env env;
    podlink_trace_fn trace; /* NULL: none */
    void *trace_context;
    pl_fork_guard fork_guard;
    pl_deployment deployment;
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
