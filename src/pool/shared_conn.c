/* SPDX-License-Identifier: MIT */
/* A shared connection and its blocking driver.
 *
 * There are two roles, writer and reader. Each is taken by one thread at a time, and never while it holds the lock. The
 * writer sends everything that is queued. The reader waits for replies and delivers them to all callers. A caller that
 * finds a role free takes it and is a leader. A caller that finds both roles taken is a follower: it sleeps until its
 * commands are completed, or until a leader that has its own replies and leaves makes it the next leader.
 *
 * Before a follower sleeps it yields a few times. Meanwhile the reader polls the socket, and writes what the others
 * have queued unless they wrote it themselves because it was much. */
#include "pool/shared_conn.h"

#include "base/mutant.h"
#include "pool/shared_io.h"
#include "pool/shared_open.h"
#include "pool/shared_wait.h"

#include <assert.h>

void pl_shared_conn_init(pl_shared_conn *conn, const pl_server *server)
{
    *conn = (pl_shared_conn){.server = server,
                             .stream = PL_STREAM_CLOSED,
                             .leaders = {.reader_back_at = PL_NEVER},
                             .followers = {.due = PL_NEVER},
                             .auth = {.outdated_at = INT64_MIN}};
    pthread_mutex_init(&conn->lock, NULL);
}

/* --- one attempt ---------------------------------------------------------------------------------------------- */

/* The connection died before the first of the pending commands was queued. */
static void set_connection_lost(const pl_shared_conn *conn, pl_request *request)
{
    podlink_error fault = conn->fault;
    fault.delivery = PODLINK_NOT_SENT;
    pl_request_not_sent(request, &fault);
}

/* Whether the connection that this attempt is on is still there. */
static bool is_connected(const pl_shared_conn *conn, const pl_caller *caller)
{
    return conn->dials.number == caller->dial_number && !conn->protocol.is_dead;
}

/* Queues as many commands as possible. False if nothing is in flight: this attempt is over. */
static bool fill(pl_shared_conn *conn, pl_request *request)
{
    request->finished = false;
    if (!pl_shared_conn_queue(conn, request)) {
        pl_conn_abandon(&conn->protocol, request, PODLINK_ENOMEM, "out of memory");
        return false;
    }
    return request->inflight > 0;
}

/* The same for a caller that waits for this connection alone: it can queue larger amounts at a time. */
static bool refill(pl_shared_conn *conn, pl_request *request)
{
    request->finished = false;
    return pl_shared_conn_has_plenty(request) || fill(conn, request);
}

static void abandon(pl_shared_conn *conn, pl_request *request)
{
    pl_conn_abandon(&conn->protocol, request, PODLINK_ETIMEDOUT, "no answer before the deadline");
    if (request->incomplete > 0 && request->reason != PODLINK_ETIMEDOUT)
        pl_shared_conn_set_timed_out(conn, request);
    if (++conn->alive.timeouts >= conn->server->timeouts_max && pl_inflight_length(&conn->protocol.inflight) > 0)
        pl_shared_conn_fail(conn, PODLINK_ECONNLOST, "calls in a row timed out");
}

/* One of the followers wakes up when output that is held back becomes due; the others sleep. */
static pl_step_result follow_or_watch(pl_shared_conn *conn, pl_caller *caller, int64_t deadline, int64_t held_until)
{
    if (conn->leaders.is_watching || conn->leaders.is_polling || held_until >= deadline)
        return pl_shared_conn_follow(conn, caller, deadline);
    conn->leaders.is_watching = true;
    pl_step_result result = pl_shared_conn_follow(conn, caller, held_until);
    if (result == PL_STEP_COMPLETE)
        pthread_mutex_lock(&conn->lock);
    conn->leaders.is_watching = false;
    return PL_STEP_CONTINUE; /* the next step checks the deadline */
}

/* Writes, reads or follows. */
static pl_step_result step(pl_shared_conn *conn, pl_caller *caller, int64_t deadline)
{
    const pl_leaders *leaders = &conn->leaders;
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_shared_conn_is_output_due(conn, &held_until);
    if (is_due && pl_shared_conn_has_to_write(conn, caller) && pl_shared_conn_write(conn, caller->yields))
        return PL_STEP_CONTINUE;
    if (conn->protocol.is_dead || pl_request_is_answered(caller->request))
        return PL_STEP_CONTINUE;
    if (leaders->is_polling || (leaders->is_reading && (!is_due || !pl_shared_conn_may_write(conn))))
        return follow_or_watch(conn, caller, deadline, held_until);
    const int64_t now = pl_clock_now(conn->server->clock);
    const int64_t left = pl_until(deadline, now);
    if (left == 0)
        return PL_STEP_TIMED_OUT;
    if (leaders->is_reading)
        pl_shared_conn_wait_for_room(conn, left);
    else
        pl_shared_conn_lead(conn, caller, now, deadline);
    return PL_STEP_CONTINUE;
}

static void begin_caller(pl_caller *caller, pl_request *request)
{
    caller->request = request;
    caller->is_waiting = false;
    request->caller = caller;
    pl_request_rewind(request);
}

