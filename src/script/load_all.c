/* SPDX-License-Identifier: MIT */
/* SCRIPT LOAD of several scripts in one round trip. With all scripts goes a question: which of the commands that they
 * call may this user not run? A script that meets a forbidden command half way has already written, so this must be
 * known before the first call. */
#include "script/load_all.h"

#include "base/error.h"
#include "script/functions.h"
#include "script/load.h"
#include "script/loaded.h"
#include "script/permission.h"

/* Commands 0 .. load.count - 1 are SCRIPT LOADs. Those behind them, when all scripts are loaded, are questions. */
typedef struct load_all {
    pl_load load; /* first: its request's functions cast to this */
    bool asks_library;
    bool asks_permission;
    bool is_library_ours;
    const pl_scripts *registry;
    pl_permission permission;
} load_all;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const load_all *l = (load_all *)request;
    if (i < l->load.count)
        return pl_load_encode(&l->load, i, out);
    if (l->asks_library && i == l->load.count)
        return pl_functions_encode_list(out);
    return pl_permission_encode(&l->permission, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    load_all *l = (load_all *)request;
    if (i < l->load.count)
        return pl_load_complete(&l->load, i, outcome, err);
    if (l->asks_library && i == l->load.count)
        return pl_functions_complete_list(outcome, &l->is_library_ours, err);
    return pl_permission_complete(&l->permission, outcome, err);
}

static const pl_request_ops load_all_ops = {.encode = encode, .complete = complete};

static void note_loaded(pl_node *node, const pl_script *const *scripts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pl_loaded_note(node, scripts[i], pl_incarnation_number(&node->pool.incarnation));
        pl_script_log_loaded(node, scripts[i]);
    }
}

static podlink_status run_load(const pl_transport *transport, load_all *l, uint8_t *states, podlink_error *err)
{
    pl_request_init(&l->load.request, &load_all_ops, "SCRIPT LOAD", true, err);
    pl_request_set_count(&l->load.request, l->load.count + l->asks_library + l->asks_permission, states);
    podlink_status status = pl_transport_run(transport, &l->load.request);
    for (uint32_t i = 0; i < l->load.count; i++)
        pl_script_count_load(transport->node, l->load.scripts[i]);
    if (status == PODLINK_OK)
        note_loaded(transport->node, l->load.scripts, l->load.count);
    else
        pl_load_name_script(&l->load, err);
    return status;
}

podlink_status pl_script_load_some(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                   uint8_t *states, podlink_error *err)
{
    load_all l = {.load = {.scripts = scripts, .count = count}};
    return run_load(transport, &l, states, err);
}

/* --- all ------------------------------------------------------------------------------------------------------- */

/* FUNCTION LIST goes with the rest. If the library on the server is another one, loading ours takes a second round
 * trip. */
static podlink_status load_library(const pl_transport *transport, const load_all *l, podlink_error *err)
{
    const pl_scripts *registry = l->registry;
    pl_node *node = transport->node;
    if (!l->asks_library)
        return PODLINK_OK;
    if (!l->is_library_ours)
        return pl_loaded_ensure(transport, registry->built_in[0], pl_node_loads(node), err);
    pl_loaded_note(node, registry->built_in[0], pl_incarnation_number(&node->pool.incarnation));
    return PODLINK_OK;
}

static podlink_status run_all(const pl_transport *transport, load_all *l, uint8_t *states, podlink_error *err)
{
    podlink_status status = run_load(transport, l, states, err);
    if (status == PODLINK_OK)
        status = load_library(transport, l, err);
    if (status != PODLINK_OK)
        return status;
    return pl_permission_status(&l->permission, l->registry, transport->node->address.text, err);
}

/* @return how many are loaded by SCRIPT LOAD */
static uint32_t collect(pl_scripts *registry, uint32_t total, const pl_script **scripts, pl_permission *permission)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < total; i++) {
        const pl_script *script = pl_scripts_at(registry, i);
        pl_permission_add(permission, script);
        if (!script->is_function)
            scripts[count++] = script;
    }
    return count;
}

static podlink_status load_registered(const pl_transport *transport, size_t *loaded, podlink_error *err)
{
    pl_scripts *registry = transport->client->scripts;
    const pl_heap *heap = &transport->client->env.config.heap;
    const uint32_t total = pl_scripts_count(registry);
    load_all l = {.registry = registry, .asks_library = registry->are_functions, .asks_permission = true};
    const pl_script **scripts = pl_heap_alloc(heap, total * sizeof(pl_script *));
    uint8_t *states = pl_heap_zalloc(heap, total + 2);
    podlink_status status = scripts && states ? PODLINK_OK : pl_error_no_memory(err);
    if (status == PODLINK_OK) {
        l.load.scripts = scripts;
        l.load.count = collect(registry, total, scripts, &l.permission);
        status = run_all(transport, &l, states, err);
        *loaded = l.load.loaded + (l.asks_library && status == PODLINK_OK ? PL_BUILTIN_COUNT : 0);
    }
    pl_heap_free(heap, states);
    pl_heap_free(heap, scripts);
    return status;
}

/* On every master, because any of them may serve the next call. */
static podlink_status load_everywhere(pl_call *call, size_t *loaded, podlink_error *err)
{
    const pl_view *view;
    podlink_status status = pl_deployment_view(&call->client->deployment, call->deadline, &view, err);
    for (uint32_t i = 0; status == PODLINK_OK && i < view->map->node_count; i++) {
        const pl_transport transport = {
            .client = call->client, .deadline = call->deadline, .node = view->nodes[i], .call = call};
        if (view->map->nodes[i].is_master)
            status = load_registered(&transport, loaded, err);
    }
    return status;
}

podlink_status podlink_scripts_load(podlink_client *client, size_t *loaded, const podlink_call *call,
                                    podlink_error *err)
{
    pl_call active;
    size_t count = 0;
    podlink_status status = pl_call_begin(&active, client, call, err);
    if (status == PODLINK_OK) {
        status = load_everywhere(&active, &count, err);
        pl_call_finish(&active);
    }
    if (loaded)
        *loaded = count;
    return status;
}
