/* EVALSHA, and what to do where the server lacks the script. */
#include "script/call.h"

#include "base/error.h"
#include "script/holding.h"

#include <string.h>

void pl_script_begin(pl_buffer *out, const pl_script *script, uint32_t key_count, uint32_t argument_count)
{
    static const char evalsha[] = "$7\r\nEVALSHA\r\n$40\r\n";
    pl_resp_command(out, 3 + (size_t)key_count + argument_count);
    pl_buffer_put(out, evalsha, sizeof evalsha - 1);
    pl_buffer_put(out, script->sha, PL_SHA1_HEX);
    pl_resp_end(out);
    pl_resp_number(out, key_count);
}

void pl_script_passes(pl_run *run, pl_exchange *exchange, const pl_script *script)
{
    podlink_client *client = run->client;
    podlink_error fault;
    for (;;) {
        uint32_t seen = pl_holding_loads(script);
        pl_run_passes(run, exchange);
        if (pl_exchange_is_settled(exchange) || !exchange->lacks_script)
            return;
        if (pl_holding_ensure(run, script, seen, &fault) != PODLINK_OK) {
            pl_exchange_not_sent(exchange, &fault);
            return;
        }
        pl_count_shared(&client->counters.noscript_repairs, 1);
    }
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
