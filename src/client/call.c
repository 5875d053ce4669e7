/* SPDX-License-Identifier: MIT */
/* A call from start to end. */
#include "client/call.h"

#include "base/error.h"
#include "client/attempt.h"
#include "client/deadline.h"
#include "client/trace.h"
#include "conn/shard.h"
#include "deployment/discovery.h"
#include "deployment/redirect.h"
#include "sync/backoff.h"

#include <stddef.h>

enum {
    REDIRECTS_MAX = 16,
    REDIRECTS_FAST = 4 /* after more of them, two nodes disagree: pause before each */
};

/* An older program has a shorter podlink_call, without these fields. */
static void take_acks(pl_call *active, const podlink_call *call)
{
    if (!call || call->size < offsetof(podlink_call, acked) + sizeof call->acked)
        return;
    active->acks = call->acks;
    active->acks_timeout_ms = call->acks_timeout_ms;
    active->acked_out = call->acked;
}

static podlink_status check_acks(const pl_call *call, podlink_error *err)
{
    if (call->acks > INT32_MAX)
        return pl_error_invalid(err, "call: acks is more than 2^31-1");
    if (call->acks_timeout_ms < 0)
        return pl_error_invalid(err, "call: acks_timeout_ms must be 0 (what is left of timeout_ms) or more");
    return PODLINK_OK;
}

podlink_status pl_call_begin(pl_call *active, podlink_client *client, const podlink_call *call, podlink_error *err)
{
    active->client = client;
    active->node = active->asked = NULL;
    active->shared = NULL;
    active->redirected_by = NULL;
    active->acks = 0;
    active->acks_timeout_ms = 0;
    active->acked = UINT32_MAX;
    active->acked_out = NULL;
    active->missing_count = 0;
    active->may_repeat = !(call && call->flags & PODLINK_NO_REPEAT);
    take_acks(active, call);
    podlink_status status = check_acks(active, err);
    if (status == PODLINK_OK)
        status = pl_call_deadline(client, call, &active->began, &active->deadline, err);
    if (status != PODLINK_OK)
        return status;
    if (!pl_epoch_enter(&client->deployment.nodes.epoch, &active->epoch_number))
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    return PODLINK_OK;
}

void pl_call_finish(pl_call *call)
{
    if (call->shared)
        pl_pool_leave(call->shared);
    if (call->acked_out)
        *call->acked_out = call->acked == UINT32_MAX ? 0 : call->acked;
    pl_epoch_leave(&call->client->deployment.nodes.epoch, call->epoch_number);
}

/* --- retries ----------------------------------------------------------------------------------------------------- */

/* Whether the failure ends by itself or by discovery while the deployment changes. Then the call retries until its
 * deadline, however often. */
static bool is_transient(const pl_call *call, const pl_request *request)
{
    const pl_topology *topology = call->client->deployment.topology;
    if (!topology->is_transient || call->client->env.config.retries == 0 || call->deadline == PL_NEVER)
        return false;
    if (request->is_users_script && request->reason == PODLINK_EREDIRECT)
        return false;
    return topology->is_transient(call->node, request->reason, request->failure->server);
}

/* Whether a retry may succeed. Credentials, permissions and memory do not recover within a call. */
static bool is_worth_a_retry(podlink_status reason)
{
    switch (reason) {
    case PODLINK_ERESOLVE:
    case PODLINK_ECONNECT:
    case PODLINK_ECONNLOST:
    case PODLINK_ETIMEDOUT:
    case PODLINK_EPROTOCOL:
    case PODLINK_ELOADING:
    case PODLINK_EMASTERDOWN:
    case PODLINK_ECLUSTERDOWN:
    case PODLINK_ETRYAGAIN:
    case PODLINK_EBUSY:
        return true;
    default:
        return false;
    }
}

