/* Some commands of an exchange as an exchange of their own. */
#include "conn/part.h"

#include <assert.h>

static bool encode(pl_exchange *exchange, uint32_t i, pl_buffer *out)
{
    pl_exchange *whole = ((pl_part *)exchange)->whole;
    return whole->ops->encode(whole, exchange->items[i], out);
}

/* Under the lock of the part's connection: what the whole does here concerns this one command alone, since other parts
 * may be told at the same time. */
static podlink_status settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    pl_exchange *whole = ((pl_part *)exchange)->whole;
    return whole->ops->settle(whole, exchange->items[i], outcome, err);
}

static uint16_t slot(const pl_exchange *exchange, uint32_t i)
{
    const pl_exchange *whole = ((const pl_part *)exchange)->whole;
    return whole->ops->slot(whole, exchange->items[i]);
}

static const pl_exchange_ops part_ops = {.encode = encode, .settle = settle, .slot = slot};

void pl_part_init(pl_part *part, pl_exchange *whole, const uint32_t *items, uint32_t count, uint8_t *marks,
                  const uint32_t *follows)
{
    pl_exchange *exchange = &part->exchange;
    part->whole = whole;
    for (uint32_t i = 0; i < count; i++) {
        assert(whole->marks[items[i]] != PL_SETTLED);
        marks[i] = whole->marks[items[i]];
    }
    pl_exchange_init(exchange, &part_ops, whole->name, whole->repeatable, &part->err);
    pl_exchange_many(exchange, count, marks);
    exchange->is_batch = whole->is_batch;
    exchange->reads_only = whole->reads_only;
    exchange->items = items;
    exchange->follows = follows;
    exchange->began_at = whole->began_at;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The failure of the lowest index is the whole's. */
static void absorb_failure(pl_exchange *whole, const pl_exchange *exchange)
{
    if (exchange->failed == 0 || exchange->items[exchange->err_index] >= whole->err_index)
        return;
    whole->err_index = exchange->items[exchange->err_index];
    whole->status = exchange->status;
    whole->delivery = exchange->delivery;
    if (whole->err)
        *whole->err = *exchange->err;
}

void pl_part_absorb(const pl_part *part)
{
    const pl_exchange *exchange = &part->exchange;
    pl_exchange *whole = part->whole;
    assert(exchange->inflight == 0);
    for (uint32_t i = 0; i < exchange->count; i++)
        whole->marks[exchange->items[i]] = exchange->marks[i];
    whole->unsettled -= exchange->count - exchange->unsettled;
    whole->failed += exchange->failed;
    absorb_failure(whole, exchange);
    if (exchange->unsettled > 0) {
        whole->reason = exchange->reason;
        whole->last = exchange->last;
        whole->lacks_script |= exchange->lacks_script;
    }
    whole->queued_at = later(whole->queued_at, exchange->queued_at);
    whole->sent_at = later(whole->sent_at, exchange->sent_at);
    whole->answered_at = later(whole->answered_at, exchange->answered_at);
}
