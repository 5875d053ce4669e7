/* SPDX-License-Identifier: MIT */
/* A shared connection and its blocking driver.
 *
 * Two roles, each held by one thread at a time and never with the lock: the writer sends what is queued, the reader
 * waits for replies and hands them out to all. A caller that finds a role free takes it; one that finds both taken
 * parks until its commands are completed, or until it is told to read because the reader has got its own answer and
 * left.
 *
 * Who waits lets others run a few times before it sleeps. Meanwhile the one who reads looks at the socket in each of
 * its turns and sends what others have queued, if they have not sent it themselves because it was much.
 */
#include "pool/shared_conn.h"

#include "base/mutant.h"
#include "pool/shared_io.h"
#include "pool/shared_open.h"
#include "pool/shared_wait.h"

#include <assert.h>

void pl_shared_conn_init(pl_shared_conn *shared, const pl_server *server)
{
    *shared = (pl_shared_conn){.server = server,
                               .stream = PL_STREAM_CLOSED,
                               .reader_back_at = PL_NEVER,
                               .due = PL_NEVER,
                               .outdated_at = INT64_MIN};
    pthread_mutex_init(&shared->lock, NULL);
}

/* --- one attempt ------------------------------------------------------------------------------------------------- */

/* The connection has died before the first of what is pending was queued. */
static void set_connection_lost(const pl_shared_conn *shared, pl_request *request)
{
    podlink_error fault = shared->fault;
    fault.delivery = PODLINK_NOT_SENT;
    pl_request_not_sent(request, &fault);
}

static void abandon(pl_shared_conn *shared, pl_request *request)
{
    pl_conn_abandon(&shared->conn, request, PODLINK_ETIMEDOUT, "no answer before the deadline");
    if (request->incomplete > 0 && request->reason != PODLINK_ETIMEDOUT)
        pl_shared_conn_set_timed_out(shared, request);
    if (++shared->timeouts >= shared->server->timeouts_max && pl_inflight_length(&shared->conn.inflight) > 0)
        pl_shared_conn_fail(shared, PODLINK_ECONNLOST, "calls in a row timed out");
}

/* One of those who wait looks again when output that is held becomes due; the others sleep. */
static pl_next_step wait_or_watch(pl_shared_conn *shared, pl_request *request, int64_t deadline, int64_t held_until)
{
    if (shared->is_watched || shared->is_polling || held_until >= deadline)
        return pl_shared_conn_wait(shared, request, deadline);
    shared->is_watched = true;
    pl_next_step next = pl_shared_conn_wait(shared, request, held_until);
    if (next == PL_GO_HOME)
        pthread_mutex_lock(&shared->lock);
    shared->is_watched = false;
    return PL_GO_ON; /* the deadline is looked at by the next round */
}

/* One step towards the request's end. */
static pl_next_step step(pl_shared_conn *shared, pl_request *request, int64_t deadline)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_shared_conn_is_output_due(shared, &held_until);
    if (is_due && pl_shared_conn_has_to_write(shared, request) && pl_shared_conn_write(shared, request))
        return PL_GO_ON;
    if (shared->conn.is_dead || pl_request_is_answered(request))
        return PL_GO_ON;
    if (shared->is_polling || (shared->is_reading && (!is_due || !pl_shared_conn_may_write(shared))))
        return wait_or_watch(shared, request, deadline, held_until);
    const int64_t now = pl_clock_now(shared->server->clock);
    const int64_t left = pl_until(deadline, now);
    if (left == 0)
        return PL_GIVE_UP;
    if (shared->is_reading)
        pl_shared_conn_wait_for_room(shared, left);
    else
        pl_shared_conn_read(shared, request, now, deadline);
    return PL_GO_ON;
}

/* Whether the connection that this attempt is on is still there. */
static bool is_connected(const pl_shared_conn *shared, const pl_request *request)
{
    return shared->dialled == request->dialled && !shared->conn.is_dead;
}

/* Queues what can be queued. False where nothing is left in flight: this attempt is over. */
static bool fill(pl_shared_conn *shared, pl_request *request)
{
    request->finished = false;
    if (!pl_shared_conn_queue(shared, request)) {
        pl_conn_abandon(&shared->conn, request, PODLINK_ENOMEM, "out of memory");
        return false;
    }
    return request->inflight > 0;
}

/* The same, for one who has no other shared connection that could run dry meanwhile. */
static bool refill(pl_shared_conn *shared, pl_request *request)
{
    request->finished = false;
    return pl_shared_conn_has_plenty(request) || fill(shared, request);
}

