/* One caller's commands and what comes of each. */
#include "conn/exchange.h"

#include "base/error.h"
#include "base/mutant.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void pl_exchange_init(pl_exchange *exchange, const pl_exchange_ops *ops, const char *name, bool repeatable,
                      podlink_error *err)
{
    exchange->ops = ops;
    exchange->name = name;
    exchange->repeatable = repeatable;
    exchange->is_final = false;
    exchange->is_batch = false;
    exchange->reads_only = false;
    exchange->is_guarded = false;
    pl_error_clear(&exchange->last);
    exchange->only_mark = PL_PENDING;
    exchange->err = err;
    exchange->status = PODLINK_OK;
    exchange->delivery = PODLINK_NOT_SENT;
    exchange->reason = PODLINK_OK;
    exchange->inflight = 0;
    exchange->wake_at = 0;
    exchange->began_at = exchange->queued_at = exchange->sent_at = exchange->answered_at = 0;
    exchange->waiting = false;
    exchange->finished = false;
    pl_exchange_many(exchange, 1, &exchange->only_mark);
    pl_error_clear(err);
}

void pl_exchange_many(pl_exchange *exchange, uint32_t count, uint8_t *marks)
{
    exchange->count = count;
    exchange->marks = marks;
    exchange->items = NULL;
    exchange->follows = NULL;
    exchange->unsettled = count;
    exchange->failed = 0;
    exchange->err_index = count;
    pl_exchange_rewind(exchange);
}

void pl_exchange_rewind(pl_exchange *exchange)
{
    assert(exchange->inflight == 0);
    exchange->next = 0;
    exchange->lacks_script = false;
    exchange->reason = PODLINK_OK;
    exchange->sent_at = exchange->answered_at = 0; /* of this pass */
}

/* Replies come in order: those in flight behind the one that is waited for. */
static uint32_t in_flight_behind(const pl_exchange *exchange, uint32_t awaited)
{
    uint32_t behind = exchange->next - 1 - awaited;
    return behind < exchange->inflight ? behind : exchange->inflight - 1;
}

uint32_t pl_exchange_next(pl_exchange *exchange, uint32_t window)
{
    while (exchange->next < exchange->count && exchange->marks[exchange->next] == PL_SETTLED)
        exchange->next++;
    const uint32_t next = exchange->next;
    exchange->wake_at = 0;
    if (next == exchange->count)
        return exchange->count;
    const uint32_t awaited = exchange->follows ? exchange->follows[next] : PL_FOLLOWS_NONE;
    if (awaited != PL_FOLLOWS_NONE && exchange->marks[awaited] != PL_SETTLED) {
        if (exchange->inflight > 0)
            exchange->wake_at = in_flight_behind(exchange, awaited);
        return exchange->count;
    }
    if (exchange->inflight >= window) {
        exchange->wake_at = window / 2;
        return exchange->count;
    }
    return next;
}

/* Whether a command with this outcome stays pending. The server has not run what it answered with one of these. */
static bool may_repeat(const pl_exchange *exchange, const pl_outcome *outcome)
{
    if (exchange->is_final)
        return false;
    switch (outcome->delivery) {
    case PODLINK_NOT_SENT:
        return outcome->status != PODLINK_ENOMEM;
    case PODLINK_UNKNOWN:
        return exchange->repeatable || PL_MUTANT_REPEATS_UNKNOWN;
    case PODLINK_ANSWERED:
        break;
    }
    switch (outcome->status) {
    case PODLINK_ELOADING:
    case PODLINK_EMASTERDOWN:
    case PODLINK_ECLUSTERDOWN:
    case PODLINK_ETRYAGAIN:
    case PODLINK_EBUSY:
    case PODLINK_ENOSCRIPT:
    case PODLINK_EREDIRECT:
    case PODLINK_EREADONLY:
        return true;
    default:
        return false;
    }
}

/* The message of a failure: what, where, why. */
static void describe(podlink_error *err, const pl_exchange *exchange, const pl_outcome *outcome)
{
    pl_error_set(err, outcome->status, outcome->delivery, " ");
    pl_error_server(err, outcome->words ? outcome->words : "", outcome->words_length);
    const char *why = outcome->words ? err->server : outcome->why;
    snprintf(err->message, sizeof err->message, "%s on %s: %s", exchange->name, outcome->server, why);
}

