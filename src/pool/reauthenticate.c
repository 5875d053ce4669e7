/* SPDX-License-Identifier: MIT */
/* Authenticating again on an open connection. The AUTH runs between the calls of other threads. Calls behind it are
 * sent before its answer is known; if the server refuses it, they run as the user that was authenticated before. */
#include "pool/reauthenticate.h"

#include "base/error.h"

enum { ANSWER_MS = 1000, PAUSE_MS = 1000 };

typedef enum outcome { ACCEPTED, REFUSED, UNANSWERED, NOT_SHOWN } outcome;

static void log_auth(const pl_server *server, const podlink_error *err, int64_t began)
{
    const bool is_ok = err->status == PODLINK_OK;
    const podlink_log_record record = {.level = is_ok ? PODLINK_LOG_INFO : PODLINK_LOG_WARN,
                                       .status = err->status,
                                       .event = is_ok ? "reauthenticated" : "reauthentication_failed",
                                       .server = server->address->text,
                                       .duration_ns = pl_clock_now(server->clock) - began};
    if (is_ok)
        pl_log_write(server->log, record, "authenticated again to %s", server->address->text);
    else
        pl_log_write(server->log, record, "%s", err->message);
}

static outcome send_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth, const pl_login *login, int64_t deadline,
                         podlink_error *err)
{
    pl_handshake handshake;
    podlink_error failure;
    uint32_t completed[3] = {0};
    pl_handshake_init_again(&handshake, login, err);
    handshake.request.failure = &failure;
    handshake.request.began_at = pl_clock_now(conn->server->clock);
    pl_shared_conn_run_auth(conn, auth, &handshake.request, deadline);
    pl_request_give_up(&handshake.request, completed);
    err->delivery = PODLINK_NOT_SENT; /* of the call that needs the connection */
    if (handshake.request.status == PODLINK_OK)
        return ACCEPTED;
    return handshake.request.status == PODLINK_EAUTH ? REFUSED : UNANSWERED;
}

static outcome show(pl_shared_conn *conn, const pl_shared_conn_auth *auth, int64_t deadline, podlink_error *err)
{
    const pl_server *server = conn->server;
    podlink_credentials given;
    pl_login login = *server->login;
    outcome outcome = NOT_SHOWN;
    if (pl_credentials_ask(&given, &server->credentials, server->heap, &login, err) == PODLINK_OK)
        outcome = send_auth(conn, auth, &login, deadline, err);
    if (outcome == REFUSED && pl_credentials_renew(&given, &server->credentials, &login)) {
        pl_error_clear(err);
        outcome = send_auth(conn, auth, &login, deadline, err);
    }
    pl_credentials_wipe(&given);
    log_auth(server, err, auth->asked_at);
    return outcome;
}

bool pl_reauthenticate(pl_shared_conn *conn, int64_t now, int64_t deadline, podlink_error *err)
{
    pl_shared_conn_auth auth;
    pl_error_clear(err);
    pl_shared_conn_outdate(conn, now);
    if (!pl_shared_conn_wants_auth(conn, pl_clock_now(conn->server->clock), &auth))
        return true; /* the next dial fetches them */
    const outcome outcome = show(conn, &auth, deadline, err);
    if (outcome == ACCEPTED)
        pl_shared_conn_note_auth(conn, &auth);
    else if (outcome != NOT_SHOWN)
        pl_shared_conn_end_auth(conn, &auth, err->message);
    return outcome != NOT_SHOWN;
}

void pl_reauthenticate_overdue(pl_shared_conn *conn)
{
    const pl_server *server = conn->server;
    const int64_t now = pl_clock_now(server->clock);
    pl_shared_conn_auth auth;
    podlink_error err;
    if (!pl_shared_conn_wants_auth(conn, now, &auth))
        return;
    pl_error_clear(&err);
    const int64_t limit_ms = server->dial_timeout_ms < ANSWER_MS ? server->dial_timeout_ms : ANSWER_MS;
    const outcome outcome = show(conn, &auth, pl_deadline_after(now, limit_ms), &err);
    const bool is_too_late = pl_until(now, auth.accepted_at) / 2 >= server->credentials_age_ns;
    if (outcome == ACCEPTED)
        pl_shared_conn_note_auth(conn, &auth);
    else if (outcome == REFUSED || is_too_late)
        pl_shared_conn_end_auth(conn, &auth, err.message);
    else
        pl_shared_conn_put_off_auth(conn, pl_deadline_after(pl_clock_now(server->clock), PAUSE_MS));
}