/* Until the request has no command in flight, or its connection is gone. False where the lock is not held any more. */
static bool drive(pl_shared_conn *shared, pl_request *request, int64_t deadline)
{
    while (is_connected(shared, request) && refill(shared, request)) {
        const pl_next_step next = step(shared, request, deadline);
        if (next == PL_GO_HOME)
            return false;
        if (next == PL_GIVE_UP) {
            abandon(shared, request);
            break;
        }
    }
    return true;
}

static void end_attempt(pl_shared_conn *shared, pl_request *request)
{
    if (shared->dialled == request->dialled) {
        pl_shared_conn_clean_up(shared);
        pl_shared_conn_wake_finished(shared);
        pl_shared_conn_close_if_unused(shared);
    }
    if (request->incomplete > 0 && request->reason == PODLINK_OK)
        set_connection_lost(shared, request);
}

/* False where there is no connection: the request knows why. */
static bool begin_attempt(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline)
{
    pl_request_rewind(request);
    shared->expected -= shared->expected > 0 ? 1 : 0;
    bool is_open = pl_shared_conn_open(shared, request, now, deadline);
    request->dialled = shared->dialled;
    pl_shared_conn_decide_to_poll(shared, request, request->queued_at);
    return is_open;
}

/* Gives up the lock, and wakes whoever has to go on in our place. */
static void leave(pl_shared_conn *shared)
{
    pl_request *next_leader = pl_shared_conn_take_next_leader(shared, NULL);
    pthread_mutex_unlock(&shared->lock);
    pl_shared_conn_wake_all(shared, next_leader);
}

void pl_shared_conn_run(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline)
{
    if (PL_MUTANT_IGNORES_DEADLINE)
        deadline = PL_NEVER;
    pthread_mutex_lock(&shared->lock);
    if (begin_attempt(shared, request, now, deadline)) {
        if (!drive(shared, request, deadline))
            return;
        end_attempt(shared, request);
    }
    leave(shared);
}

bool pl_shared_conn_begin(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline)
{
    pthread_mutex_lock(&shared->lock);
    bool has_begun = begin_attempt(shared, request, now, deadline);
    if (has_begun && is_connected(shared, request) && fill(shared, request) && pl_shared_conn_may_write(shared))
        pl_shared_conn_write(shared, request);
    leave(shared);
    return has_begun;
}

/* Until more could be queued, which is sent at once. False where the attempt is over. */
static bool advance(pl_shared_conn *shared, pl_request *request, int64_t until, int64_t deadline)
{
    while (is_connected(shared, request)) {
        const uint32_t queued = request->next;
        if (!fill(shared, request))
            return false;
        if (request->next != queued) {
            if (pl_shared_conn_may_write(shared))
                pl_shared_conn_write(shared, request);
            return true;
        }
        const pl_next_step next = step(shared, request, until);
        if (next == PL_GO_ON)
            continue;
        if (next == PL_GO_HOME) { /* all is completed; the lock was given up */
            pthread_mutex_lock(&shared->lock);
            return false;
        }
        if (until < deadline && pl_until(deadline, pl_clock_now(shared->server->clock)) > 0)
            return true;
        abandon(shared, request);
        return false;
    }
    return false;
}

bool pl_shared_conn_advance(pl_shared_conn *shared, pl_request *request, int64_t until, int64_t deadline)
{
    pthread_mutex_lock(&shared->lock);
    bool goes_on = advance(shared, request, until, deadline);
    if (!goes_on)
        end_attempt(shared, request);
    leave(shared);
    return goes_on;
}

/* --- credentials ---------------------------------------------------------------------------------------------- */

void pl_shared_conn_outdate(pl_shared_conn *shared, int64_t now)
{
    pthread_mutex_lock(&shared->lock);
    shared->outdated_at = now;
    shared->auth_not_before = 0;
    pthread_mutex_unlock(&shared->lock);
}

bool pl_shared_conn_wants_auth(pl_shared_conn *shared, int64_t now, pl_shared_conn_auth *auth)
{
    if (!pl_credentials_are_shown(&shared->server->credentials, shared->server->login))
        return false;
    pthread_mutex_lock(&shared->lock);
    const bool is_old = shared->accepted_at <= shared->outdated_at ||
                        pl_until(now, shared->accepted_at) >= shared->server->credentials_age_ns;
    const bool wants = is_old && shared->state == PL_SHARED_CONN_OPEN && now >= shared->auth_not_before;
    *auth = (pl_shared_conn_auth){.generation = shared->dialled, .accepted_at = shared->accepted_at, .asked_at = now};
    pthread_mutex_unlock(&shared->lock);
    return wants;
}

