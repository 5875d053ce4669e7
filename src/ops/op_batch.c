/* Running n commands as one request. */
#include "ops/op_batch.h"

#include "base/error.h"

podlink_status pl_batch_run(podlink_client *client, pl_request *request, size_t count, const pl_key_order_fns *keys,
                            const void *items, const pl_script *script, const podlink_call *call, podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    uint32_t *follows = NULL;
    if (count > INT32_MAX)
        return pl_error_invalid(err, "a batch has at most 2^31-1 items");
    uint8_t *states = pl_heap_zalloc(heap, count);
    if (!states || (keys && !pl_key_order_find(heap, keys, items, (uint32_t)count, &follows))) {
        pl_heap_free(heap, states);
        return pl_error_no_memory(err);
    }
    pl_request_set_count(request, (uint32_t)count, states);
    request->follows = follows;
    podlink_status status =
        script ? pl_script_run(client, request, script, call, err) : pl_call_run(client, request, call, err);
    pl_heap_free(heap, follows);
    pl_heap_free(heap, states);
    return status < 0 ? status : PODLINK_OK; /* of one item it is the item's */
}
