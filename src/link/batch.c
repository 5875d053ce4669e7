/* Running n commands as one exchange. */
#include "link/batch.h"

#include "base/error.h"

podlink_status pl_batch_run(podlink_client *client, pl_exchange *exchange, size_t count, const pl_script *script,
                            const podlink_call *call, podlink_error *err)
{
    if (count > INT32_MAX)
        return pl_error_invalid(err, "a batch has at most 2^31-1 items");
    uint8_t *marks = pl_heap_zalloc(&client->config.heap, count);
    if (!marks)
        return pl_error_no_memory(err);
    pl_exchange_many(exchange, (uint32_t)count, marks);
    exchange->is_batch = true;
    podlink_status status =
        script ? pl_script_run(client, exchange, script, call, err) : pl_run_exchange(client, exchange, call, err);
    pl_heap_free(&client->config.heap, marks);
    return status;
}
