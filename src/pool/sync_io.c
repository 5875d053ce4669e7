/* SPDX-License-Identifier: MIT */
/* The blocking driver of a connection with a single user. */
#include "pool/sync_io.h"

#include <poll.h>
#include <string.h>

enum { READ_SIZE = 16 * 1024, WINDOW = 1024 };

static void fail_by_system(pl_conn *conn, pl_stream *stream, int error_number)
{
    char words[256];
    podlink_status status = pl_stream_failure(stream, error_number, words, sizeof words);
    pl_conn_fail(conn, status, words);
}

static void take_input(pl_conn *conn, pl_stream *stream, const pl_clock *clock)
{
    char bytes[READ_SIZE];
    size_t length = 0;
    int error_number = 0;
    pl_io_result result = pl_stream_read(stream, bytes, sizeof bytes, &length, &error_number);
    if (result == PL_IO_DONE)
        pl_conn_received(conn, bytes, length, pl_clock_now(clock));
    else if (result == PL_IO_ENDED)
        pl_conn_fail(conn, PODLINK_ECONNLOST, "closed by the server");
    else if (result == PL_IO_FAILED)
        fail_by_system(conn, stream, error_number);
}

static void send_output(pl_conn *conn, pl_stream *stream, const pl_clock *clock)
{
    pl_bytes output = pl_conn_output(conn);
    size_t written = 0;
    int error_number = 0;
    pl_io_result result = pl_stream_write(stream, output.bytes, output.length, &written, &error_number);
    pl_conn_sent(conn, written, pl_clock_now(clock));
    if (result != PL_IO_FAILED)
        return;
    take_input(conn, stream, clock); /* the reason why the server closed it may be unread */
    if (!conn->is_dead)
        fail_by_system(conn, stream, error_number);
}

/* Sends, receives, or waits until one of them is possible. False at the deadline. */
static bool step(pl_conn *conn, pl_stream *stream, short events, const pl_clock *clock, int64_t deadline)
{
    int64_t left = pl_until(deadline, pl_clock_now(clock));
    if (left == 0)
        return false;
    short ready = pl_stream_wait(stream, events, left);
    if (ready & POLLIN)
        take_input(conn, stream, clock);
    if ((ready & POLLOUT) && !conn->is_dead)
        send_output(conn, stream, clock);
    return true;
}

bool pl_sync_io_flush(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline)
{
    while (!conn->is_dead && pl_conn_has_output(conn))
        if (!step(conn, stream, POLLIN | POLLOUT, clock, deadline))
            return false;
    return !conn->is_dead;
}

bool pl_sync_io_receive(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline)
{
    return !conn->is_dead && step(conn, stream, POLLIN, clock, deadline) && !conn->is_dead;
}

/* False when out of memory. */
static bool queue(pl_conn *conn, pl_request *request)
{
    uint32_t i;
    while ((i = pl_request_next(request, WINDOW)) < request->count) {
        if (!pl_conn_queue(conn, request, i))
            return false;
        request->next++;
    }
    return true;
}

/* The deadline of the next step: a short one if it can be cancelled. */
static int64_t step_deadline(const pl_clock *clock, int64_t deadline, const pl_cancel *cancel)
{
    if (!cancel)
        return deadline;
    int64_t slice = pl_clock_now(clock) + (pl_cancel_is_set(cancel) ? 0 : PL_CANCEL_POLL_MS * PL_MS);
    return slice < deadline ? slice : deadline;
}

void pl_sync_io_run(pl_conn *conn, pl_stream *stream, pl_request *request, const pl_clock *clock, int64_t deadline,
                    const pl_cancel *cancel)
{
    pl_request_rewind(request);
    request->queued_at = pl_clock_now(clock);
    while (!conn->is_dead) {
        if (!queue(conn, request)) {
            pl_request_no_memory(request, conn->server);
            pl_conn_abandon(conn, request, PODLINK_ENOMEM, "out of memory");
            break;
        }
        if (request->inflight == 0)
            break;
        short events = pl_conn_has_output(conn) ? POLLIN | POLLOUT : POLLIN;
        if (!step(conn, stream, events, clock, step_deadline(clock, deadline, cancel))) {
            if (cancel && pl_cancel_is_set(cancel))
                pl_conn_abandon(conn, request, cancel->status, cancel->why);
            else
                pl_conn_abandon(conn, request, PODLINK_ETIMEDOUT, "no answer before the deadline");
            break;
        }
        request->finished = false;
        pl_conn_take_finished(conn);
    }
    request->finished = false;
    pl_conn_take_finished(conn);
    if (request->incomplete > 0 && request->reason == PODLINK_OK)
        pl_request_not_sent(request, &conn->fault); /* it was dead before */
}