/* Sleeps before the next attempt. False if the deadline comes first. */
static bool back_off(const pl_call *call, uint32_t attempt, podlink_status reason, int64_t longest_ms)
{
    int64_t now = pl_clock_now(&call->client->env.clock);
    int64_t left = pl_until(call->deadline, now);
    if (left == 0)
        return false;
    if (attempt == 0 && reason == PODLINK_ECONNLOST)
        return true; /* an idle connection was closed: retry at once */
    const int64_t pause = pl_backoff_retry(attempt, longest_ms, now);
    if (pause >= left)
        return false;
    pl_thread_sleep(pause);
    return true;
}

typedef struct progress {
    uint32_t attempts;        /* that have failed */
    uint32_t protocol_errors; /* of them by EPROTOCOL */
    uint32_t redirects; /* followed since then: a command for a slot that is being moved meets one in each attempt */
} progress;

/* After an attempt that has left commands pending: whether to retry. Before it returns true it has slept, and has run a
 * discovery if the deployment may have changed. */
static bool tries_again(pl_call *call, const pl_request *request, progress *so_far)
{
    podlink_client *client = call->client;
    const podlink_status reason = request->reason;
    const bool moves = is_transient(call, request);
    /* A reply that is not RESP will not be RESP on the next connection either, and ends the calls of others there. */
    if (reason == PODLINK_EPROTOCOL && so_far->protocol_errors++ > 0)
        return false;
    if (!moves && (so_far->attempts >= client->env.config.retries || !is_worth_a_retry(reason)))
        return false;
    if (moves)
        pl_discover_soon(&client->deployment, call->deadline);
    if (!back_off(call, so_far->attempts, reason, moves ? PL_BACKOFF_TRANSIENT_MS : PL_BACKOFF_RETRY_MS))
        return false;
    pl_count_shared(&client->env.counters.retries, 1);
    return true;
}

/* --- redirects --------------------------------------------------------------------------------------------------- */

/* A script of the user's can return the text of a redirect itself, after it has run. So it never goes back to a node
 * that has redirected it, and goes on only where the other nodes say so, too. */
static bool is_true(pl_call *call, const pl_request *request)
{
    pl_deployment *deployment = &call->client->deployment;
    const uint16_t slot = request->ops->slot ? request->ops->slot(request, 0) : PL_SLOT_ANY;
    if (!deployment->topology->confirms(deployment, call->node, slot, request->failure->server, call->deadline))
        return false;
    const pl_node *before = call->redirected_by;
    call->redirected_by = call->node;
    return !before || !pl_redirect_names(request->failure->server, &call->node->address, &before->address);
}

/* Follows a redirect. False if it cannot be followed.
 * @param followed  how many before */
static bool is_redirected(pl_call *call, const pl_request *request, uint32_t followed)
{
    pl_deployment *deployment = &call->client->deployment;
    if (!deployment->topology->redirect || request->reason != PODLINK_EREDIRECT || followed >= REDIRECTS_MAX)
        return false;
    if (request->is_users_script && !is_true(call, request))
        return false;
    const pl_redirect_action action =
        deployment->topology->redirect(deployment, call->node, request->failure->server, call->deadline, &call->asked);
    if (action == PL_REDIRECT_IGNORED)
        return false;
    return followed < REDIRECTS_FAST || back_off(call, 0, PODLINK_ECLUSTERDOWN, PL_BACKOFF_TRANSIENT_MS);
}

/* --- attempts ---------------------------------------------------------------------------------------------------- */

static bool is_done(const pl_request *request)
{
    return pl_request_is_complete(request) || request->is_script_missing;
}

/* The first attempt of a request that only reads may go to a replica. Whatever keeps a replica from answering, the
 * master can answer. */
static bool goes_to_replica(const pl_call *call, const pl_request *request, const progress *so_far)
{
    return so_far->attempts == 0 && so_far->redirects == 0 && request->reads_only &&
           call->client->env.config.read_from == PODLINK_READ_REPLICA;
}

/* Runs the commands on the slot of the first pending one, one by one: each follows its redirects, and the view learns
 * the slot. False if that did not complete all of them. */
