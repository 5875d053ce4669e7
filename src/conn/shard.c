/* SPDX-License-Identifier: MIT */
/* A shard of a batch. */
#include "conn/shard.h"

#include <assert.h>

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    pl_request *parent = ((pl_shard *)request)->parent;
    return parent->ops->encode(parent, request->items[i], out);
}

/* Runs under the lock of the shard's connection. Other shards may complete commands at the same time, so the parent
 * touches only what belongs to this command. */
static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    pl_request *parent = ((pl_shard *)request)->parent;
    return parent->ops->complete(parent, request->items[i], outcome, err);
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    const pl_request *parent = ((const pl_shard *)request)->parent;
    return parent->ops->slot(parent, request->items[i]);
}

static const pl_request_ops shard_ops = {.encode = encode, .complete = complete, .slot = slot};

void pl_shard_init(pl_shard *shard, pl_request *parent, const uint32_t *items, uint32_t count, uint8_t *states,
                   const uint32_t *follows)
{
    pl_request *request = &shard->request;
    shard->parent = parent;
    for (uint32_t i = 0; i < count; i++) {
        assert(parent->states[items[i]] != PL_COMPLETED);
        states[i] = parent->states[items[i]];
    }
    pl_request_init(request, &shard_ops, parent->name, parent->repeatable, &shard->err);
    pl_request_set_count(request, count, states);
    request->failure = &shard->failure;
    request->is_batch = parent->is_batch;
    request->reads_only = parent->reads_only;
    request->is_secret = parent->is_secret;
    request->is_users_script = parent->is_users_script;
    request->is_once = parent->is_once;
    request->items = items;
    request->follows = follows;
    request->began_at = parent->began_at;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The failure of the lowest index is the parent's. */
static void absorb_failure(pl_request *parent, const pl_request *request)
{
    if (request->failed == 0 || request->items[request->err_index] >= parent->err_index)
        return;
    parent->err_index = request->items[request->err_index];
    parent->status = request->status;
    parent->delivery = request->delivery;
    if (parent->err)
        *parent->err = *request->err;
}

void pl_shard_merge(const pl_shard *shard)
{
    const pl_request *request = &shard->request;
    pl_request *parent = shard->parent;
    assert(request->inflight == 0);
    for (uint32_t i = 0; i < request->count; i++)
        parent->states[request->items[i]] = request->states[i];
    parent->incomplete -= request->count - request->incomplete;
    parent->failed += request->failed;
    absorb_failure(parent, request);
    if (request->incomplete > 0) {
        parent->reason = request->reason;
        *parent->failure = *request->failure;
        parent->is_script_missing |= request->is_script_missing;
    }
    parent->queued_at = later(parent->queued_at, request->queued_at);
    parent->sent_at = later(parent->sent_at, request->sent_at);
    parent->answered_at = later(parent->answered_at, request->answered_at);
}
