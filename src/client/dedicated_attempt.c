/* SPDX-License-Identifier: MIT */
/* An attempt on a dedicated connection. */
#include "client/dedicated_attempt.h"

#include "base/error.h"
#include "pool/sync_io.h"
#include "resp/encode.h"

#include <assert.h>

/* WAIT or ASKING. */
typedef struct own_command {
    pl_request request; /* first: the callbacks cast it */
    bool is_wait;       /* WAIT; else ASKING */
    uint32_t acks;
    int64_t timeout_ms;
    int64_t acked; /* out */
} own_command;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const own_command *own = (own_command *)request;
    if (!pl_buffer_reserve(out, 6 * (PL_RESP_OVERHEAD + PL_NUMBER_MAX)))
        return false;
    pl_resp_command(out, own->is_wait ? 3 : 1);
    if (!own->is_wait) {
        pl_resp_argument(out, "ASKING", 6);
        return true;
    }
    pl_resp_argument(out, "WAIT", 4);
    pl_resp_number(out, own->acks);
    pl_resp_number(out, own->timeout_ms);
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    own_command *own = (own_command *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    if (own->is_wait && podlink_reply_integer(outcome->reply->nodes, &own->acked) != PODLINK_OK)
        return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "WAIT on %s: the reply has an unexpected shape",
                            outcome->server);
    return PODLINK_OK;
}

static const pl_request_ops own_ops = {.encode = encode, .complete = complete};

static podlink_status run_own(const pl_call *call, pl_dedicated_conn *dedicated, own_command *own, podlink_error *err)
{
    uint32_t completed[3] = {0};
    podlink_error failure;
    pl_request_init(&own->request, &own_ops, own->is_wait ? "WAIT" : "ASKING", false, err);
    own->request.is_final = true;
    own->request.failure = &failure;
    pl_sync_io_run(&dedicated->conn, &dedicated->stream, &own->request, &call->client->env.clock, call->deadline, NULL);
    pl_request_give_up(&own->request, completed);
    return own->request.status;
}

/* How many replicas have the writes of this connection. A WAIT that fails counts as 0: the writes themselves have
 * succeeded. */
static void count_acks(pl_call *call, pl_dedicated_conn *dedicated)
{
    podlink_error ignored;
    const int64_t left = pl_until(call->deadline, pl_clock_now(&call->client->env.clock));
    int64_t timeout_ms = call->acks_timeout_ms;
    if (left != PL_NEVER && (timeout_ms == 0 || timeout_ms > left / PL_MS))
        timeout_ms =
            left / PL_MS > 1 ? left / PL_MS - 1 : 1; /* the answer must meet the deadline; 0 is without limit */
    own_command wait = {.is_wait = true, .acks = call->acks, .timeout_ms = timeout_ms};
    const podlink_status status = run_own(call, dedicated, &wait, &ignored);
    const uint32_t acked = status == PODLINK_OK && wait.acked > 0 ? (uint32_t)wait.acked : 0;
    if (acked < call->acked)
        call->acked = acked;
}

static void run_on(pl_call *call, pl_dedicated_conn *dedicated, pl_request *request, bool asks)
{
    podlink_error fault;
    own_command asking = {.is_wait = false};
    assert(!asks || request->count == 1);
    if (asks && run_own(call, dedicated, &asking, &fault) != PODLINK_OK) {
        fault.delivery = PODLINK_NOT_SENT;
        pl_request_not_sent(request, &fault);
        return;
    }
    pl_sync_io_run(&dedicated->conn, &dedicated->stream, request, &call->client->env.clock, call->deadline, NULL);
    if (call->acks > 0 && !request->reads_only && request->incomplete + request->failed < request->count)
        count_acks(call, dedicated);
}

void pl_attempt_dedicated(pl_call *call, pl_node *node, pl_request *request, bool asks)
{
    podlink_error fault;
    pl_dedicated_conn *dedicated = NULL;
    pl_dedicated_pool *pool = &node->pool.dedicated;
    pl_request_rewind(request);
    if (pl_dedicated_pool_acquire(pool, call->deadline, &dedicated, &fault) != PODLINK_OK) {
        pl_request_not_sent(request, &fault);
        return;
    }
    run_on(call, dedicated, request, asks);
    pl_dedicated_pool_release(pool, dedicated, true);
}