/* False if there is no connection: the request has the reason. */
static bool begin_attempt(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline)
{
    conn->seen.returning -= conn->seen.returning > 0 ? 1 : 0;
    bool is_open = pl_shared_conn_open(conn, caller, now, deadline);
    caller->dial_number = conn->dials.number;
    pl_shared_conn_decide_to_yield(conn, caller, caller->request->queued_at);
    return is_open;
}

static void end_attempt(pl_shared_conn *conn, const pl_caller *caller)
{
    pl_request *request = caller->request;
    if (conn->dials.number == caller->dial_number) {
        pl_shared_conn_begin_close(conn);
        pl_shared_conn_wake_finished(conn);
        pl_shared_conn_end_close(conn);
    }
    if (request->incomplete > 0 && request->reason == PODLINK_OK)
        set_connection_lost(conn, request);
}

/* Releases the lock, and wakes the caller that has to continue in our place. */
static void leave(pl_shared_conn *conn)
{
    pl_request *to_wake = pl_shared_conn_take_next_leader(conn, NULL);
    pthread_mutex_unlock(&conn->lock);
    pl_shared_conn_wake_unlocked(conn, to_wake);
}

void pl_shared_conn_run(pl_shared_conn *conn, pl_request *request, int64_t now, int64_t deadline)
{
    pl_caller caller;
    pl_step_result result = PL_STEP_CONTINUE;
    if (PL_MUTANT_IGNORES_DEADLINE)
        deadline = PL_NEVER;
    begin_caller(&caller, request);
    pthread_mutex_lock(&conn->lock);
    if (begin_attempt(conn, &caller, now, deadline)) {
        while (result == PL_STEP_CONTINUE && is_connected(conn, &caller) && refill(conn, request))
            result = step(conn, &caller, deadline);
        if (result == PL_STEP_COMPLETE)
            return;
        if (result == PL_STEP_TIMED_OUT)
            abandon(conn, request);
        end_attempt(conn, &caller);
    }
    leave(conn);
}

/* --- an attempt in steps -------------------------------------------------------------------------------------- */

bool pl_shared_conn_begin(pl_shared_conn *conn, pl_caller *caller, pl_request *request, int64_t now, int64_t deadline)
{
    begin_caller(caller, request);
    pthread_mutex_lock(&conn->lock);
    bool has_begun = begin_attempt(conn, caller, now, deadline);
    if (has_begun && is_connected(conn, caller) && fill(conn, request) && pl_shared_conn_may_write(conn))
        pl_shared_conn_write(conn, caller->yields);
    leave(conn);
    return has_begun;
}

/* Until more commands could be queued, which are sent at once. False if the attempt is over. */
static bool advance(pl_shared_conn *conn, pl_caller *caller, int64_t until, int64_t deadline)
{
    pl_request *request = caller->request;
    while (is_connected(conn, caller)) {
        const uint32_t queued = request->next;
        if (!fill(conn, request))
            return false;
        if (request->next != queued) {
            if (pl_shared_conn_may_write(conn))
                pl_shared_conn_write(conn, caller->yields);
            return true;
        }
        const pl_step_result result = step(conn, caller, until);
        if (result == PL_STEP_CONTINUE)
            continue;
        if (result == PL_STEP_COMPLETE) {
            pthread_mutex_lock(&conn->lock);
            return false;
        }
        if (until < deadline && pl_until(deadline, pl_clock_now(conn->server->clock)) > 0)
            return true;
        abandon(conn, request);
        return false;
    }
    return false;
}

bool pl_shared_conn_advance(pl_shared_conn *conn, pl_caller *caller, int64_t until, int64_t deadline)
{
    pthread_mutex_lock(&conn->lock);
    bool is_running = advance(conn, caller, until, deadline);
    if (!is_running)
        end_attempt(conn, caller);
    leave(conn);
    return is_running;
}

/* --- credentials ---------------------------------------------------------------------------------------------- */

void pl_shared_conn_outdate(pl_shared_conn *conn, int64_t now)
{
    pthread_mutex_lock(&conn->lock);
    conn->auth.outdated_at = now;
    conn->auth.not_before = 0;
    pthread_mutex_unlock(&conn->lock);
}

bool pl_shared_conn_wants_auth(pl_shared_conn *conn, int64_t now, pl_shared_conn_auth *auth)
{
    const pl_server *server = conn->server;
    if (!pl_credentials_are_shown(&server->credentials, server->login))
        return false;
    pthread_mutex_lock(&conn->lock);
    const pl_auth_age *age = &conn->auth;
    const bool is_old =
        age->accepted_at <= age->outdated_at || pl_until(now, age->accepted_at) >= server->credentials_age_ns;
    const bool wants = is_old && conn->state == PL_SHARED_CONN_OPEN && now >= age->not_before;
    *auth = (pl_shared_conn_auth){.dial_number = conn->dials.number, .accepted_at = age->accepted_at, .asked_at = now};
    pthread_mutex_unlock(&conn->lock);
    return wants;
}

