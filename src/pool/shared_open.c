/* SPDX-License-Identifier: MIT */
/* The states of a shared connection. */
#include "pool/shared_open.h"

#include "base/error.h"
#include "pool/dial.h"
#include "pool/shared_wait.h"
#include "sync/backoff.h"

#include <assert.h>

/* --- states --------------------------------------------------------------------------------------------------- */

enum { STATES = PL_SHARED_CONN_CLOSING + 1 };

static const bool is_transition[STATES][STATES] = {
    /* a caller needs the connection, and dials for all */
    [PL_SHARED_CONN_CLOSED] = {[PL_SHARED_CONN_DIALLING] = true},
    /* the dial has succeeded, or failed */
    [PL_SHARED_CONN_DIALLING] = {[PL_SHARED_CONN_OPEN] = true, [PL_SHARED_CONN_CLOSED] = true},
    /* the connection is dead */
    [PL_SHARED_CONN_OPEN] = {[PL_SHARED_CONN_CLOSING] = true},
    /* the last thread has returned from its system call on the descriptor */
    [PL_SHARED_CONN_CLOSING] = {[PL_SHARED_CONN_CLOSED] = true},
};

static void set_state(pl_shared_conn *conn, pl_shared_conn_state state)
{
    assert(is_transition[conn->state][state]);
    conn->state = state;
}

/* --- the end -------------------------------------------------------------------------------------------------- */

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

void pl_shared_conn_begin_close(pl_shared_conn *conn)
{
    if (conn->state != PL_SHARED_CONN_OPEN || !conn->protocol.is_dead)
        return;
    set_state(conn, PL_SHARED_CONN_CLOSING);
    conn->fault = conn->protocol.fault;
    pl_count(&conn->counters.lost, 1);
    pl_stream_shutdown(&conn->stream);
}

void pl_shared_conn_end_close(pl_shared_conn *conn)
{
    if (conn->state != PL_SHARED_CONN_CLOSING || pl_shared_conn_has_leader(conn))
        return;
    const podlink_error fault = conn->fault;
    pl_stream_close(&conn->stream);
    pl_conn_fini(&conn->protocol);
    set_state(conn, PL_SHARED_CONN_CLOSED);
    pl_shared_conn_wake_followers(conn);
    pthread_mutex_unlock(&conn->lock);
    log_loss(conn->server, &fault);
    pthread_mutex_lock(&conn->lock);
}

void pl_shared_conn_fail(pl_shared_conn *conn, podlink_status status, const char *why)
{
    pl_conn_fail(&conn->protocol, status, why);
    pl_shared_conn_begin_close(conn);
}

void pl_shared_conn_fail_by_system(pl_shared_conn *conn, int error_number)
{
    char words[256];
    podlink_status status = pl_stream_failure(&conn->stream, error_number, words, sizeof words);
    pl_shared_conn_fail(conn, status, words);
}

/* --- dialling ------------------------------------------------------------------------------------------------- */

/* After a failure nobody dials for a while: exponential backoff. */
static void note_dial(pl_shared_conn *conn, const podlink_error *fault, int64_t now)
{
    pl_dials *dials = &conn->dials;
    dials->fault = *fault;
    conn->alive = (pl_liveness){.used_at = now, .heard_at = now};
    if (fault->status == PODLINK_OK) {
        dials->failures = 0;
        return;
    }
    pl_count(&conn->counters.dial_failures, 1);
    dials->not_before = now + pl_backoff_redial(dials->failures);
    dials->failures++;
    atomic_store_explicit(&conn->avoid_until, dials->not_before, memory_order_relaxed);
}

