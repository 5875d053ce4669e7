/* Running n commands as one exchange. */
#include "link/batch.h"

#include "base/error.h"

podlink_status pl_batch_run(podlink_client *client, pl_exchange *exchange, size_t count, const pl_order_keys *keys,
                            const void *items, const pl_script *script, const podlink_call *call, podlink_error *err)
{
    const pl_heap *heap = &client->config.heap;
    uint32_t *follows = NULL;
    if (count > INT32_MAX)
        return pl_error_invalid(err, "a batch has at most 2^31-1 items");
    uint8_t *marks = pl_heap_zalloc(heap, count);
    if (!marks || (keys && !pl_order_find(heap, keys, items, (uint32_t)count, &follows))) {
        pl_heap_free(heap, marks);
        return pl_error_no_memory(err);
    }
    pl_exchange_many(exchange, (uint32_t)count, marks);
    exchange->follows = follows;
    podlink_status status =
        script ? pl_script_run(client, exchange, script, call, err) : pl_run_exchange(client, exchange, call, err);
    pl_heap_free(heap, follows);
    pl_heap_free(heap, marks);
    return status < 0 ? status : PODLINK_OK; /* of one item it is the item's */
}
