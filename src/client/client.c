/* SPDX-License-Identifier: MIT */
/* A client: open, close, free, tick and statistics. */
#include "client/client.h"

#include "base/error.h"
#include "base/sized.h"
#include "client/call.h"

#include <assert.h>
#include <string.h>

static int64_t tick(void *client)
{
    return podlink_client_tick(client);
}

static size_t sockets(void *client, struct pollfd *list, size_t capacity)
{
    return pl_deployment_sockets(&((podlink_client *)client)->deployment, list, capacity);
}

static const pl_janitor_ops plain_janitor = {.tick = tick};
static const pl_janitor_ops listening_janitor = {.tick = tick, .sockets = sockets};

/* Allocates a client, without connecting. */
static podlink_status make(const podlink_options *options, podlink_client **client, podlink_error *err)
{
    pl_config config;
    podlink_status status = pl_config_init(&config, options, err);
    if (status != PODLINK_OK)
        return status;
    podlink_client *made = pl_heap_zalloc(&config.heap, sizeof *made);
    if (!made) {
        pl_config_fini(&config);
        return pl_error_no_memory(err);
    }
    made->env.config = config;
    pl_clock_init(&made->env.clock, options->clock);
    made->env.log = (pl_log){.write = options->log, .context = options->log_context, .level = options->log_level};
    made->trace = options->trace;
    made->trace_context = options->trace_context;
    status = pl_deployment_init(&made->deployment, &made->env, err);
    if (status != PODLINK_OK) {
        pl_config_fini(&made->env.config);
        pl_heap_free(&config.heap, made);
        return status;
    }
    pl_fork_guard_init(&made->fork_guard);
    *client = made;
    return PODLINK_OK;
}

static podlink_status begin(podlink_client *client, const podlink_options *options, podlink_error *err)
{
    assert(client);
    pl_node_hooks node_hooks;
    const bool listens = client->deployment.topology->sockets != NULL;
    podlink_status status = pl_script_client_hooks.made(client, options, &node_hooks, err);
    if (status == PODLINK_OK)
        status = pl_deployment_begin(&client->deployment, &node_hooks, err);
    if (status != PODLINK_OK)
        return status;
    if (!options->no_janitor_thread &&
        !pl_janitor_start(&client->janitor, listens ? &listening_janitor : &plain_janitor, client))
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_NOT_SENT, "cannot start the janitor's thread");
    return pl_script_client_hooks.begun(client, options, err);
}

podlink_status podlink_client_open(const podlink_options *options, podlink_client **client, podlink_error *err)
{
    podlink_options all;
    podlink_client *opened = NULL;
    *client = NULL;
    pl_error_clear(err);
    podlink_options_init(&all);
    const size_t unknown = options ? pl_sized_take(&all, sizeof all, options) : 0;
    podlink_status status = unknown ? pl_error_unknown_field("options", unknown, err) : make(&all, &opened, err);
    if (status == PODLINK_OK)
        status = begin(opened, &all, err);
    if (status != PODLINK_OK)
        podlink_client_free(opened);
    else
        *client = opened;
    return status;
}

int64_t podlink_client_tick(podlink_client *client)
{
    if (pl_fork_guard_is_child(&client->fork_guard))
        return PL_TICK_MS;
    return pl_deployment_tick(&client->deployment);
}

podlink_status podlink_client_reauthenticate(podlink_client *client, podlink_error *err)
{
    const podlink_call options = {.size = sizeof options, .timeout_ms = client->env.config.dial_timeout_ms};
    pl_call call;
    pl_error_clear(err);
    podlink_status status = pl_call_begin(&call, client, &options, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_nodes_reauthenticate(&client->deployment.nodes, call.deadline, err);
    pl_call_finish(&call);
    return status;
}

void podlink_client_close(podlink_client *client, int64_t wait_ms)
{
    if (pl_fork_guard_is_child(&client->fork_guard))
        return;
    pl_deployment_close(&client->deployment, pl_deadline_after(pl_clock_now(&client->env.clock), wait_ms));
}

void podlink_client_free(podlink_client *client)
{
    if (!client)
        return;
    const bool is_child = pl_fork_guard_is_child(&client->fork_guard);
    pl_heap heap = client->env.config.heap;
    if (is_child) {
        pl_janitor_leave_behind(&client->janitor);
    } else {
        pl_deployment_cancel(&client->deployment); /* the janitor may be waiting for a server */
        pl_janitor_stop(&client->janitor);
    }
    pl_deployment_fini(&client->deployment, is_child);
    pl_script_client_hooks.ended(client);
    pl_fork_guard_fini(&client->fork_guard);
    pl_config_fini(&client->env.config);
    pl_heap_free(&heap, client);
}

void podlink_client_stats(podlink_client *client, podlink_stats *stats)
{
    podlink_stats all = {.size = stats->size};
    const pl_env_counters *counters = &client->env.counters;
    pl_deployment_count(&client->deployment, &all);
    all.calls_not_sent += pl_counted(&counters->not_sent);
    all.calls_server_error += pl_counted(&counters->answered);
    all.calls_unknown += pl_counted(&counters->unknown);
    all.calls = all.calls_ok + all.calls_server_error + all.calls_not_sent + all.calls_unknown;
    all.timeouts = pl_counted(&counters->timeouts);
    all.retries = pl_counted(&counters->retries);
    all.script_loads = pl_counted(&counters->script_loads);
    all.noscript_repairs = pl_counted(&counters->noscript_repairs);
    all.states_unreadable = pl_counted(&counters->states_unreadable);
    all.redirects_moved = pl_counted(&counters->redirects_moved);
    all.redirects_ask = pl_counted(&counters->redirects_ask);
    all.master_changes = pl_counted(&counters->master_changes);
    all.loss_window_ns = pl_counted(&counters->loss_window_ns);
    all.discoveries = pl_counted(&counters->discoveries);
    pl_sized_give(stats, &all, sizeof all);
}