static bool is_the_same(const pl_shared_conn *shared, const pl_shared_conn_auth *auth)
{
    return shared->state == PL_SHARED_CONN_OPEN && shared->dialled == auth->generation;
}

void pl_shared_conn_run_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth, pl_request *request,
                             int64_t deadline)
{
    pl_request_rewind(request);
    pthread_mutex_lock(&shared->lock);
    request->queued_at = pl_clock_now(shared->server->clock);
    if (is_the_same(shared, auth)) {
        pl_count(&shared->counters.auths, 1);
        pl_shared_conn_decide_to_poll(shared, request, request->queued_at);
        request->dialled = shared->dialled;
        if (!drive(shared, request, deadline))
            pthread_mutex_lock(&shared->lock);
        end_attempt(shared, request);
    } else {
        set_connection_lost(shared, request);
    }
    leave(shared);
}

void pl_shared_conn_note_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth)
{
    pthread_mutex_lock(&shared->lock);
    if (is_the_same(shared, auth) && shared->accepted_at < auth->asked_at)
        shared->accepted_at = auth->asked_at;
    pthread_mutex_unlock(&shared->lock);
}

void pl_shared_conn_put_off_auth(pl_shared_conn *shared, int64_t until)
{
    pthread_mutex_lock(&shared->lock);
    shared->auth_not_before = until;
    pthread_mutex_unlock(&shared->lock);
}

void pl_shared_conn_end_auth(pl_shared_conn *shared, const pl_shared_conn_auth *auth, const char *why)
{
    pthread_mutex_lock(&shared->lock);
    if (is_the_same(shared, auth)) {
        pl_shared_conn_fail(shared, PODLINK_ECONNLOST, why);
        pl_shared_conn_wake_finished(shared);
        pl_shared_conn_close_if_unused(shared);
    }
    pthread_mutex_unlock(&shared->lock);
}

/* --- from outside --------------------------------------------------------------------------------------------- */

static void tick_open(pl_shared_conn *shared, int64_t now)
{
    const pl_server *server = shared->server;
    if (!pl_shared_conn_is_idle(shared)) {
        if (pl_inflight_length(&shared->conn.inflight) > 0 && pl_until(now, shared->heard_at) > server->silence_ns)
            pl_shared_conn_fail(shared, PODLINK_ECONNLOST, "the server is silent");
        return;
    }
    pl_shared_conn_check_idle(shared);
    if (!shared->conn.is_dead && pl_shared_conn_is_idle(shared) && pl_until(now, shared->used_at) > server->idle_ns)
        pl_shared_conn_fail(shared, PODLINK_ECONNLOST, "idle for too long");
}

void pl_shared_conn_tick(pl_shared_conn *shared, int64_t now)
{
    pthread_mutex_lock(&shared->lock);
    if (shared->state == PL_SHARED_CONN_OPEN)
        tick_open(shared, now);
    if (shared->state == PL_SHARED_CONN_CLOSING) {
        pl_shared_conn_wake_finished(shared);
        pl_shared_conn_close_if_unused(shared);
    }
    leave(shared); /* who came during the check found a reader */
}

void pl_shared_conn_end(pl_shared_conn *shared, podlink_status status, const char *why)
{
    pthread_mutex_lock(&shared->lock);
    if (shared->state == PL_SHARED_CONN_OPEN) {
        pl_shared_conn_fail(shared, status, why);
        pl_shared_conn_wake_finished(shared);
        pl_shared_conn_close_if_unused(shared);
    }
    pthread_mutex_unlock(&shared->lock);
}

bool pl_shared_conn_is_open(pl_shared_conn *shared, uint32_t *in_line)
{
    pthread_mutex_lock(&shared->lock);
    bool is_open = shared->state == PL_SHARED_CONN_OPEN;
    *in_line = is_open ? pl_inflight_length(&shared->conn.inflight) : 0;
    pthread_mutex_unlock(&shared->lock);
    return is_open;
}

void pl_shared_conn_fini(pl_shared_conn *shared, bool is_child)
{
    assert(is_child || !shared->waiting);
    if (is_child) {
        /* The lock and the lists are as the parent's threads had them at the fork: only what is ours is given back. */
        pl_stream_close_inherited(&shared->stream);
        return;
    }
    if (shared->state == PL_SHARED_CONN_OPEN) {
        pl_conn_fail(&shared->conn, PODLINK_ECLOSED, "the client is closed");
        pl_shared_conn_wake_all(shared, pl_shared_conn_take_finished(shared));
        pl_conn_fini(&shared->conn);
        pl_stream_close(&shared->stream);
    }
    pthread_mutex_destroy(&shared->lock);
}
