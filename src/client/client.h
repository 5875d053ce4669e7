/* A client: its configuration and its connections. What scripts it holds is the script layer's, which alone looks
 * inside `scripts`, and which opens and frees the whole. */
#ifndef PL_CLIENT_CLIENT_H
#define PL_CLIENT_CLIENT_H

#include "base/clock.h"
#include "base/counters.h"
#include "base/fork_guard.h"
#include "base/log.h"
#include "client/config.h"
#include "client/janitor.h"
#include "pool/pool.h"

struct pl_scripts;

typedef struct pl_client_counters {
    pl_counter not_sent; /* calls given up by the client, beside those that a connection has counted */
    pl_counter answered;
    pl_counter unknown;
    pl_counter timeouts;
    pl_counter retries;
    pl_counter script_loads;
    pl_counter noscript_repairs;
    pl_counter states_unreadable;
} pl_client_counters;

struct podlink_client {
    pl_config config;
    pl_clock clock;
    pl_log log;
    podlink_trace_fn trace; /* NULL: none */
    void *trace_context;
    pl_fork_guard fork_guard;
    pl_tls_context *tls; /* NULL: no connection has TLS */
    pl_pool pool;
    pl_janitor janitor;
    pl_client_counters counters;
    struct pl_scripts *scripts; /* owned by the script layer */
};

/** Allocates a client, which has not connected yet. @return PODLINK_OK; EINVAL, EUNSUPPORTED, ENOMEM */
podlink_status pl_client_new(const podlink_options *options, podlink_client **client, podlink_error *err);

/** Ends its janitor and its connections; what is left in flight is told. */
void pl_client_end(podlink_client *client);

/** After pl_client_end(). */
void pl_client_free(podlink_client *client);

#endif
