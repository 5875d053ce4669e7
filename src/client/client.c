/* A client: its configuration and its connections. */
#include "client/client.h"

#include "base/error.h"
#include "client/call.h"
#include "client/sentinel_watch.h"

#include <string.h>

/* Often enough that a silent or dead connection is noticed within its time, and seldom enough to cost nothing. */
enum { TICK_MS = 200, SILENCE_MARGIN_MS = 500, DRAIN_MS = 10000, CLOSE_POLL_MS = 1 };

static int64_t to_ns(int64_t ms)
{
    return ms < 0 ? PL_NEVER : ms * PL_MS;
}

/* What is wrong with one of its files is told by the open, even where that does not connect. */
static podlink_status make_tls(podlink_client *client, podlink_error *err)
{
    const pl_config *config = &client->env.config;
    return pl_config_uses_tls(config) ? pl_tls_context_new(&config->heap, &config->tls, &client->tls, err) : PODLINK_OK;
}

static int64_t tick(void *client)
{
    return podlink_client_tick(client);
}

/* None when it is closed, which closes them. */
static size_t sockets(void *context, struct pollfd *list, size_t capacity)
{
    podlink_client *client = context;
    uint32_t epoch_number;
    if (!pl_epoch_enter(&client->nodes.epoch, &epoch_number))
        return 0;
    const size_t count = pl_sentinel_watch_sockets(client->watch, list, capacity);
    pl_epoch_leave(&client->nodes.epoch, epoch_number);
    return count;
}

static const pl_janitor_ops plain_janitor = {.tick = tick};
static const pl_janitor_ops watching_janitor = {.tick = tick, .sockets = sockets};

static void set_server(podlink_client *client)
{
    const pl_config *config = &client->env.config;
    int64_t silence_ms = config->silence_timeout_ms;
    if (silence_ms == 0) /* later than the callers' own deadlines, which say more */
        silence_ms = config->call_timeout_ms < 0 ? -1 : config->call_timeout_ms + SILENCE_MARGIN_MS;
    client->server = (pl_server){.tls = config->tls_enabled ? client->tls : NULL,
                                 .login = &config->login,
                                 .credentials = {config->credentials, config->credentials_context},
                                 .credentials_age_ns = to_ns(config->credentials_max_age_ms),
                                 .heap = &config->heap,
                                 .clock = &client->env.clock,
                                 .log = &client->env.log,
                                 .least_version = &client->least_version,
                                 .dial_timeout_ms = config->dial_timeout_ms,
                                 .silence_ns = to_ns(silence_ms),
                                 .idle_ns = to_ns(config->idle_timeout_ms),
                                 .timeouts_max = config->timeouts_max,
                                 .wait_policy = &client->wait_policy,
                                 .spin_ns = (int64_t)config->spin_us * 1000,
                                 .reply_max = config->reply_max_bytes};
}

/* A single server is known at once; of others it is found out when the first call needs one. */
static pl_slot_map *first_map(const pl_config *config)
{
    return config->kind == PL_SINGLE ? pl_slot_map_single(&config->heap, &config->address, NULL, 0)
                                     : pl_slot_map_new(&config->heap, 0);
}

/* False when out of memory. */
static bool make_sentinels(podlink_client *client)
{
    if (client->env.config.kind != PL_SENTINEL)
        return true;
    client->nodes.checks_roles = true;
    client->sentinels = pl_sentinels_new(client);
    client->watch = client->sentinels ? pl_sentinel_watch_new(client->sentinels) : NULL;
    return client->watch != NULL;
}

/* How long a node of a cluster that has left may finish what is in flight: as long as a call may take. A master that
 * the sentinels have replaced may not: it would go on taking writes that are lost. */
static int64_t drain_time(const pl_config *config)
{
    if (config->kind != PL_CLUSTER)
        return 0;
    return to_ns(config->call_timeout_ms > DRAIN_MS ? config->call_timeout_ms : DRAIN_MS);
}

podlink_status pl_client_begin(podlink_client *client, const pl_node_hooks *hooks, podlink_error *err)
{
    client->nodes.hooks = *hooks;
    client->nodes.drain_ns = drain_time(&client->env.config);
    if (!make_sentinels(client))
        return pl_error_no_memory(err);
    pl_slot_map *map = first_map(&client->env.config);
    podlink_status status = map ? pl_nodes_publish(&client->nodes, map, NULL, err) : pl_error_no_memory(err);
    if (status != PODLINK_OK || client->has_no_janitor ||
        pl_janitor_start(&client->janitor, client->watch ? &watching_janitor : &plain_janitor, client))
        return status;
    return pl_error_set(err, PODLINK_ENOMEM, PODLINK_NOT_SENT, "cannot start the janitor's thread");
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
    made->env.config = config;
    pl_clock_init(&made->env.clock, options->clock);
    made->trace = options->trace;
    made->trace_context = options->trace_context;
    made->env.log = (pl_log){.write = options->log, .context = options->log_context, .level = options->log_level};
    status = make_tls(made, err);
    if (status != PODLINK_OK) {
        pl_config_fini(&made->env.config);
        pl_heap_free(&config.heap, made);
        return status;
    }
    made->has_no_janitor = options->no_janitor_thread != 0;
    set_server(made);
    const pl_pool_size size = {.shared = made->env.config.shared_connections,
                               .dedicated_max = made->env.config.dedicated_max,
                               .dedicated_min_idle = made->env.config.dedicated_min_idle,
                               .dedicated_lifetime_ns = to_ns(made->env.config.max_lifetime_ms)};
    pl_nodes_init(&made->nodes, &made->env, &made->server, &size);
    pl_discovery_init(&made->discovery);
    pl_fork_guard_init(&made->fork_guard);
    *client = made;
    return PODLINK_OK;
}

