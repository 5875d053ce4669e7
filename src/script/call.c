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

static void passes(pl_run *run, pl_exchange *exchange, const pl_script *script)
{
    podlink_client *client = run->client;
    const pl_carrier carrier = {.client = client, .deadline = run->deadline, .run = run};
    podlink_error fault;
    for (bool is_repair = false;; is_repair = true) {
        uint32_t seen = pl_holding_loads(script);
        /* A server that has no functions is to say so, not that it does not know FCALL. */
        const bool must_look = script->is_function && seen == 0;
        if (!must_look) {
            pl_run_passes(run, exchange);
            if (pl_exchange_is_settled(exchange) || !exchange->lacks_script)
                return;
        }
        if (pl_holding_ensure(&carrier, script, seen, &fault) != PODLINK_OK) {
            pl_exchange_not_sent(exchange, &fault);
            return;
        }
        if (must_look && !is_repair)
            continue;
        pl_count_shared(&client->counters.noscript_repairs, 1);
        pl_count_shared(&script->live->figures.repairs, 1);
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