/* One dial for all callers that wait for it. */
static void dial(pl_shared_conn *conn, int64_t deadline)
{
    const pl_server *server = conn->server;
    set_state(conn, PL_SHARED_CONN_DIALLING);
    conn->dials.number++;
    pl_count(&conn->counters.dials, 1);
    int64_t began = pl_clock_now(server->clock);
    pthread_mutex_unlock(&conn->lock);
    podlink_error fault;
    pl_error_clear(&fault);
    pl_stream stream = pl_dial(&conn->protocol, server, &conn->counters.protocol, deadline, &fault);
    pthread_mutex_lock(&conn->lock);
    int64_t now = pl_clock_now(server->clock);
    conn->stream = stream;
    conn->auth.accepted_at = began;
    set_state(conn, pl_stream_is_open(&stream) ? PL_SHARED_CONN_OPEN : PL_SHARED_CONN_CLOSED);
    if (pl_dial_gave_up(server, &fault, began, deadline, now)) {
        pl_count(&conn->counters.dial_failures, 1);
        pl_error_clear(&conn->dials.fault); /* the others try for themselves */
    } else {
        note_dial(conn, &fault, now);
    }
    if (conn->state == PL_SHARED_CONN_OPEN && server->on_connect)
        server->on_connect(server->on_connect_context, &conn->protocol);
    pl_shared_conn_wake_followers(conn);
}

void pl_shared_conn_set_timed_out(const pl_shared_conn *conn, pl_request *request)
{
    podlink_error fault;
    pl_error_set(&fault, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "%s on %s: no connection before the deadline",
                 request->name, conn->server->address->text);
    pl_request_not_sent(request, &fault);
}

/* A server that is not used any more gets no more connections. */
static bool is_cancelled(pl_shared_conn *conn)
{
    const pl_cancel *cancel = &conn->server->incarnation->cancel;
    if (!pl_cancel_is_set(cancel))
        return false;
    pl_error_set(&conn->dials.fault, cancel->status, PODLINK_NOT_SENT, "%s: %s", conn->server->address->text,
                 cancel->why);
    return true;
}

/* Dials, or waits for the caller that dials, or for the end of the connection before. */
static bool wait_until_open(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline)
{
    while (conn->state != PL_SHARED_CONN_OPEN) {
        bool waits_for_dial = conn->state == PL_SHARED_CONN_DIALLING;
        if (conn->state == PL_SHARED_CONN_CLOSED) {
            waits_for_dial = true;
            if (!is_cancelled(conn) && now >= conn->dials.not_before)
                dial(conn, deadline);
        } else if (pl_shared_conn_wait_for_state(conn, caller, deadline) == PL_STEP_TIMED_OUT) {
            pl_shared_conn_set_timed_out(conn, caller->request);
            return false;
        }
        if (waits_for_dial && conn->state == PL_SHARED_CONN_CLOSED && conn->dials.fault.status != PODLINK_OK) {
            pl_request_not_sent(caller->request, &conn->dials.fault);
            return false;
        }
        now = pl_clock_now(conn->server->clock);
        if (conn->state != PL_SHARED_CONN_OPEN && pl_until(deadline, now) == 0) {
            pl_shared_conn_set_timed_out(conn, caller->request);
            return false;
        }
    }
    return true;
}

/* --- before a call -------------------------------------------------------------------------------------------- */

void pl_shared_conn_check_idle(pl_shared_conn *conn)
{
    conn->leaders.is_reading = true;
    pthread_mutex_unlock(&conn->lock);
    pl_io_result result = pl_stream_peek(&conn->stream);
    pthread_mutex_lock(&conn->lock);
    conn->leaders.is_reading = false;
    if (result == PL_IO_AGAIN || pl_inflight_length(&conn->protocol.inflight) > 0 || conn->protocol.is_dead)
        return; /* if a call was queued meanwhile, its reader finds out */
    pl_count(&conn->counters.stale, 1);
    if (result == PL_IO_DONE)
        pl_shared_conn_fail(conn, PODLINK_EPROTOCOL, "unsolicited bytes");
    else
        pl_shared_conn_fail(conn, PODLINK_ECONNLOST, "closed by the server while idle");
}

bool pl_shared_conn_open(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline)
{
    if (conn->state == PL_SHARED_CONN_OPEN && pl_shared_conn_is_idle(conn)) {
        pl_shared_conn_check_idle(conn);
        pl_shared_conn_end_close(conn);
    }
    if (conn->state == PL_SHARED_CONN_OPEN) {
        caller->request->queued_at = now;
        return true;
    }
    bool is_open = wait_until_open(conn, caller, now, deadline);
    const int64_t then = pl_clock_now(conn->server->clock);
    caller->request->queued_at = then;
    pl_count(&conn->counters.waits, 1);
    pl_count(&conn->counters.wait_ns, (uint64_t)(then - now));
    return is_open;
}
