/* The life of a lane's connection. */
#include "pool/lane_open.h"

#include "base/error.h"
#include "pool/dial.h"
#include "pool/lane_wait.h"

#include <assert.h>

bool pl_lane_is_attended(const pl_lane *lane)
{
    return lane->is_reading || lane->is_looking || lane->is_writing || lane->is_gathering;
}

/* Without the lock. */
static void log_loss(const pl_server *server, const podlink_error *fault)
{
    const podlink_log_record record = {.level = PODLINK_LOG_WARN,
                                       .status = fault->status,
                                       .event = "connection_lost",
                                       .server = server->address->text,
                                       .duration_ns = -1};
    pl_log_write(server->log, record, "connection lost: %s", fault->message);
}

void pl_lane_close_if_unused(pl_lane *lane)
{
    if (lane->state != PL_LANE_CLOSING || pl_lane_is_attended(lane))
        return;
    const podlink_error fault = lane->fault;
    pl_stream_close(&lane->stream);
    pl_conn_fini(&lane->conn);
    lane->state = PL_LANE_CLOSED;
    pl_lane_tell_parked(lane);
    pthread_mutex_unlock(&lane->lock);
    log_loss(lane->server, &fault);
    pthread_mutex_lock(&lane->lock);
}

bool pl_lane_is_idle(const pl_lane *lane)
{
    return pl_line_length(&lane->conn.line) == 0 && !pl_lane_is_attended(lane);
}

void pl_lane_look_after_death(pl_lane *lane)
{
    if (lane->state == PL_LANE_OPEN && lane->conn.is_dead) {
        lane->state = PL_LANE_CLOSING;
        lane->fault = lane->conn.fault;
        pl_count(&lane->counters.lost, 1);
        pl_stream_shutdown(&lane->stream);
    }
}

void pl_lane_fail(pl_lane *lane, podlink_status status, const char *why)
{
    pl_conn_fail(&lane->conn, status, why);
    pl_lane_look_after_death(lane);
}

void pl_lane_fail_by_system(pl_lane *lane, int error_number)
{
    char words[256];
    podlink_status status = pl_stream_failure(&lane->stream, error_number, words, sizeof words);
    pl_lane_fail(lane, status, words);
}

/* A server that refuses is left alone for a while, the longer the more often it has refused. */
static void note_dial(pl_lane *lane, int64_t now)
{
    lane->used_at = lane->heard_at = now;
    lane->timeouts = 0;
    if (lane->dial_fault.status == PODLINK_OK) {
        lane->dial_failures = 0;
        return;
    }
    pl_count(&lane->counters.dial_failures, 1);
    lane->dial_not_before = now + pl_redial_pause(lane->dial_failures);
    lane->dial_failures++;
    atomic_store_explicit(&lane->avoid_until, lane->dial_not_before, memory_order_relaxed);
}

/* One dial for all who wait for it. */
static void dial(pl_lane *lane, int64_t deadline)
{
    assert(lane->state == PL_LANE_CLOSED);
    lane->state = PL_LANE_DIALLING;
    lane->dialled++;
    pl_count(&lane->counters.dials, 1);
    int64_t began = pl_clock_now(lane->server->clock);
    pthread_mutex_unlock(&lane->lock);
    podlink_error fault;
    pl_error_clear(&fault);
    pl_stream stream = pl_dial(&lane->conn, lane->server, &lane->counters.conn, deadline, &fault);
    pthread_mutex_lock(&lane->lock);
    /* Who had to give up by his own deadline has learnt nothing of the server: the others try for themselves. */
    int64_t now = pl_clock_now(lane->server->clock);
    bool gave_up = pl_dial_gave_up(lane->server, &fault, began, deadline, now);
    lane->stream = stream;
    lane->accepted_at = began;
    lane->state = pl_stream_is_open(&stream) ? PL_LANE_OPEN : PL_LANE_CLOSED;
    if (gave_up) {
        pl_count(&lane->counters.dial_failures, 1);
        pl_error_clear(&lane->dial_fault);
    } else {
        lane->dial_fault = fault;
        note_dial(lane, now);
    }
    if (lane->state == PL_LANE_OPEN && lane->server->prelude)
        lane->server->prelude(lane->server->prelude_context, &lane->conn);
    pl_lane_tell_parked(lane);
}

void pl_lane_check_idle(pl_lane *lane)
{
    lane->is_reading = true;
    pthread_mutex_unlock(&lane->lock);
    pl_io_result result = pl_stream_peek(&lane->stream);
    pthread_mutex_lock(&lane->lock);
    lane->is_reading = false;
    if (result == PL_IO_AGAIN || pl_line_length(&lane->conn.line) > 0 || lane->conn.is_dead)
        return; /* or somebody has asked meanwhile, and will see */
    pl_count(&lane->counters.stale, 1);
    if (result == PL_IO_DONE)
        pl_lane_fail(lane, PODLINK_EPROTOCOL, "bytes that nobody asked for");
    else
        pl_lane_fail(lane, PODLINK_ECONNLOST, "closed by the server while idle");
}

void pl_lane_set_timed_out(const pl_lane *lane, pl_exchange *exchange)
{
    podlink_error fault;
    pl_error_set(&fault, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "%s on %s: no connection before the deadline",
                 exchange->name, lane->server->address->text);
    pl_exchange_not_sent(exchange, &fault);
}

/* A server that is no longer ours gets no more connections. */
static bool is_given_up(pl_lane *lane)
{
    const pl_cancel *cancel = &lane->server->runs->cancel;
    if (!pl_cancel_is_set(cancel))
        return false;
    pl_error_set(&lane->dial_fault, cancel->status, PODLINK_NOT_SENT, "%s: %s", lane->server->address->text,
                 cancel->why);
    return true;
}

static bool wait_for_connection(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    while (lane->state != PL_LANE_OPEN) {
        bool waits_for_dial = lane->state == PL_LANE_DIALLING;
        if (lane->state == PL_LANE_CLOSED) {
            waits_for_dial = true;
            if (!is_given_up(lane) && now >= lane->dial_not_before)
                dial(lane, deadline);
        } else if (pl_lane_park(lane, exchange, deadline) == PL_GIVE_UP) {
            pl_lane_set_timed_out(lane, exchange);
            return false;
        }
        if (waits_for_dial && lane->state == PL_LANE_CLOSED && lane->dial_fault.status != PODLINK_OK) {
            pl_exchange_not_sent(exchange, &lane->dial_fault);
            return false;
        }
        now = pl_clock_now(lane->server->clock);
        if (lane->state != PL_LANE_OPEN && pl_until(deadline, now) == 0) {
            pl_lane_set_timed_out(lane, exchange);
            return false;
        }
    }
    return true;
}

bool pl_lane_open(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    if (lane->state == PL_LANE_OPEN && pl_lane_is_idle(lane)) {
        pl_lane_check_idle(lane);
        pl_lane_close_if_unused(lane);
    }
    if (lane->state == PL_LANE_OPEN) {
        exchange->queued_at = now;
        return true;
    }
    bool is_open = wait_for_connection(lane, exchange, now, deadline);
    exchange->queued_at = pl_clock_now(lane->server->clock);
    pl_count(&lane->counters.waits, 1);
    pl_count(&lane->counters.wait_ns, (uint64_t)(exchange->queued_at - now));
    return is_open;
}
