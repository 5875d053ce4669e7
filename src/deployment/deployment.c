/* SPDX-License-Identifier: MIT */
/* The deployment that a client is connected to. */
#include "deployment/deployment.h"

#include "base/error.h"

enum { SILENCE_MARGIN_MS = 500, CLOSE_POLL_MS = 1 };

const pl_topology *pl_topology_of(pl_deployment_kind kind)
{
    switch (kind) {
    case PL_SENTINEL:
        return &pl_topology_sentinel;
    case PL_CLUSTER:
        return &pl_topology_cluster;
    case PL_SINGLE:
        break;
    }
    return &pl_topology_single;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static int64_t to_ns(int64_t ms)
{
    return ms < 0 ? PL_NEVER : ms * PL_MS;
}

/* Faults of the files for TLS are reported by the open, even where the open does not connect. */
static podlink_status make_tls(pl_deployment *deployment, podlink_error *err)
{
    const pl_config *config = &deployment->env->config;
    return pl_config_uses_tls(config) ? pl_tls_context_new(&config->heap, &config->tls, &deployment->tls, err)
                                      : PODLINK_OK;
}

static void set_server(pl_deployment *deployment)
{
    pl_env *env = deployment->env;
    const pl_config *config = &env->config;
    int64_t silence_ms = config->silence_timeout_ms;
    if (silence_ms == 0) /* later than the callers' own deadlines, whose message says more */
        silence_ms = config->call_timeout_ms < 0 ? -1 : config->call_timeout_ms + SILENCE_MARGIN_MS;
    deployment->server = (pl_server){.tls = config->tls_enabled ? deployment->tls : NULL,
                                     .login = &config->login,
                                     .credentials = {config->credentials, config->credentials_context},
                                     .credentials_age_ns = to_ns(config->credentials_max_age_ms),
                                     .heap = &config->heap,
                                     .clock = &env->clock,
                                     .log = &env->log,
                                     .least_version = &deployment->least_version,
                                     .dial_timeout_ms = config->dial_timeout_ms,
                                     .silence_ns = to_ns(silence_ms),
                                     .idle_ns = to_ns(config->idle_timeout_ms),
                                     .timeouts_max = config->timeouts_max,
                                     .wait_policy = &deployment->wait_policy,
                                     .spin_ns = (int64_t)config->spin_us * 1000,
                                     .reply_max = config->reply_max_bytes};
}

podlink_status pl_deployment_init(pl_deployment *deployment, pl_env *env, podlink_error *err)
{
    const pl_config *config = &env->config;
    deployment->topology = pl_topology_of(config->kind);
    deployment->env = env;
    podlink_status status = make_tls(deployment, err);
    if (status != PODLINK_OK)
        return status;
    set_server(deployment);
    const pl_pool_size size = {.shared = config->shared_connections,
                               .dedicated_max = config->dedicated_max,
                               .dedicated_min_idle = config->dedicated_min_idle,
                               .dedicated_lifetime_ns = to_ns(config->max_lifetime_ms)};
    pl_nodes_init(&deployment->nodes, env, &deployment->server, &size);
    pl_discovery_init(&deployment->discovery);
    return PODLINK_OK;
}

podlink_status pl_deployment_begin(pl_deployment *deployment, const pl_node_hooks *hooks, podlink_error *err)
{
    const pl_topology *topology = deployment->topology;
    deployment->nodes.hooks = *hooks;
    podlink_status status = topology->begin ? topology->begin(deployment, err) : PODLINK_OK;
    if (status != PODLINK_OK)
        return status;
    pl_slot_map *map = topology->first_map(&deployment->env->config);
    return map ? pl_nodes_publish(&deployment->nodes, map, NULL, err) : pl_error_no_memory(err);
}

void pl_deployment_cancel(pl_deployment *deployment)
{
    if (deployment->topology->cancel)
        deployment->topology->cancel(deployment);
}

void pl_deployment_fini(pl_deployment *deployment, bool is_child)
{
    if (deployment->topology->free)
        deployment->topology->free(deployment, is_child);
    pl_nodes_fini(&deployment->nodes, is_child);
    if (!is_child)
        pl_discovery_fini(&deployment->discovery);
    pl_tls_context_free(deployment->tls);
}

/* The epoch is closed: nobody enters between the two reads. */
static bool is_tick_alone(pl_deployment *deployment)
{
    return pl_epoch_active(&deployment->nodes.epoch) == 1 && atomic_load(&deployment->is_ticking);
}

/* Calls have until the deadline. The tick is no call: when it is the only one left, it is cancelled at once. */
static void wait_for_calls(pl_deployment *deployment, int64_t deadline)
{
    while (!pl_nodes_are_quiet(&deployment->nodes)) {
        const bool is_late = pl_until(deadline, pl_clock_now(&deployment->env->clock)) == 0;
        if (is_late)
            pl_nodes_end(&deployment->nodes, PODLINK_ECLOSED, "the client is closed");
        if (is_late || is_tick_alone(deployment))
            pl_deployment_cancel(deployment);
        pl_thread_sleep(CLOSE_POLL_MS * PL_MS);
    }
}

void pl_deployment_close(pl_deployment *deployment, int64_t deadline)
{
    pl_nodes_close(&deployment->nodes);
    wait_for_calls(deployment, deadline);
    if (deployment->topology->close)
        deployment->topology->close(deployment);
}

/* --- periodic work ----------------------------------------------------------------------------------------------- */

int64_t pl_deployment_tick(pl_deployment *deployment)
{
    const pl_topology *topology = deployment->topology;
    int64_t again_ms = PL_TICK_MS;
    uint32_t epoch_number;
    pl_nodes_tick(&deployment->nodes);
    if (!pl_epoch_enter(&deployment->nodes.epoch, &epoch_number))
        return PL_TICK_MS;
    atomic_store(&deployment->is_ticking, true);
    pl_discovery_tick(deployment);
    if (topology->tick)
        again_ms = topology->tick(deployment);
    atomic_store(&deployment->is_ticking, false);
    pl_epoch_leave(&deployment->nodes.epoch, epoch_number);
    return again_ms < PL_TICK_MS ? again_ms : PL_TICK_MS;
}

/* None after a close, which closes them. */
size_t pl_deployment_sockets(pl_deployment *deployment, struct pollfd *sockets, size_t capacity)
{
    uint32_t epoch_number;
    if (!deployment->topology->sockets || !pl_epoch_enter(&deployment->nodes.epoch, &epoch_number))
        return 0;
    const size_t count = deployment->topology->sockets(deployment, sockets, capacity);
    pl_epoch_leave(&deployment->nodes.epoch, epoch_number);
    return count;
}

void pl_deployment_count(pl_deployment *deployment, podlink_stats *stats)
{
    pl_nodes_count(&deployment->nodes, stats);
    if (deployment->topology->count)
        deployment->topology->count(deployment, stats);
}

/* --- finding a node ---------------------------------------------------------------------------------------------- */

podlink_status pl_deployment_find(pl_deployment *deployment, uint16_t slot, bool of_replicas, int64_t deadline,
                                  pl_node **node, podlink_error *err)
{
    *node = deployment->topology->route(deployment, slot, of_replicas);
    if (*node)
        return PODLINK_OK;
    const podlink_status status = pl_discover(deployment, deadline, err);
    if (status == PODLINK_OK)
        *node = deployment->topology->route(deployment, slot, of_replicas);
    return status;
}

podlink_status pl_deployment_view(pl_deployment *deployment, int64_t deadline, const pl_view **view, podlink_error *err)
{
    *view = pl_nodes_view(&deployment->nodes);
    if ((*view)->map->node_count > 0)
        return PODLINK_OK;
    const podlink_status status = pl_discover(deployment, deadline, err);
    *view = pl_nodes_view(&deployment->nodes);
    if (status == PODLINK_OK && (*view)->map->node_count == 0)
        return pl_error_set(err, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "%s: no server is known",
                            deployment->env->config.address.text);
    return status;
}

bool pl_deployment_is_failover(podlink_status reason)
{
    switch (reason) {
    case PODLINK_ECONNECT:
    case PODLINK_ECONNLOST:
    case PODLINK_ETIMEDOUT: /* of the node: the call's own deadline is checked apart */
    case PODLINK_EREADONLY:
    case PODLINK_EMASTERDOWN:
    case PODLINK_ECLUSTERDOWN:
    case PODLINK_ETRYAGAIN:
        return true;
    default:
        return false;
    }
}