static void prefix_index(podlink_error *err, const pl_exchange *exchange, uint32_t i)
{
    if (exchange->is_batch)
        pl_error_prefix_item(err, exchange->items ? exchange->items[i] : i);
}

/* The result of a whole exchange is that of its first failure. */
static void note_status(pl_exchange *exchange, uint32_t i, podlink_status status, podlink_delivery delivery)
{
    exchange->marks[i] = PL_SETTLED;
    exchange->unsettled--;
    exchange->failed += status < 0;
    if (status < 0 && i < exchange->err_index) {
        exchange->err_index = i;
        exchange->status = status;
        exchange->delivery = delivery;
    } else if (exchange->count == 1) {
        exchange->status = status;
    }
}

static podlink_error *err_of(const pl_exchange *exchange, uint32_t i)
{
    return i < exchange->err_index ? exchange->err : NULL;
}

/* The command's own view of the outcome decides: it may forgive a failure, or find one in a reply. */
static void tell_err(podlink_error *err, const pl_exchange *exchange, uint32_t i, const pl_outcome *outcome,
                     podlink_status status)
{
    if (status < 0 && err)
        prefix_index(err, exchange, i);
    else if (err && outcome->status < 0)
        pl_error_clear(err);
}

static void settle(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome)
{
    podlink_error *err = err_of(exchange, i);
    if (outcome->status < 0 && err)
        describe(err, exchange, outcome);
    podlink_status status = exchange->ops->settle(exchange, i, outcome, err);
    tell_err(err, exchange, i, outcome, status);
    note_status(exchange, i, status, outcome->delivery);
}

static void leave_pending(pl_exchange *exchange, uint32_t i, const pl_outcome *outcome)
{
    exchange->reason = outcome->status;
    exchange->lacks_script |= outcome->status == PODLINK_ENOSCRIPT;
    describe(&exchange->last, exchange, outcome);
    uint8_t *mark = &exchange->marks[i];
    if (outcome->delivery == PODLINK_UNKNOWN)
        *mark = PL_PENDING_UNKNOWN;
    else if (outcome->delivery == PODLINK_ANSWERED && *mark == PL_PENDING)
        *mark = PL_PENDING_ANSWERED;
}

bool pl_exchange_tell(pl_exchange *exchange, uint32_t i, pl_outcome *outcome)
{
    assert(exchange->inflight > 0);
    exchange->inflight--;
    if (outcome->status < 0 && may_repeat(exchange, outcome)) {
        leave_pending(exchange, i, outcome);
        return false;
    }
    if (outcome->status < 0 && exchange->marks[i] == PL_PENDING_UNKNOWN)
        outcome->delivery = PODLINK_UNKNOWN; /* whatever became of it this time: it was sent before */
    settle(exchange, i, outcome);
    return true;
}

static podlink_delivery delivery_of(const pl_exchange *exchange, uint32_t i)
{
    switch ((pl_mark)exchange->marks[i]) {
    case PL_PENDING_ANSWERED:
        return PODLINK_ANSWERED;
    case PL_PENDING_UNKNOWN:
        return PODLINK_UNKNOWN;
    default:
        return PODLINK_NOT_SENT;
    }
}

void pl_exchange_give_up(pl_exchange *exchange, uint32_t settled[3])
{
    assert(exchange->inflight == 0);
    assert(exchange->unsettled == 0 || exchange->reason != PODLINK_OK);
    for (uint32_t i = 0; exchange->unsettled > 0 && i < exchange->count; i++) {
        if (exchange->marks[i] == PL_SETTLED)
            continue;
        pl_outcome outcome = {.status = exchange->reason, .delivery = delivery_of(exchange, i)};
        settled[outcome.delivery]++;
        podlink_error *err = err_of(exchange, i);
        if (err) {
            *err = exchange->last;
            err->delivery = outcome.delivery;
        }
        podlink_status status = exchange->ops->settle(exchange, i, &outcome, NULL);
        tell_err(err, exchange, i, &outcome, status);
        note_status(exchange, i, status, outcome.delivery);
    }
}

void pl_exchange_no_memory(pl_exchange *exchange, const char *server)
{
    exchange->reason = PODLINK_ENOMEM;
    pl_error_set(&exchange->last, PODLINK_ENOMEM, PODLINK_NOT_SENT, "%s on %s: out of memory", exchange->name, server);
}

void pl_exchange_not_sent(pl_exchange *exchange, const podlink_error *why)
{
    exchange->reason = why->status;
    exchange->last = *why;
}
