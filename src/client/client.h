/* SPDX-License-Identifier: MIT */
/* A client: its environment, its deployment and its janitor; and the hooks by which the script layer takes part. */
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
    pl_janitor janitor;
    struct pl_scripts *scripts; /* of the script layer; opaque here */
};

/** What the script layer does in the life of a client. It is above this layer, which therefore knows only these
 *  functions. */
typedef struct pl_client_hooks {
    /** The client was allocated: makes client->scripts, and registers those of the options.
     *  @param node_hooks  out
     *  @return PODLINK_OK; EINVAL, EEXIST, EUNSUPPORTED, ENOMEM */
    podlink_status (*made)(podlink_client *client, const podlink_options *options, pl_node_hooks *node_hooks,
                           podlink_error *err);

    /** Calls can be made: loads the scripts, as the options say. @return PODLINK_OK, or why the open fails */
    podlink_status (*begun)(podlink_client *client, const podlink_options *options, podlink_error *err);

    /** All connections are closed: frees client->scripts, which is NULL if `made` has not made it. */
    void (*ended)(podlink_client *client);
} pl_client_hooks;

/** Defined by the script layer. */
extern const pl_client_hooks pl_script_client_hooks;

#endif
