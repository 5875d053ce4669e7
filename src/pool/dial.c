/* SPDX-License-Identifier: MIT */
/* Dialling: socket, TLS if configured, and handshake. */
#include "pool/dial.h"

#include "base/error.h"
#include "net/connect.h"
#include "pool/sync_io.h"

static void log_dial(const pl_server *server, const pl_stream *stream, const podlink_error *err, int64_t began)
{
    char kind[64];
    podlink_log_record record = {.level = err->status == PODLINK_OK ? PODLINK_LOG_INFO : PODLINK_LOG_WARN,
                                 .status = err->status,
                                 .event = err->status == PODLINK_OK ? "connected" : "connect_failed",
                                 .server = server->address->text,
                                 .duration_ns = pl_clock_now(server->clock) - began};
    pl_stream_describe(stream, kind, sizeof kind);
    if (err->status == PODLINK_OK)
        pl_log_write(server->log, record, "connected to %s%s", server->address->text, kind);
    else
        pl_log_write(server->log, record, "%s", err->message);
}

static podlink_status open_stream(const pl_server *server, int64_t deadline, pl_stream *stream, podlink_error *err)
{
    const pl_cancel *cancel = &server->incarnation->cancel;
    *stream = PL_STREAM_CLOSED;
    podlink_status status =
        pl_connect(server->address, server->clock, deadline, server->silence_ns, &cancel->is_set, &stream->fd, err);
    if (status == PODLINK_ECLOSED)
        return pl_error_set(err, cancel->status, PODLINK_NOT_SENT, "%s: %s", server->address->text, cancel->why);
    if (status != PODLINK_OK || !server->tls)
        return status;
    const pl_tls_peer peer = {server->tls, server->tls_session, server->address, cancel};
    status = pl_tls_open(&peer, stream->fd, server->clock, deadline, &stream->tls, err);
    if (status != PODLINK_OK)
        pl_stream_close(stream);
    return status;
}

/* Keeps the version of the oldest server: a command may go to any server, so newer features are not used. */
static void note_version(const pl_server *server, uint32_t version)
{
    if (!server->least_version)
        return;
    uint32_t least = atomic_load(server->least_version);
    while ((least == 0 || version < least) && !atomic_compare_exchange_weak(server->least_version, &least, version))
        ;
}

static pl_stream dial_as(const pl_login *login, pl_conn *conn, const pl_server *server, pl_conn_counters *counters,
                         int64_t deadline, podlink_error *err)
{
    pl_stream stream;
    if (open_stream(server, deadline, &stream, err) != PODLINK_OK)
        return stream;
    pl_conn_counters ignored = {0}; /* the handshake does not count as a call */
    pl_conn_init(conn, server->heap, server->address->text, server->reply_max, &ignored);
    pl_handshake handshake;
    podlink_error failure;
    pl_handshake_init(&handshake, login, atomic_load(&server->incarnation->is_of_master), err);
    handshake.request.failure = &failure;
    pl_sync_io_run(conn, &stream, &handshake.request, server->clock, deadline, &server->incarnation->cancel);
    conn->counters = counters;
    if (!conn->is_dead && pl_request_is_complete(&handshake.request) && handshake.request.status == PODLINK_OK) {
        pl_incarnation_note(server->incarnation, &handshake.identity);
        note_version(server, handshake.identity.version);
        return stream;
    }
    uint32_t completed[3] = {0};
    pl_request_give_up(&handshake.request, completed);
    if (err->status == PODLINK_OK) /* answered; the server's text is left out, it might repeat the credentials */
        pl_error_set(err, conn->fault.status, PODLINK_NOT_SENT, "handshake on %s: %s", server->address->text,
                     podlink_status_text(conn->fault.status));
    err->delivery = PODLINK_NOT_SENT; /* of the call that needs the connection */
    pl_conn_fail(conn, err->status, "the handshake failed");
    pl_conn_fini(conn);
    pl_stream_close(&stream);
    return stream;
}

static pl_stream dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline,
                      podlink_error *err)
{
    podlink_credentials given;
    pl_login login = *server->login;
    pl_stream stream = PL_STREAM_CLOSED;
    podlink_status status = pl_credentials_ask(&given, &server->credentials, server->heap, &login, err);
    if (status == PODLINK_OK)
        stream = dial_as(&login, conn, server, counters, deadline, err);
    if (status == PODLINK_OK && err->status == PODLINK_EAUTH &&
        pl_credentials_renew(&given, &server->credentials, &login)) {
        pl_error_clear(err);
        stream = dial_as(&login, conn, server, counters, deadline, err);
    }
    pl_credentials_wipe(&given);
    return stream;
}

pl_stream pl_dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline,
                  podlink_error *err)
{
    int64_t began = pl_clock_now(server->clock);
    int64_t limit = pl_deadline_after(began, server->dial_timeout_ms);
    pl_stream stream = dial(conn, server, counters, deadline < limit ? deadline : limit, err);
    log_dial(server, &stream, err, began);
    return stream;
}

bool pl_dial_gave_up(const pl_server *server, const podlink_error *fault, int64_t began, int64_t deadline, int64_t now)
{
    return fault->status == PODLINK_ETIMEDOUT && pl_until(deadline, now) == 0 &&
           pl_until(now, began) < server->dial_timeout_ms * PL_MS;
}
