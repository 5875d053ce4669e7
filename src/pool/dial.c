/* Making a connection: socket and handshake. */
#include "pool/dial.h"

#include "base/error.h"
#include "net/socket.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { READ_SIZE = 4096 };

static void fail_by_system(pl_conn *conn, int error_number)
{
    char reason[128];
    pl_conn_fail(conn, PODLINK_ECONNLOST, strerror_r(error_number, reason, sizeof reason));
}

static void send_output(pl_conn *conn, int fd)
{
    pl_bytes output = pl_conn_output(conn);
    size_t written = 0;
    int error_number = 0;
    pl_io_result result = pl_socket_write(fd, output.bytes, output.length, &written, &error_number);
    pl_conn_sent(conn, written);
    if (result == PL_IO_FAILED)
        fail_by_system(conn, error_number);
}

static void receive(pl_conn *conn, int fd)
{
    char bytes[READ_SIZE];
    size_t length = 0;
    int error_number = 0;
    pl_io_result result = pl_socket_read(fd, bytes, sizeof bytes, &length, &error_number);
    if (result == PL_IO_DONE)
        pl_conn_received(conn, bytes, length);
    else if (result == PL_IO_ENDED)
        pl_conn_fail(conn, PODLINK_ECONNLOST, "closed by the server in the handshake");
    else if (result == PL_IO_FAILED)
        fail_by_system(conn, error_number);
}

static void run_handshake(pl_conn *conn, int fd, pl_exchange *handshake, const pl_clock *clock, int64_t deadline)
{
    for (uint32_t i = 0; i < handshake->count; i++)
        if (!pl_conn_queue(conn, handshake, i))
            pl_conn_fail(conn, PODLINK_ENOMEM, "out of memory");
    while (handshake->inflight > 0 && !conn->is_dead) {
        bool has_output = pl_conn_has_output(conn);
        int64_t left = pl_until(deadline, pl_clock_now(clock));
        if (left == 0) {
            pl_conn_fail(conn, PODLINK_ETIMEDOUT, "the server does not answer the handshake");
            break;
        }
        if (has_output)
            send_output(conn, fd);
        else if (pl_socket_wait(fd, POLLIN, left))
            receive(conn, fd);
    }
    pl_conn_take_finished(conn);
}

static void log_dial(const pl_server *server, const podlink_error *err, int64_t began)
{
    podlink_log_record record = {.level = err->status == PODLINK_OK ? PODLINK_LOG_INFO : PODLINK_LOG_WARN,
                                 .status = err->status,
                                 .event = err->status == PODLINK_OK ? "connected" : "connect_failed",
                                 .server = server->address->text,
                                 .duration_ns = pl_clock_now(server->clock) - began};
    if (err->status == PODLINK_OK)
        pl_log_write(server->log, record, "connected to %s", server->address->text);
    else
        pl_log_write(server->log, record, "%s", err->message);
}

static int dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline,
                podlink_error *err)
{
    int fd = -1;
    if (pl_socket_connect(server->address, server->clock, deadline, &fd, err) != PODLINK_OK)
        return -1;
    pl_conn_counters ignored = {0}; /* the handshake is no call of the user's */
    if (!pl_conn_init(conn, server->heap, server->address->text, server->reply_max, &ignored)) {
        pl_error_no_memory(err);
        pl_socket_close(fd);
        return -1;
    }
    pl_handshake handshake;
    pl_handshake_init(&handshake, server->login, err);
    run_handshake(conn, fd, &handshake.exchange, server->clock, deadline);
    conn->counters = counters;
    if (!conn->is_dead && handshake.exchange.status == PODLINK_OK)
        return fd;
    if (conn->is_dead && err->status == PODLINK_OK)
        *err = conn->fault;
    err->delivery = PODLINK_NOT_SENT;
    pl_conn_fail(conn, err->status, "the handshake failed");
    pl_conn_fini(conn);
    pl_socket_close(fd);
    return -1;
}

int pl_dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline, podlink_error *err)
{
    int64_t began = pl_clock_now(server->clock);
    int64_t limit = pl_deadline_after(began, server->dial_timeout_ms);
    int fd = dial(conn, server, counters, deadline < limit ? deadline : limit, err);
    log_dial(server, err, began);
    return fd;
}
