/* The operations on n links. */
#include "base/error.h"
#include "ops/link_op.h"
#include "ops/op_batch.h"

#include <podlink/link.h>

#include <string.h>

typedef struct link_batch {
    pl_request request; /* first: its functions get it as theirs */
    pl_link_op_kind kind;
    const pl_script *script;
    podlink_link_item *items;
} link_batch;

static podlink_status request_of(const link_batch *batch, uint32_t i, pl_link_op *op, podlink_error *err)
{
    const podlink_link_item *item = &batch->items[i];
    return pl_link_op_init(op, batch->kind, &item->link, item->pod, item->persist_s, err);
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const link_batch *batch = (link_batch *)request;
    pl_link_op op;
    request_of(batch, i, &op, NULL);
    return pl_link_encode(&op, batch->script, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    link_batch *batch = (link_batch *)request;
    podlink_link_item *item = &batch->items[i];
    pl_link_op op;
    pl_link_answer answer;
    request_of(batch, i, &op, NULL);
    item->status = pl_link_decode(&op, request, outcome, &answer, err);
    item->delivery = outcome->delivery;
    item->result = answer.pod;
    return item->status;
}

static uint64_t hash_link(const void *items, uint32_t i)
{
    const podlink_link *link = &((const podlink_link_item *)items)[i].link;
    return pl_key_order_hash(pl_key_order_hash(pl_key_order_hash(0, link->uid), link->service), link->ns);
}

static bool is_same_link(const void *items, uint32_t i, uint32_t j)
{
    const podlink_link *a = &((const podlink_link_item *)items)[i].link;
    const podlink_link *b = &((const podlink_link_item *)items)[j].link;
    return strcmp(a->uid, b->uid) == 0 && strcmp(a->service, b->service) == 0 && strcmp(a->ns, b->ns) == 0;
}

static const pl_key_order_fns link_keys = {.hash = hash_link, .equal = is_same_link};

static uint16_t slot(const pl_request *request, uint32_t i)
{
    pl_link_op op;
    request_of((const link_batch *)request, i, &op, NULL);
    return pl_link_slot(&op);
}

static const pl_request_ops batch_ops = {.encode = encode, .complete = complete, .slot = slot};

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
        pl_link_op op;
        status = request_of(batch, (uint32_t)i, &op, err);
        if (status != PODLINK_OK)
            pl_error_prefix_item(err, i);
    }
    return status;
}

static podlink_status run(podlink_client *client, pl_link_op_kind kind, podlink_link_item *items, size_t count,
                          const podlink_call *call, podlink_error *err)
{
    link_batch batch = {.kind = kind, .script = pl_link_script(client, kind), .items = items};
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
    pl_request_init(&batch.request, &batch_ops, pl_link_op_name(kind), pl_link_is_repeatable(kind), err);
    batch.request.is_batch = true;
    batch.request.reads_only = pl_link_reads_only(kind);
    const pl_key_order_fns *keys = kind == PL_LINK_GET ? NULL : &link_keys;
    status = pl_batch_run(client, &batch.request, count, keys, items, batch.script, call, err);
    if (!pl_request_is_complete(&batch.request)) /* it did not come as far as that */
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
