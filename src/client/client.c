/* A client: its configuration and its connections. */
#include "client/client.h"

#include "base/error.h"

#include <string.h>

static podlink_status make_pool(podlink_client *client, podlink_error *err)
{
    const pl_config *config = &client->config;
    const pl_server server = {.address = &config->address,
                              .login = &config->login,
                              .heap = &config->heap,
                              .clock = &client->clock,
                              .log = &client->log,
                              .dial_timeout_ms = config->dial_timeout_ms,
                              .reply_max = config->reply_max_bytes};
    return pl_pool_init(&client->pool, &server, config->shared_connections) ? PODLINK_OK : pl_error_no_memory(err);
}

podlink_status pl_client_new(const podlink_options *options, podlink_client **client, podlink_error *err)
{
    pl_config config;
    *client = NULL;
    podlink_status status = pl_config_init(&config, options, err);
    if (status != PODLINK_OK)
        return status;
    podlink_client *made = pl_heap_zalloc(&config.heap, sizeof *made);
    if (!made) {
        pl_config_fini(&config);
        return pl_error_no_memory(err);
    }
    made->config = config;
    pl_clock_init(&made->clock, options->clock);
    made->log = (pl_log){.write = options->log, .context = options->log_context, .level = options->log_level};
    status = make_pool(made, err);
    if (status != PODLINK_OK) {
        pl_config_fini(&made->config);
        pl_heap_free(&config.heap, made);
        return status;
    }
    pl_fork_guard_init(&made->fork_guard);
    *client = made;
    return PODLINK_OK;
}

void pl_client_free(podlink_client *client)
{
    pl_heap heap = client->config.heap;
    pl_pool_fini(&client->pool);
    pl_fork_guard_fini(&client->fork_guard);
    pl_config_fini(&client->config);
    pl_heap_free(&heap, client);
}

void podlink_client_stats(podlink_client *client, podlink_stats *stats)
{
    podlink_stats all = {.size = stats->size};
    const pl_client_counters *counters = &client->counters;
    pl_pool_count(&client->pool, &all);
    all.calls_not_sent += pl_counted(&counters->not_sent);
    all.calls_server_error += pl_counted(&counters->answered);
    all.calls_unknown += pl_counted(&counters->unknown);
    all.calls = all.calls_ok + all.calls_server_error + all.calls_not_sent + all.calls_unknown;
    all.timeouts = pl_counted(&counters->timeouts);
    all.retries = pl_counted(&counters->retries);
    all.script_loads = pl_counted(&counters->script_loads);
    all.noscript_repairs = pl_counted(&counters->noscript_repairs);
    all.states_unreadable = pl_counted(&counters->states_unreadable);
    memcpy(stats, &all, stats->size < sizeof all ? stats->size : sizeof all);
}
