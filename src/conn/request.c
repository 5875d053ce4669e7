/* SPDX-License-Identifier: MIT */
/* The commands of one caller and their outcomes. */
#include "conn/request.h"

#include "base/error.h"
#include "base/mutant.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void pl_request_init(pl_request *request, const pl_request_ops *ops, const char *name, bool repeatable,
                     podlink_error *err)
{
    request->ops = ops;
    request->name = name;
    request->repeatable = repeatable;
    request->is_final = false;
    request->is_batch = false;
    request->reads_only = false;
    request->is_secret = false;
    request->is_fenced = false;
    request->is_users_script = false;
    request->is_once = false;
    request->failure = NULL;
    request->only_state = PL_PENDING;
    request->err = err;
    request->status = PODLINK_OK;
    request->delivery = PODLINK_NOT_SENT;
    request->reason = PODLINK_OK;
    request->inflight = 0;
    request->wake_at = 0;
    request->began_at = request->queued_at = request->sent_at = request->answered_at = 0;
    request->caller = NULL;
    request->finished = false;
    pl_request_set_count(request, 1, &request->only_state);
    pl_error_clear(err);
}

void pl_request_set_count(pl_request *request, uint32_t count, uint8_t *states)
{
    request->count = count;
    request->states = states;
    request->items = NULL;
    request->follows = NULL;
    request->incomplete = count;
    request->failed = 0;
    request->err_index = count;
    pl_request_rewind(request);
}

void pl_request_rewind(pl_request *request)
{
    assert(request->inflight == 0);
    request->next = 0;
    request->is_script_missing = false;
    request->reason = PODLINK_OK;
    request->sent_at = request->answered_at = 0; /* of this attempt */
}

/* How many commands are in flight behind the awaited one: replies come in order. */
static uint32_t in_flight_behind(const pl_request *request, uint32_t awaited)
{
    uint32_t behind = request->next - 1 - awaited;
    return behind < request->inflight ? behind : request->inflight - 1;
}

uint32_t pl_request_next(pl_request *request, uint32_t window)
{
    while (request->next < request->count && request->states[request->next] == PL_COMPLETED)
        request->next++;
    const uint32_t next = request->next;
    request->wake_at = 0;
    if (next == request->count)
        return request->count;
    const uint32_t awaited = request->follows ? request->follows[next] : PL_FOLLOWS_NONE;
    if (awaited != PL_FOLLOWS_NONE && request->states[awaited] != PL_COMPLETED) {
        if (request->inflight > 0)
            request->wake_at = in_flight_behind(request, awaited);
        return request->count;
    }
    if (request->inflight >= window) {
        request->wake_at = window / 2;
        return request->count;
    }
    return next;
}

/* Whether a command with this outcome stays pending. A command that was answered with one of these errors has not run.
 */
static bool may_repeat(const pl_request *request, const pl_outcome *outcome)
{
    if (request->is_final)
        return false;
    switch (outcome->delivery) {
    case PODLINK_NOT_SENT:
        return outcome->status != PODLINK_ENOMEM;
    case PODLINK_UNKNOWN:
        return request->repeatable || PL_MUTANT_REPEATS_UNKNOWN;
    case PODLINK_ANSWERED:
        break;
    }
    switch (outcome->status) {
    case PODLINK_ENOSCRIPT:
    case PODLINK_EREDIRECT:
        return true;
    case PODLINK_ELOADING:
    case PODLINK_EMASTERDOWN:
    case PODLINK_ECLUSTERDOWN:
    case PODLINK_ETRYAGAIN:
    case PODLINK_EBUSY:
    case PODLINK_EREADONLY:
        return !request->is_once;
    default:
        return false;
    }
}

/* Writes the message of a failure: operation, server, reason. */
static void describe(podlink_error *err, const pl_request *request, const pl_outcome *outcome)
{
    pl_error_set(err, outcome->status, outcome->delivery, " ");
    pl_error_server(err, outcome->words ? outcome->words : "", outcome->words_length);
    const char *why = outcome->words ? err->server : outcome->why;
    snprintf(err->message, sizeof err->message, "%s on %s: %s", request->name, outcome->server, why);
}

