/* A client: its configuration and its connections. */
#include "client/client.h"

#include "base/error.h"
#include "client/run.h"

#include <string.h>

/* Often enough that a silent or dead connection is noticed within its time, and seldom enough to cost nothing. */
enum { TICK_MS = 200, SILENCE_MARGIN_MS = 500 };

static int64_t to_ns(int64_t ms)
{
    return ms < 0 ? PL_NEVER : ms * PL_MS;
}

/* What is wrong with one of its files is told by the open, even where that does not connect. */
static podlink_status make_tls(podlink_client *client, podlink_error *err)
{
    const pl_config *config = &client->config;
    return pl_config_uses_tls(config) ? pl_tls_context_new(&config->heap, &config->tls, &client->tls, err) : PODLINK_OK;
}

static podlink_status make_pool(podlink_client *client, podlink_error *err)
{
    const pl_config *config = &client->config;
    int64_t silence_ms = config->silence_timeout_ms;
    if (silence_ms == 0) /* later than the callers' own deadlines, which say more */
        silence_ms = config->call_timeout_ms < 0 ? -1 : config->call_timeout_ms + SILENCE_MARGIN_MS;
    const pl_server server = {.address = &config->address,
                              .tls = config->tls_enabled ? client->tls : NULL,
                              .login = &config->login,
                              .credentials = {config->credentials, config->credentials_context},
                              .credentials_age_ns = to_ns(config->credentials_max_age_ms),
                              .heap = &config->heap,
                              .clock = &client->clock,
                              .log = &client->log,
                              .dial_timeout_ms = config->dial_timeout_ms,
                              .silence_ns = to_ns(silence_ms),
                              .idle_ns = to_ns(config->idle_timeout_ms),
                              .timeouts_max = config->timeouts_max,
                              .spin_ns = (int64_t)config->spin_us * 1000,
                              .reply_max = config->reply_max_bytes};
    const pl_pool_size size = {.shared = config->shared_connections,
                               .dedicated_max = config->dedicated_max,
                               .dedicated_min_idle = config->dedicated_min_idle,
                               .dedicated_lifetime_ns = to_ns(config->max_lifetime_ms)};
    return pl_pool_init(&client->pool, &server, &size) ? PODLINK_OK : pl_error_no_memory(err);
}

static podlink_status check_support(const pl_config *config, podlink_error *err)
{
    if (config->kind != PL_SINGLE)
        return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT,
                            "url: Sentinel and Cluster are not supported by this version");
    return PODLINK_OK;
}

static int64_t tick(void *client)
{
    return podlink_client_tick(client);
}

podlink_status pl_client_new(const podlink_options *options, podlink_client **client, podlink_error *err)
{
    pl_config config;
    *client = NULL;
    podlink_status status = pl_config_init(&config, options, err);
    if (status != PODLINK_OK)
        return status;
    status = check_support(&config, err);
    if (status != PODLINK_OK) {
        pl_config_fini(&config);
        return status;
    }
    podlink_client *made = pl_heap_zalloc(&config.heap, sizeof *made);
    if (!made) {
        pl_config_fini(&config);
        return pl_error_no_memory(err);
    }
    made->config = config;
    pl_clock_init(&made->clock, options->clock);
    made->trace = options->trace;
    made->trace_context = options->trace_context;
    made->log = (pl_log){.write = options->log, .context = options->log_context, .level = options->log_level};
    status = make_tls(made, err);
    if (status == PODLINK_OK)
        status = make_pool(made, err);
    if (status != PODLINK_OK) {
        pl_tls_context_free(made->tls);
        pl_config_fini(&made->config);
        pl_heap_free(&config.heap, made);
        return status;
    }
    pl_fork_guard_init(&made->fork_guard);
    if (!options->no_janitor_thread && !pl_janitor_start(&made->janitor, tick, made)) {
        pl_client_end(made);
        pl_client_free(made);
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_NOT_SENT, "cannot start the janitor's thread");
    }
    *client = made;
    return PODLINK_OK;
}

int64_t podlink_client_tick(podlink_client *client)
{
    if (!pl_fork_guard_is_child(&client->fork_guard))
        pl_pool_tick(&client->pool);
    return TICK_MS;
}

podlink_status podlink_client_reauthenticate(podlink_client *client, podlink_error *err)
{
    const podlink_call call = {.size = sizeof call, .timeout_ms = client->config.dial_timeout_ms};
    pl_run run;
    pl_error_clear(err);
    podlink_status status = pl_run_begin(&run, client, &call, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_pool_reauthenticate(&client->pool, run.deadline, err);
    pl_run_finish(&run);
    return status;
}

void podlink_client_close(podlink_client *client, int64_t wait_ms)
{
    if (!pl_fork_guard_is_child(&client->fork_guard))
        pl_pool_close(&client->pool, pl_deadline_after(pl_clock_now(&client->clock), wait_ms));
}

void pl_client_end(podlink_client *client)
{
    const bool is_child = pl_fork_guard_is_child(&client->fork_guard);
    if (!is_child)
        pl_janitor_stop(&client->janitor);
    pl_pool_fini(&client->pool, is_child);
    pl_tls_context_free(client->tls);
}

void pl_client_free(podlink_client *client)
{
    pl_heap heap = client->config.heap;
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
