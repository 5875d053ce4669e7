/* The operations on n links. */
#include "base/error.h"
#include "link/batch.h"
#include "link/request.h"

#include <podlink/link.h>

#include <string.h>

typedef struct link_batch {
    pl_exchange exchange; /* first: its functions get it as theirs */
    pl_link_operation operation;
    const pl_script *script;
    podlink_link_item *items;
} link_batch;

static podlink_status request_of(const link_batch *batch, uint32_t i, pl_link_request *request, podlink_error *err)
{
    const podlink_link_item *item = &batch->items[i];
    return pl_link_request_init(request, batch->operation, &item->link, item->pod, item->persist_s, err);
}

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    const link_batch *batch = (link_batch *)exchange;
    pl_link_request request;
    request_of(batch, i, &request, NULL);
    return pl_link_encode(&request, batch->script, out);
}

static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    link_batch *batch = (link_batch *)exchange;
    podlink_link_item *item = &batch->items[i];
    pl_link_request request;
    pl_link_answer answer;
    request_of(batch, i, &request, NULL);
    item->status = pl_link_decode(&request, exchange, outcome, &answer, err);
    item->delivery = outcome->delivery;
    item->result = answer.pod;
    return item->status;
}

static uint64_t hash_link(const void *items, uint32_t i)
{
    const podlink_link *link = &((const podlink_link_item *)items)[i].link;
    return pl_order_hash(pl_order_hash(pl_order_hash(0, link->uid), link->service), link->ns);
}

static bool is_same_link(const void *items, uint32_t i, uint32_t j)
{
    const podlink_link *a = &((const podlink_link_item *)items)[i].link;
    const podlink_link *b = &((const podlink_link_item *)items)[j].link;
    return strcmp(a->uid, b->uid) == 0 && strcmp(a->service, b->service) == 0 && strcmp(a->ns, b->ns) == 0;
}

static const pl_order_keys link_keys = {.hash = hash_link, .equal = is_same_link};

static uint16_t slot(const pl_exchange *exchange, uint32_t i)
{
    pl_link_request request;
    request_of((const link_batch *)exchange, i, &request, NULL);
    return pl_link_slot(&request);
}

static const pl_exchange_ops batch_ops = {.encode = encode, .settle = settle, .slot = slot};

/* None of them was sent. */
static void set_all(podlink_link_item *items, size_t count, podlink_status status)
{
    for (size_t i = 0; i < count; i++) {
        items[i].status = status;
        items[i].delivery = PODLINK_NOT_SENT;
        items[i].result = PODLINK_NO_POD;
    }
}

/* Checks all items before a byte is sent. */
static podlink_status check(link_batch *batch, size_t count, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < count && status == PODLINK_OK; i++) {
        pl_link_request request;
        status = request_of(batch, (uint32_t)i, &request, err);
        if (status != PODLINK_OK)
            pl_error_prefix_item(err, i);
    }
    return status;
}

static podlink_status run(podlink_client *client, pl_link_operation operation, podlink_link_item *items, size_t count,
                          const podlink_call *call, podlink_error *err)
{
    link_batch batch = {.operation = operation, .script = pl_link_script(client, operation), .items = items};
    pl_error_clear(err);
    if (count == 0)
        return PODLINK_OK;
    if (!items)
        return pl_error_invalid(err, "items is NULL");
    podlink_status status = check(&batch, count, err);
    if (status != PODLINK_OK) {
        set_all(items, count, status);
        return status;
    }
    pl_exchange_init(&batch.exchange, &batch_ops, pl_link_operation_name(operation), pl_link_is_repeatable(operation),
                     err);
    batch.exchange.is_batch = true;
    batch.exchange.reads_only = pl_link_reads_only(operation);
    const pl_order_keys *keys = operation == PL_LINK_GET ? NULL : &link_keys;
    status = pl_batch_run(client, &batch.exchange, count, keys, items, batch.script, call, err);
    if (!pl_exchange_is_settled(&batch.exchange)) /* it did not come as far as that */
        set_all(items, count, status);
    return status;
}

podlink_status podlink_link_set_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                      const podlink_call *call, podlink_error *err)
{
    return run(client, PL_LINK_SET, items, count, call, err);
}

podlink_status podlink_link_set_if_absent_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                                const podlink_call *call, podlink_error *err)
{
    return run(client, PL_LINK_SET_IF_ABSENT, items, count, call, err);
}

podlink_status podlink_link_get_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                      const podlink_call *call, podlink_error *err)
{
    return run(client, PL_LINK_GET, items, count, call, err);
}

podlink_status podlink_link_remove_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                         const podlink_call *call, podlink_error *err)
{
    return run(client, PL_LINK_REMOVE, items, count, call, err);
}
