/* EVALSHA and FCALL, and what to do where the server lacks the script. */
#include "script/call.h"

#include "base/error.h"
#include "script/holding.h"

#include <string.h>

enum { HAS_EVALSHA_RO = 70000 };

void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count)
{
    const bool has_verb = script->runs && pl_runs_version(script->runs) >= HAS_EVALSHA_RO;
    const pl_call_prefix *prefix = has_verb ? &script->call_read_only : &script->call;
    pl_resp_command(out, 3 + (size_t)key_count + argument_count);
    pl_buffer_put(out, prefix->bytes, prefix->length);
    pl_resp_number(out, key_count);
}

/* A server that has no functions is to say so, not that it does not know FCALL: so the first call looks. */
static bool must_look_first(const pl_script *script)
{
    return script->is_function && pl_holding_loads(script) == 0;
}

static void count_repair(podlink_client *client, const pl_script *script)
{
    pl_count_shared(&client->counters.noscript_repairs, 1);
    pl_count_shared(&script->live->figures.repairs, 1);
}

static void passes(pl_run *run, pl_exchange *exchange, const pl_script *script)
{
    const pl_carrier carrier = {.client = run->client, .deadline = run->deadline, .run = run};
    podlink_error fault;
    if (must_look_first(script) && pl_holding_ensure(&carrier, script, 0, &fault) != PODLINK_OK) {
        pl_exchange_not_sent(exchange, &fault);
        return;
    }
    uint32_t unsettled = exchange->unsettled;
    for (uint32_t repairs = 0; repairs < PL_REPAIRS_MAX; repairs++) {
        uint32_t seen = pl_holding_loads(script);
        pl_run_passes(run, exchange);
        if (pl_exchange_is_settled(exchange) || !exchange->lacks_script)
            return;
        if (exchange->unsettled < unsettled)
            repairs = 0;
        unsettled = exchange->unsettled;
        if (pl_holding_ensure(&carrier, script, seen, &fault) != PODLINK_OK) {
            pl_exchange_not_sent(exchange, &fault);
            return;
        }
        count_repair(run->client, script);
    }
}

void pl_script_passes(pl_run *run, pl_exchange *exchange, const pl_script *script)
{
    passes(run, exchange, script);
    pl_script_figures_count(&script->live->figures, exchange);
}

podlink_status pl_script_run(podlink_client *client, pl_exchange *exchange, const pl_script *script,
                             const podlink_call *call, podlink_error *err)
{
    pl_run run;
    podlink_status status = pl_run_begin(&run, client, call, err);
    if (status != PODLINK_OK)
        return status;
    pl_script_passes(&run, exchange, script);
    status = pl_run_end(&run, exchange);
    pl_run_finish(&run);
    return status;
}
