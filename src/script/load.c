/* SCRIPT LOAD. With all scripts goes a question: which of the commands that they call may this user not run? A script
 * that meets a forbidden command half way has already written; so it is to be known before the first call. */
#include "script/load.h"

#include "base/error.h"
#include "base/log.h"
#include "resp/encode.h"
#include "script/functions.h"
#include "script/loaded.h"
#include "script/permission.h"

#include <stdio.h>
#include <string.h>

bool pl_script_encode_load(const pl_script *script, pl_buffer *out)
{
    if (!pl_buffer_reserve(out, 4 * PL_RESP_OVERHEAD + script->source_length))
        return false;
    pl_resp_command(out, 3);
    pl_resp_argument(out, "SCRIPT", 6);
    pl_resp_argument(out, "LOAD", 4);
    pl_resp_argument(out, script->source, script->source_length);
    return true;
}

bool pl_script_is_loaded_reply(const pl_script *script, const podlink_reply *reply)
{
    size_t length = 0;
    const char *sha = podlink_reply_text(reply, &length);
    return sha && length == PL_SHA1_HEX && memcmp(sha, script->sha, PL_SHA1_HEX) == 0;
}

void pl_script_count_load(const pl_node *node, const pl_script *script)
{
    pl_count_shared(&node->env->counters.script_loads, 1);
    pl_count_shared(&pl_script_representative(node->registry, script)->live->stats.loads, 1);
}

void pl_script_log_loaded(const pl_node *node, const pl_script *script)
{
    podlink_log_record record = {.level = PODLINK_LOG_DEBUG,
                                 .event = "script_loaded",
                                 .name = script->name,
                                 .sha = script->sha,
                                 .server = node->address.text,
                                 .duration_ns = -1};
    if (!script->is_function) {
        pl_log_write(&node->env->log, record, "script %s is loaded, SHA1 %s", script->name, script->sha);
        return;
    }
    record.name = PL_LIBRARY_NAME;
    record.sha = NULL;
    pl_log_write(&node->env->log, record, "function library %s is loaded", PL_LIBRARY_NAME);
}

/* --- some scripts --------------------------------------------------------------------------------------------- */

typedef struct load {
    pl_request request; /* first: its functions get it as theirs */
    const pl_script *const *scripts;
    uint32_t count; /* commands 0 .. count - 1 load; those behind them, where it is all, ask: */
    bool asks_library;
    bool asks_permission;
    bool is_library_ours;
    uint32_t loaded;
    const pl_scripts *registry;
    pl_permission permission;
} load;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const load *l = (load *)request;
    if (i < l->count)
        return pl_script_encode_load(l->scripts[i], out);
    if (l->asks_library && i == l->count)
        return pl_functions_encode_list(out);
    return pl_permission_encode(&l->permission, out);
}

static podlink_status complete_load(load *l, const pl_script *script, const pl_outcome *outcome, podlink_error *err)
{
    if (outcome->status != PODLINK_OK) {
        if (err && outcome->server)
            snprintf(err->message, sizeof err->message, "loading script %s on %s: %s", script->name, outcome->server,
                     outcome->words ? err->server : outcome->why);
        return outcome->status;
    }
    if (!pl_script_is_loaded_reply(script, outcome->reply->nodes))
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED,
                            "loading script %s on %s: the server gives it another SHA1", script->name, outcome->server);
    l->loaded++;
    return PODLINK_OK;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    load *l = (load *)request;
    if (i < l->count)
        return complete_load(l, l->scripts[i], outcome, err);
    if (l->asks_library && i == l->count)
        return pl_functions_complete_list(outcome, &l->is_library_ours, err);
    return pl_permission_complete(&l->permission, outcome);
}

static const pl_request_ops load_ops = {.encode = encode, .complete = complete};

/* What was given up is told without the script: the failure has met no single command. */
static void name_script(const load *l, podlink_error *err)
{
    char message[sizeof err->message];
    const uint32_t i = l->request.err_index;
    if (!err || i >= l->count || err->delivery == PODLINK_NOT_SENT || strstr(err->message, l->scripts[i]->name))
        return; /* without a connection it is no matter of this script */
    memcpy(message, err->message, sizeof message);
    snprintf(err->message, sizeof err->message, "loading script %s: %.200s", l->scripts[i]->name, message);
}

podlink_status pl_script_load(const pl_transport *transport, const pl_script *script, podlink_error *err)
{
    if (script->is_function)
        return pl_functions_ensure(transport, err);
    load l = {.scripts = &script, .count = 1};
    pl_request_init(&l.request, &load_ops, "SCRIPT LOAD", true, err);
    podlink_status status = pl_transport_run(transport, &l.request);
    pl_script_count_load(transport->node, script);
    if (status == PODLINK_OK)
        pl_script_log_loaded(transport->node, script);
    else
        name_script(&l, err);
    return status;
}

static void note_loaded(pl_node *node, const pl_script *const *scripts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pl_loaded_note(node, scripts[i], pl_incarnation_number(&node->pool.incarnation));
        pl_script_log_loaded(node, scripts[i]);
    }
}

static podlink_status run_load(const pl_transport *transport, load *l, uint8_t *states, podlink_error *err)
{
    pl_request_init(&l->request, &load_ops, "SCRIPT LOAD", true, err);
    pl_request_set_count(&l->request, l->count + l->asks_library + l->asks_permission, states);
    podlink_status status = pl_transport_run(transport, &l->request);
    for (uint32_t i = 0; i < l->count; i++)
        pl_script_count_load(transport->node, l->scripts[i]);
    if (status == PODLINK_OK)
        note_loaded(transport->node, l->scripts, l->count);
    else
        name_script(l, err);
    return status;
}

podlink_status pl_script_load_some(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                   uint8_t *states, podlink_error *err)
{
    load l = {.scripts = scripts, .count = count};
    return run_load(transport, &l, states, err);
}

/* --- all ------------------------------------------------------------------------------------------------------- */

/* The library is asked for with the rest; where it is another, it takes a second round trip. */
static podlink_status load_library(const pl_transport *transport, const load *l, podlink_error *err)
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

static podlink_status load_all(const pl_transport *transport, load *l, uint8_t *states, podlink_error *err)
{
    podlink_status status = run_load(transport, l, states, err);
    if (status == PODLINK_OK)
        status = load_library(transport, l, err);
    if (status != PODLINK_OK)
        return status;
    return pl_permission_status(&l->permission, l->registry, transport->node->address.text, err);
}

/* @return how many are to be loaded one by one */
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
    load l = {.registry = registry, .asks_library = registry->are_functions, .asks_permission = true};
    const pl_script **scripts = pl_heap_alloc(heap, total * sizeof(pl_script *));
    uint8_t *states = pl_heap_zalloc(heap, total + 2);
    podlink_status status = scripts && states ? PODLINK_OK : pl_error_no_memory(err);
    if (status == PODLINK_OK) {
        l.scripts = scripts;
        l.count = collect(registry, total, scripts, &l.permission);
        status = load_all(transport, &l, states, err);
        *loaded = l.loaded + (l.asks_library && status == PODLINK_OK ? PL_BUILTIN_COUNT : 0);
    }
    pl_heap_free(heap, states);
    pl_heap_free(heap, scripts);
    return status;
}

/* On every master: which of them serves a call is not known before. */
static podlink_status load_everywhere(pl_call *call, size_t *loaded, podlink_error *err)
{
    const pl_view *view;
    podlink_status status = pl_call_find_servers(call, &view, err);
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
