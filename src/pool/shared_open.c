/* SPDX-License-Identifier: MIT */
/* The life of a shared connection's connection. */
#include "pool/shared_open.h"

#include "base/error.h"
#include "pool/dial.h"
#include "pool/shared_wait.h"

#include <assert.h>

bool pl_shared_conn_has_leader(const pl_shared_conn *shared)
{
    return shared->is_reading || shared->is_polling || shared->is_writing || shared->is_coalescing;
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

void pl_shared_conn_close_if_unused(pl_shared_conn *shared)
{
    if (shared->state != PL_SHARED_CONN_CLOSING || pl_shared_conn_has_leader(shared))
        return;
    const podlink_error fault = shared->fault;
    pl_stream_close(&shared->stream);
    pl_conn_fini(&shared->conn);
    shared->state = PL_SHARED_CONN_CLOSED;
    pl_shared_conn_wake_waiting(shared);
    pthread_mutex_unlock(&shared->lock);
    log_loss(shared->server, &fault);
    pthread_mutex_lock(&shared->lock);
}

bool pl_shared_conn_is_idle(const pl_shared_conn *shared)
{
    return pl_inflight_length(&shared->conn.inflight) == 0 && !pl_shared_conn_has_leader(shared);
}

void pl_shared_conn_clean_up(pl_shared_conn *shared)
{
    if (shared->state == PL_SHARED_CONN_OPEN && shared->conn.is_dead) {
        shared->state = PL_SHARED_CONN_CLOSING;
        shared->fault = shared->conn.fault;
        pl_count(&shared->counters.lost, 1);
        pl_stream_shutdown(&shared->stream);
    }
}

void pl_shared_conn_fail(pl_shared_conn *shared, podlink_status status, const char *why)
{
    pl_conn_fail(&shared->conn, status, why);
    pl_shared_conn_clean_up(shared);
}

void pl_shared_conn_fail_by_system(pl_shared_conn *shared, int error_number)
{
    char words[256];
    podlink_status status = pl_stream_failure(&shared->stream, error_number, words, sizeof words);
    pl_shared_conn_fail(shared, status, words);
}

/* A server that refuses is left alone for a while, the longer the more often it has refused. */
static void note_dial(pl_shared_conn *shared, int64_t now)
{
    shared->used_at = shared->heard_at = now;
    shared->timeouts = 0;
    if (shared->dial_fault.status == PODLINK_OK) {
        shared->dial_failures = 0;
        return;
    }
    pl_count(&shared->counters.dial_failures, 1);
    shared->dial_not_before = now + pl_redial_pause(shared->dial_failures);
    shared->dial_failures++;
    atomic_store_explicit(&shared->avoid_until, shared->dial_not_before, memory_order_relaxed);
}

/* One dial for all who wait for it. */
static void dial(pl_shared_conn *shared, int64_t deadline)
{
    assert(shared->state == PL_SHARED_CONN_CLOSED);
    shared->state = PL_SHARED_CONN_DIALLING;
    shared->dialled++;
    pl_count(&shared->counters.dials, 1);
    int64_t began = pl_clock_now(shared->server->clock);
    pthread_mutex_unlock(&shared->lock);
    podlink_error fault;
    pl_error_clear(&fault);
    pl_stream stream = pl_dial(&shared->conn, shared->server, &shared->counters.conn, deadline, &fault);
    pthread_mutex_lock(&shared->lock);
    /* Who had to give up by his own deadline has learnt nothing of the server: the others try for themselves. */
    int64_t now = pl_clock_now(shared->server->clock);
    bool gave_up = pl_dial_gave_up(shared->server, &fault, began, deadline, now);
    shared->stream = stream;
    shared->accepted_at = began;
    shared->state = pl_stream_is_open(&stream) ? PL_SHARED_CONN_OPEN : PL_SHARED_CONN_CLOSED;
    if (gave_up) {
        pl_count(&shared->counters.dial_failures, 1);
        pl_error_clear(&shared->dial_fault);
    } else {
        shared->dial_fault = fault;
        note_dial(shared, now);
    }
    if (shared->state == PL_SHARED_CONN_OPEN && shared->server->on_connect)
        shared->server->on_connect(shared->server->on_connect_context, &shared->conn);
    pl_shared_conn_wake_waiting(shared);
}

void pl_shared_conn_check_idle(pl_shared_conn *shared)
{
    shared->is_reading = true;
    pthread_mutex_unlock(&shared->lock);
    pl_io_result result = pl_stream_peek(&shared->stream);
    pthread_mutex_lock(&shared->lock);
    shared->is_reading = false;
    if (result == PL_IO_AGAIN || pl_inflight_length(&shared->conn.inflight) > 0 || shared->conn.is_dead)
        return; /* or somebody has asked meanwhile, and will see */
    pl_count(&shared->counters.stale, 1);
    if (result == PL_IO_DONE)
        pl_shared_conn_fail(shared, PODLINK_EPROTOCOL, "bytes that nobody asked for");
    else
        pl_shared_conn_fail(shared, PODLINK_ECONNLOST, "closed by the server while idle");
}

void pl_shared_conn_set_timed_out(const pl_shared_conn *shared, pl_request *request)
{
    podlink_error fault;
    pl_error_set(&fault, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "%s on %s: no connection before the deadline",
                 request->name, shared->server->address->text);
    pl_request_not_sent(request, &fault);
}

/* A server that is no longer ours gets no more connections. */
static bool is_given_up(pl_shared_conn *shared)
{
    const pl_cancel *cancel = &shared->server->incarnation->cancel;
    if (!pl_cancel_is_set(cancel))
        return false;
    pl_error_set(&shared->dial_fault, cancel->status, PODLINK_NOT_SENT, "%s: %s", shared->server->address->text,
                 cancel->why);
    return true;
}

static bool wait_for_connection(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline)
{
    while (shared->state != PL_SHARED_CONN_OPEN) {
        bool waits_for_dial = shared->state == PL_SHARED_CONN_DIALLING;
        if (shared->state == PL_SHARED_CONN_CLOSED) {
            waits_for_dial = true;
            if (!is_given_up(shared) && now >= shared->dial_not_before)
                dial(shared, deadline);
        } else if (pl_shared_conn_add_waiting(shared, request, deadline) == PL_GIVE_UP) {
            pl_shared_conn_set_timed_out(shared, request);
            return false;
        }
        if (waits_for_dial && shared->state == PL_SHARED_CONN_CLOSED && shared->dial_fault.status != PODLINK_OK) {
            pl_request_not_sent(request, &shared->dial_fault);
            return false;
        }
        now = pl_clock_now(shared->server->clock);
        if (shared->state != PL_SHARED_CONN_OPEN && pl_until(deadline, now) == 0) {
            pl_shared_conn_set_timed_out(shared, request);
            return false;
        }
    }
    return true;
}

bool pl_shared_conn_open(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline)
{
    if (shared->state == PL_SHARED_CONN_OPEN && pl_shared_conn_is_idle(shared)) {
        pl_shared_conn_check_idle(shared);
        pl_shared_conn_close_if_unused(shared);
    }
    if (shared->state == PL_SHARED_CONN_OPEN) {
        request->queued_at = now;
        return true;
    }
    bool is_open = wait_for_connection(shared, request, now, deadline);
    request->queued_at = pl_clock_now(shared->server->clock);
    pl_count(&shared->counters.waits, 1);
    pl_count(&shared->counters.wait_ns, (uint64_t)(request->queued_at - now));
    return is_open;
}
