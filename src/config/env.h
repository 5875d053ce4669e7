/* SPDX-License-Identifier: MIT */
/* The environment of a client: what every layer above this one needs of it. */
#ifndef PL_CONFIG_ENV_H
#define PL_CONFIG_ENV_H

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "config/config.h"

/** Counters for podlink_client_stats(), beside those of the connections. */
typedef struct pl_env_counters {
    pl_counter not_sent; /* calls that the client gave up */
    pl_counter answered;
    pl_counter unknown;
    pl_counter timeouts;
    pl_counter retries;
    pl_counter script_loads;
    pl_counter noscript_repairs;
    pl_counter states_unreadable;
    pl_counter redirects_moved;
    pl_counter redirects_ask;
    pl_counter discoveries;
    pl_counter master_changes;
    pl_counter loss_window_ns;
} pl_env_counters;

/** Set when the client is opened. Afterwards only the counters change: any thread may read it. */
typedef struct pl_env {
    pl_config config; /* with the heap */
    pl_clock clock;
    pl_log log;
    pl_env_counters counters;
} pl_env;

#endif
