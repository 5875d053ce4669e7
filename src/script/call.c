/* EVALSHA and FCALL, and what to do where the server lacks the script. */
#include "script/call.h"

#include "base/error.h"
#include "script/holding.h"

#include <string.h>

enum { HAS_EVALSHA_RO = 70000 };

void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count)
{
    const bool has_verb =
        script->version && atomic_load_explicit(script->version, memory_order_relaxed) >= HAS_EVALSHA_RO;
    const pl_call_prefix *prefix = has_verb ? &script->call_read_only : &script->call;
    pl_resp_command(out, 3 + (size_t)key_count + argument_count);
    pl_buffer_put(out, prefix->bytes, prefix->length);
    pl_resp_number(out, key_count);
}

static void count_repair(podlink_client *client, const pl_script *script)
{
    pl_count_shared(&client->counters.noscript_repairs, 1);
    pl_count_shared(&script->live->figures.repairs, 1);
}

/* Loads a script where the latest pass has missed it. False where that failed: the request knows why. */
static bool repair(pl_run *run, pl_request *request, const pl_script *script)
{
    podlink_error fault;
    pl_lacking lacking[PL_LACKING_MAX];
    const uint32_t count = run->lacking_count;
    memcpy(lacking, run->lacking, sizeof lacking); /* loading is a call, too */
    for (uint32_t i = 0; i < count; i++) {
        const pl_carrier carrier = {
            .client = run->client, .deadline = run->deadline, .node = lacking[i].node, .run = run};
        if (pl_node_is_retired(lacking[i].node) ||
            pl_holding_ensure(&carrier, script, lacking[i].loads, &fault) == PODLINK_OK)
            continue;
        if (!pl_node_is_retired(lacking[i].node)) { /* else another serves its slots now */
            pl_request_not_sent(request, &fault);
            return false;
        }
    }
    count_repair(run->client, script);
    return true;
}

/* A server that has no functions is to say so, not that it does not know FCALL: so before the first call it is asked.
 */
static bool look_first(pl_run *run, pl_request *request, const pl_script *script)
{
    podlink_error fault;
    const pl_view *view;
    if (!script->is_function || pl_holding_was_loaded(run->client->scripts, script))
        return true;
    podlink_status status = pl_run_find_servers(run, &view, &fault);
    if (status == PODLINK_OK) {
        const pl_carrier carrier = {
            .client = run->client, .deadline = run->deadline, .node = view->nodes[0], .run = run};
        status = pl_holding_ensure(&carrier, script, 0, &fault);
    }
    if (status != PODLINK_OK)
        pl_request_not_sent(request, &fault);
    return status == PODLINK_OK;
}

static void passes(pl_run *run, pl_request *request, const pl_script *script)
{
    uint32_t incomplete = request->incomplete;
    if (!look_first(run, request, script))
        return;
    for (uint32_t repairs = 0; repairs < PL_REPAIRS_MAX; repairs++) {
        pl_run_passes(run, request);
        if (pl_request_is_complete(request) || !request->lacks_script)
            return;
        if (request->incomplete < incomplete)
            repairs = 0;
        incomplete = request->incomplete;
        if (!repair(run, request, script))
            return;
    }
}

void pl_script_passes(pl_run *run, pl_request *request, const pl_script *script)
{
    passes(run, request, script);
    pl_script_figures_count(&script->live->figures, request);
}

podlink_status pl_script_run(podlink_client *client, pl_request *request, const pl_script *script,
                             const podlink_call *call, podlink_error *err)
{
    pl_run run;
    podlink_status status = pl_run_begin(&run, client, call, err);
    if (status != PODLINK_OK)
        return status;
    pl_script_passes(&run, request, script);
    status = pl_run_end(&run, request);
    pl_run_finish(&run);
    return status;
}