static int64_t watch(podlink_client *client)
{
    pl_sentinels_tick(client->sentinels);
    const int64_t again_ms = pl_sentinel_watch_tick(client->watch);
    return again_ms < TICK_MS ? again_ms : TICK_MS;
}

int64_t podlink_client_tick(podlink_client *client)
{
    int64_t again_ms = TICK_MS;
    uint32_t epoch_number;
    if (pl_fork_guard_is_child(&client->fork_guard))
        return TICK_MS;
    pl_nodes_tick(&client->nodes);
    if (!pl_epoch_enter(&client->nodes.epoch, &epoch_number))
        return TICK_MS;
    atomic_store(&client->is_ticking, true);
    pl_discovery_tick(client);
    if (client->watch)
        again_ms = watch(client);
    atomic_store(&client->is_ticking, false);
    pl_epoch_leave(&client->nodes.epoch, epoch_number);
    return again_ms;
}

podlink_status podlink_client_reauthenticate(podlink_client *client, podlink_error *err)
{
    const podlink_call options = {.size = sizeof options, .timeout_ms = client->env.config.dial_timeout_ms};
    pl_call call;
    pl_error_clear(err);
    podlink_status status = pl_call_begin(&call, client, &options, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_nodes_reauthenticate(&client->nodes, call.deadline, err);
    pl_call_finish(&call);
    return status;
}

/* The epoch is closed, so that nobody has come in between the two looks. */
static bool is_tick_alone(podlink_client *client)
{
    return pl_epoch_active(&client->nodes.epoch) == 1 && atomic_load(&client->is_ticking);
}

/* Those inside have until the deadline. The tick is no call: where it waits for a sentinel, it is not waited for. */
static void wait_for_calls(podlink_client *client, int64_t deadline)
{
    while (!pl_nodes_are_quiet(&client->nodes)) {
        const bool is_late = pl_until(deadline, pl_clock_now(&client->env.clock)) == 0;
        if (is_late)
            pl_nodes_end(&client->nodes, PODLINK_ECLOSED, "the client is closed");
        if (is_late || is_tick_alone(client))
            pl_sentinels_end(client->sentinels);
        pl_thread_sleep(CLOSE_POLL_MS * PL_MS);
    }
}

void podlink_client_close(podlink_client *client, int64_t wait_ms)
{
    if (pl_fork_guard_is_child(&client->fork_guard))
        return;
    const int64_t deadline = pl_deadline_after(pl_clock_now(&client->env.clock), wait_ms);
    pl_nodes_close(&client->nodes);
    wait_for_calls(client, deadline);
    pl_sentinels_end(client->sentinels);
    pl_sentinel_watch_close(client->watch);
}

void pl_client_end(podlink_client *client)
{
    const bool is_child = pl_fork_guard_is_child(&client->fork_guard);
    if (is_child) {
        pl_janitor_leave_behind(&client->janitor);
    } else {
        pl_sentinels_end(client->sentinels); /* which may be what the janitor waits for */
        pl_janitor_stop(&client->janitor);
    }
    pl_sentinel_watch_free(client->watch, is_child);
    pl_sentinels_free(client->sentinels, is_child);
    pl_nodes_fini(&client->nodes, is_child);
    if (!is_child)
        pl_discovery_fini(&client->discovery);
    pl_tls_context_free(client->tls);
}

void pl_client_free(podlink_client *client)
{
    pl_heap heap = client->env.config.heap;
    pl_fork_guard_fini(&client->fork_guard);
    pl_config_fini(&client->env.config);
    pl_heap_free(&heap, client);
}

void podlink_client_stats(podlink_client *client, podlink_stats *stats)
{
    podlink_stats all = {.size = stats->size};
    const pl_env_counters *counters = &client->env.counters;
    pl_nodes_count(&client->nodes, &all);
    pl_sentinels_count(client->sentinels, &all);
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
    memcpy(stats, &all, stats->size < sizeof all ? stats->size : sizeof all);
}
