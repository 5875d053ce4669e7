/* SPDX-License-Identifier: MIT */
/* EVALSHA and FCALL, and the repair of a call whose script the server lacks. */
#include "script/script_call.h"

#include "base/error.h"
#include "script/loaded.h"

#include <string.h>

enum { HAS_EVALSHA_RO = 70000 };

void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count)
{
    const bool has_verb =
        script->version && atomic_load_explicit(script->version, memory_order_relaxed) >= HAS_EVALSHA_RO;
    const pl_evalsha_prefix *prefix = has_verb ? &script->call_read_only : &script->call;
    pl_resp_command(out, 3 + (size_t)key_count + argument_count);
    pl_buffer_put(out, prefix->bytes, prefix->length);
    pl_resp_number(out, key_count);
}

static void count_repair(podlink_client *client, const pl_script *script)
{
    pl_count_shared(&client->env.counters.noscript_repairs, 1);
    pl_count_shared(&script->live->stats.repairs, 1);
}

/* Notes a node on which the call loads its script. False where it was noted before, or there are too many. */
static bool note_repair(pl_script_repairs *repairs, const pl_node *node)
{
    for (uint32_t i = 0; i < repairs->node_count; i++)
        if (repairs->nodes[i] == node)
            return false;
    if (repairs->node_count == PL_MISSING_MAX)
        return false;
    repairs->nodes[repairs->node_count++] = node;
    return true;
}

/* Loads the script on the nodes where the latest attempt met NOSCRIPT. False where that failed, or where the server has
 * the script, so that NOSCRIPT was the script's own error: the request has the reason. */
static bool repair(pl_script_repairs *repairs, pl_call *call, pl_request *request)
{
    podlink_error fault;
    pl_missing missing[PL_MISSING_MAX];
    const pl_script *script = repairs->script;
    const uint32_t count = call->missing_count;
    memcpy(missing, call->missing, sizeof missing); /* loading runs attempts of its own, which overwrite them */
    for (uint32_t i = 0; i < count; i++) {
        const pl_transport transport = {
            .client = call->client, .deadline = call->deadline, .node = missing[i].node, .call = call};
        if (pl_node_is_retired(missing[i].node))
            continue;
        const podlink_status status = note_repair(repairs, missing[i].node)
                                          ? pl_loaded_ensure(&transport, script, missing[i].loads, &fault)
                                          : pl_loaded_ensure_again(&transport, script, missing[i].loads, &fault);
        if (status == PODLINK_OK)
            continue;
        if (status == PODLINK_ENOSCRIPT)
            return false;
        if (!pl_node_is_retired(missing[i].node)) { /* else another node serves its slots now */
            pl_request_not_sent(request, &fault);
            return false;
        }
    }
    count_repair(call->client, script);
    return true;
}

/* A server without functions would answer that it does not know FCALL. So before the first call of a function the
 * library is loaded, which fails with a clear message there. */
static bool look_first(pl_call *call, pl_request *request, const pl_script *script)
{
    podlink_error fault;
    const pl_view *view;
    if (pl_loaded_anywhere(call->client->scripts, script))
        return true;
    podlink_status status = pl_deployment_view(&call->client->deployment, call->deadline, &view, &fault);
    if (status == PODLINK_OK) {
        const pl_transport transport = {
            .client = call->client, .deadline = call->deadline, .node = view->nodes[0], .call = call};
        status = pl_loaded_ensure(&transport, script, 0, &fault);
    }
    if (status != PODLINK_OK)
        pl_request_not_sent(request, &fault);
    return status == PODLINK_OK;
}

bool pl_script_attempts_begin(pl_script_repairs *repairs, pl_call *call, pl_request *request, const pl_script *script)
{
    repairs->script = script;
    repairs->incomplete = request->incomplete;
    repairs->in_a_row = 0;
    repairs->node_count = 0;
    request->failure = &call->failure;
    return !script || !script->is_function || look_first(call, request, script);
}

bool pl_script_repair(pl_script_repairs *repairs, pl_call *call, pl_request *request)
{
    if (!repairs->script || pl_request_is_complete(request))
        return false; /* a plain command that is answered by NOSCRIPT fails */
    if (request->incomplete < repairs->incomplete)
        repairs->in_a_row = 0;
    repairs->incomplete = request->incomplete;
    return repair(repairs, call, request) && ++repairs->in_a_row < PL_REPAIRS_MAX;
}

void pl_script_attempts_end(const pl_script_repairs *repairs, const pl_request *request)
{
    if (repairs->script)
        pl_script_stats_count(&repairs->script->live->stats, request);
}

podlink_status pl_script_run(podlink_client *client, pl_request *request, const pl_script *script,
                             const podlink_call *call, podlink_error *err)
{
    pl_call active;
    pl_script_repairs repairs;
    podlink_status status = pl_call_begin(&active, client, call, err);
    if (status != PODLINK_OK)
        return status;
    if (pl_script_attempts_begin(&repairs, &active, request, script))
        do
            pl_call_run_attempts(&active, request);
        while (pl_script_attempts_again(&repairs, &active, request));
    pl_script_attempts_end(&repairs, request);
    status = pl_call_conclude(&active, request);
    pl_call_finish(&active);
    return status;
}