static bool run_slot_alone(pl_call *call, pl_request *parent)
{
    uint16_t slot = PL_SLOT_ANY;
    for (uint32_t i = 0; i < parent->count; i++) {
        if (parent->states[i] == PL_COMPLETED)
            continue;
        const uint16_t own = parent->ops->slot(parent, i);
        if (slot == PL_SLOT_ANY)
            slot = own;
        if (own != slot)
            continue;
        pl_shard shard;
        uint8_t state;
        pl_shard_init(&shard, parent, &i, 1, &state, NULL);
        pl_call_run_attempts(call, &shard.request);
        pl_shard_merge(&shard);
        if (!pl_request_is_complete(&shard.request))
            return false;
    }
    return true;
}

/* After an attempt that has left commands pending: whether to make another one. Before it returns true it has followed
 * a redirect or slept. */
static bool goes_on(pl_call *call, pl_request *request, bool is_scattered, progress *so_far)
{
    if (is_scattered ? request->reason == PODLINK_EREDIRECT && run_slot_alone(call, request)
                     : is_redirected(call, request, so_far->redirects)) {
        so_far->redirects++;
        return !is_done(request);
    }
    if (is_done(request) || !tries_again(call, request, so_far))
        return false;
    so_far->attempts++;
    so_far->redirects = 0;
    return true;
}

void pl_call_run_attempts(pl_call *call, pl_request *request)
{
    const bool is_scattered = request->count > 1 && request->ops->slot && call->client->deployment.topology->has_slots;
    progress so_far = {0};
    pl_node *node;
    request->repeatable &= call->may_repeat;
    request->is_once = !call->may_repeat;
    request->began_at = call->began;
    request->failure = &call->failure;
    call->missing_count = 0;
    do {
        const bool of_replicas = goes_to_replica(call, request, &so_far);
        if (is_scattered)
            pl_attempt_scatter(call, request, of_replicas);
        else if (call->asked)
            pl_attempt_asking(call, request);
        else if ((node = pl_attempt_route(call, request, of_replicas)))
            pl_attempt_on(call, node, request);
    } while (!is_done(request) && goes_on(call, request, is_scattered, &so_far));
}

void pl_call_run_attempts_on(pl_call *call, pl_node *node, pl_request *request)
{
    const uint32_t acks = call->acks;
    request->repeatable &= call->may_repeat;
    request->began_at = call->began;
    call->missing_count = 0;
    call->acks = 0; /* acks are for the commands of the user */
    for (progress so_far = {0};; so_far.attempts++) {
        pl_attempt_on(call, node, request);
        if (is_done(request) || pl_node_is_retired(node) || !tries_again(call, request, &so_far))
            break;
    }
    call->acks = acks;
}

static void give_up(podlink_client *client, pl_request *request)
{
    uint32_t completed[3] = {0};
    pl_request_give_up(request, completed);
    pl_count_shared(&client->env.counters.not_sent, completed[PODLINK_NOT_SENT]);
    pl_count_shared(&client->env.counters.answered, completed[PODLINK_ANSWERED]);
    pl_count_shared(&client->env.counters.unknown, completed[PODLINK_UNKNOWN]);
}

podlink_status pl_call_conclude(pl_call *call, pl_request *request)
{
    podlink_client *client = call->client;
    if (!pl_request_is_complete(request))
        give_up(client, request);
    if (request->status == PODLINK_ETIMEDOUT)
        pl_count_shared(&client->env.counters.timeouts, 1);
    pl_trace_report(client, call->node, request, call->began);
    return request->status;
}

podlink_status pl_call_run(podlink_client *client, pl_request *request, const podlink_call *call, podlink_error *err)
{
    pl_call active;
    podlink_status status = pl_call_begin(&active, client, call, err);
    if (status != PODLINK_OK)
        return status;
    pl_call_run_attempts(&active, request);
    status = pl_call_conclude(&active, request);
    pl_call_finish(&active);
    return status;
}