static void prefix_index(podlink_error *err, const pl_request *request, uint32_t i)
{
    if (request->is_batch)
        pl_error_prefix_item(err, request->items ? request->items[i] : i);
}

/* The result of a request is that of the failed command with the lowest index. */
static void note_status(pl_request *request, uint32_t i, podlink_status status, podlink_delivery delivery)
{
    request->states[i] = PL_COMPLETED;
    request->incomplete--;
    request->failed += status < 0;
    if (status < 0 && i < request->err_index) {
        request->err_index = i;
        request->status = status;
        request->delivery = delivery;
    } else if (request->count == 1) {
        request->status = status;
    }
}

static podlink_error *err_of(const pl_request *request, uint32_t i)
{
    return i < request->err_index ? request->err : NULL;
}

/* The operation decides about the outcome: it can accept a failure, or find one in a reply. */
static void adjust_err(podlink_error *err, const pl_request *request, uint32_t i, const pl_outcome *outcome,
                       podlink_status status)
{
    if (status < 0 && err)
        prefix_index(err, request, i);
    else if (err && outcome->status < 0)
        pl_error_clear(err);
}

static void complete(pl_request *request, uint32_t i, const pl_outcome *outcome)
{
    podlink_error *err = err_of(request, i);
    if (outcome->status < 0 && err)
        describe(err, request, outcome);
    podlink_status status = request->ops->complete(request, i, outcome, err);
    adjust_err(err, request, i, outcome, status);
    note_status(request, i, status, outcome->delivery);
}

static void leave_pending(pl_request *request, uint32_t i, const pl_outcome *outcome)
{
    request->reason = outcome->status;
    request->is_script_missing |= outcome->status == PODLINK_ENOSCRIPT;
    if (request->failure)
        describe(request->failure, request, outcome);
    uint8_t *state = &request->states[i];
    if (outcome->delivery == PODLINK_UNKNOWN)
        *state = PL_PENDING_UNKNOWN;
    else if (outcome->delivery == PODLINK_ANSWERED && *state == PL_PENDING)
        *state = PL_PENDING_ANSWERED;
}

bool pl_request_record(pl_request *request, uint32_t i, pl_outcome *outcome)
{
    assert(request->inflight > 0);
    request->inflight--;
    if (outcome->status < 0 && may_repeat(request, outcome)) {
        leave_pending(request, i, outcome);
        return false;
    }
    if (outcome->status < 0 && request->states[i] == PL_PENDING_UNKNOWN)
        outcome->delivery = PODLINK_UNKNOWN; /* an earlier attempt was sent, so it may have run */
    complete(request, i, outcome);
    return true;
}

static podlink_delivery delivery_of(const pl_request *request, uint32_t i)
{
    switch ((pl_command_state)request->states[i]) {
    case PL_PENDING_ANSWERED:
        return PODLINK_ANSWERED;
    case PL_PENDING_UNKNOWN:
        return PODLINK_UNKNOWN;
    default:
        return PODLINK_NOT_SENT;
    }
}

void pl_request_give_up(pl_request *request, uint32_t completed[3])
{
    assert(request->inflight == 0);
    assert(request->incomplete == 0 || (request->reason != PODLINK_OK && request->failure));
    for (uint32_t i = 0; request->incomplete > 0 && i < request->count; i++) {
        if (request->states[i] == PL_COMPLETED)
            continue;
        pl_outcome outcome = {.status = request->reason, .delivery = delivery_of(request, i)};
        completed[outcome.delivery]++;
        podlink_error *err = err_of(request, i);
        if (err) {
            *err = *request->failure;
            err->delivery = outcome.delivery;
        }
        podlink_status status = request->ops->complete(request, i, &outcome, NULL);
        adjust_err(err, request, i, &outcome, status);
        note_status(request, i, status, outcome.delivery);
    }
}

void pl_request_no_memory(pl_request *request, const char *server)
{
    request->reason = PODLINK_ENOMEM;
    pl_error_set(request->failure, PODLINK_ENOMEM, PODLINK_NOT_SENT, "%s on %s: out of memory", request->name, server);
}

void pl_request_not_sent(pl_request *request, const podlink_error *why)
{
    request->reason = why->status;
    *request->failure = *why;
}