static bool is_same_connection(const pl_shared_conn *conn, const pl_shared_conn_auth *auth)
{
    return conn->state == PL_SHARED_CONN_OPEN && conn->dials.number == auth->dial_number;
}

void pl_shared_conn_run_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth, pl_request *request,
                             int64_t deadline)
{
    pl_caller caller;
    pl_step_result result = PL_STEP_CONTINUE;
    begin_caller(&caller, request);
    pthread_mutex_lock(&conn->lock);
    request->queued_at = pl_clock_now(conn->server->clock);
    if (is_same_connection(conn, auth)) {
        pl_count(&conn->counters.auths, 1);
        pl_shared_conn_decide_to_yield(conn, &caller, request->queued_at);
        caller.dial_number = conn->dials.number;
        while (result == PL_STEP_CONTINUE && is_connected(conn, &caller) && refill(conn, request))
            result = step(conn, &caller, deadline);
        if (result == PL_STEP_COMPLETE)
            pthread_mutex_lock(&conn->lock);
        if (result == PL_STEP_TIMED_OUT)
            abandon(conn, request);
        end_attempt(conn, &caller);
    } else {
        set_connection_lost(conn, request);
    }
    leave(conn);
}

void pl_shared_conn_note_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth)
{
    pthread_mutex_lock(&conn->lock);
    if (is_same_connection(conn, auth) && conn->auth.accepted_at < auth->asked_at)
        conn->auth.accepted_at = auth->asked_at;
    pthread_mutex_unlock(&conn->lock);
}

void pl_shared_conn_put_off_auth(pl_shared_conn *conn, int64_t until)
{
    pthread_mutex_lock(&conn->lock);
    conn->auth.not_before = until;
    pthread_mutex_unlock(&conn->lock);
}

/* Ends the connection and wakes its callers. */
static void fail_and_wake(pl_shared_conn *conn, podlink_status status, const char *why)
{
    pl_shared_conn_fail(conn, status, why);
    pl_shared_conn_wake_finished(conn);
    pl_shared_conn_end_close(conn);
}

void pl_shared_conn_end_auth(pl_shared_conn *conn, const pl_shared_conn_auth *auth, const char *why)
{
    pthread_mutex_lock(&conn->lock);
    if (is_same_connection(conn, auth))
        fail_and_wake(conn, PODLINK_ECONNLOST, why);
    pthread_mutex_unlock(&conn->lock);
}

/* --- maintenance ---------------------------------------------------------------------------------------------- */

static void tick_open(pl_shared_conn *conn, int64_t now)
{
    const pl_server *server = conn->server;
    if (!pl_shared_conn_is_idle(conn)) {
        if (pl_inflight_length(&conn->protocol.inflight) > 0 &&
            pl_until(now, conn->alive.heard_at) > server->silence_ns)
            pl_shared_conn_fail(conn, PODLINK_ECONNLOST, "the server is silent");
        return;
    }
    pl_shared_conn_check_idle(conn);
    if (!conn->protocol.is_dead && pl_shared_conn_is_idle(conn) && pl_until(now, conn->alive.used_at) > server->idle_ns)
        pl_shared_conn_fail(conn, PODLINK_ECONNLOST, "idle for too long");
}

void pl_shared_conn_tick(pl_shared_conn *conn, int64_t now)
{
    pthread_mutex_lock(&conn->lock);
    if (conn->state == PL_SHARED_CONN_OPEN)
        tick_open(conn, now);
    if (conn->state == PL_SHARED_CONN_CLOSING) {
        pl_shared_conn_wake_finished(conn);
        pl_shared_conn_end_close(conn);
    }
    leave(conn); /* a caller that came during the check found a reader, and follows */
}

void pl_shared_conn_end(pl_shared_conn *conn, podlink_status status, const char *why)
{
    pthread_mutex_lock(&conn->lock);
    if (conn->state == PL_SHARED_CONN_OPEN)
        fail_and_wake(conn, status, why);
    pthread_mutex_unlock(&conn->lock);
}

bool pl_shared_conn_is_open(pl_shared_conn *conn, uint32_t *inflight)
{
    pthread_mutex_lock(&conn->lock);
    bool is_open = conn->state == PL_SHARED_CONN_OPEN;
    *inflight = is_open ? pl_inflight_length(&conn->protocol.inflight) : 0;
    pthread_mutex_unlock(&conn->lock);
    return is_open;
}

void pl_shared_conn_fini(pl_shared_conn *conn, bool is_child)
{
    assert(is_child || !conn->followers.latest);
    if (is_child) {
        /* The lock and the lists are as the parent's threads had them at the fork. Only the descriptor is ours. */
        pl_stream_close_inherited(&conn->stream);
        return;
    }
    if (conn->state == PL_SHARED_CONN_OPEN) {
        pl_conn_fail(&conn->protocol, PODLINK_ECLOSED, "the client is closed");
        pl_shared_conn_wake_unlocked(conn, pl_shared_conn_take_finished(conn));
        pl_conn_fini(&conn->protocol);
        pl_stream_close(&conn->stream);
    }
    pthread_mutex_destroy(&conn->lock);
}
