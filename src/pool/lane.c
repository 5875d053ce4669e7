/* A shared connection and its blocking driver.
 *
 * Two roles, each held by one thread at a time and never with the lock: the writer sends what is queued, the reader
 * waits for replies and hands them out to all. A caller that finds a role free takes it; one that finds both taken
 * parks until its commands are settled, or until it is told to read because the reader has got its own answer and left.
 *
 * Who waits lets others run a few times before it sleeps. Meanwhile the one who reads looks at the socket in each of
 * its turns and sends what others have queued, if they have not sent it themselves because it was much.
 */
#include "pool/lane.h"

#include "base/mutant.h"
#include "pool/lane_io.h"
#include "pool/lane_open.h"
#include "pool/lane_wait.h"

#include <assert.h>

void pl_lane_init(pl_lane *lane, const pl_server *server)
{
    *lane = (pl_lane){.server = server,
                      .stream = PL_STREAM_CLOSED,
                      .reader_back_at = PL_NEVER,
                      .due = PL_NEVER,
                      .outdated_at = INT64_MIN};
    pthread_mutex_init(&lane->lock, NULL);
}

/* --- one pass ------------------------------------------------------------------------------------------------- */

/* The connection has died before the first of what is pending was queued. */
static void set_connection_lost(const pl_lane *lane, pl_exchange *exchange)
{
    podlink_error fault = lane->fault;
    fault.delivery = PODLINK_NOT_SENT;
    pl_exchange_not_sent(exchange, &fault);
}

static void abandon(pl_lane *lane, pl_exchange *exchange)
{
    pl_conn_abandon(&lane->conn, exchange, PODLINK_ETIMEDOUT, "no answer before the deadline");
    if (exchange->unsettled > 0 && exchange->reason != PODLINK_ETIMEDOUT)
        pl_lane_set_timed_out(lane, exchange);
    if (++lane->timeouts >= lane->server->timeouts_max && pl_line_length(&lane->conn.line) > 0)
        pl_lane_fail(lane, PODLINK_ECONNLOST, "calls in a row timed out");
}

/* One of those who wait looks again when output that is held becomes due; the others sleep. */
static pl_next_step park_or_watch(pl_lane *lane, pl_exchange *exchange, int64_t deadline, int64_t held_until)
{
    if (lane->is_watched || lane->is_looking || held_until >= deadline)
        return pl_lane_wait(lane, exchange, deadline);
    lane->is_watched = true;
    pl_next_step next = pl_lane_wait(lane, exchange, held_until);
    if (next == PL_GO_HOME)
        pthread_mutex_lock(&lane->lock);
    lane->is_watched = false;
    return PL_GO_ON; /* the deadline is looked at by the next round */
}

/* One step towards the exchange's end. */
static pl_next_step step(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_lane_is_output_due(lane, &held_until);
    if (is_due && pl_lane_has_to_write(lane, exchange) && pl_lane_write(lane, exchange))
        return PL_GO_ON;
    if (lane->conn.is_dead || pl_exchange_is_answered(exchange))
        return PL_GO_ON;
    if (lane->is_looking || (lane->is_reading && (!is_due || !pl_lane_may_write(lane))))
        return park_or_watch(lane, exchange, deadline, held_until);
    const int64_t now = pl_clock_now(lane->server->clock);
    const int64_t left = pl_until(deadline, now);
    if (left == 0)
        return PL_GIVE_UP;
    if (lane->is_reading)
        pl_lane_wait_for_room(lane, left);
    else
        pl_lane_read(lane, exchange, now, deadline);
    return PL_GO_ON;
}

/* Whether the connection that this pass is on is still there. */
static bool is_connected(const pl_lane *lane, const pl_exchange *exchange)
{
    return lane->dialled == exchange->dialled && !lane->conn.is_dead;
}

/* Queues what can be queued. False where nothing is left in flight: this pass is over. */
static bool fill(pl_lane *lane, pl_exchange *exchange)
{
    exchange->finished = false;
    if (!pl_lane_queue(lane, exchange)) {
        pl_conn_abandon(&lane->conn, exchange, PODLINK_ENOMEM, "out of memory");
        return false;
    }
    return exchange->inflight > 0;
}

/* The same, for one who has no other lane that could run dry meanwhile. */
static bool refill(pl_lane *lane, pl_exchange *exchange)
{
    exchange->finished = false;
    return pl_lane_has_plenty(exchange) || fill(lane, exchange);
}

/* Until the exchange has no command in flight, or its connection is gone. False where the lock is not held any more. */
static bool drive(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    while (is_connected(lane, exchange) && refill(lane, exchange)) {
        const pl_next_step next = step(lane, exchange, deadline);
        if (next == PL_GO_HOME)
            return false;
        if (next == PL_GIVE_UP) {
            abandon(lane, exchange);
            break;
        }
    }
    return true;
}

static void end_pass(pl_lane *lane, pl_exchange *exchange)
{
    if (lane->dialled == exchange->dialled) {
        pl_lane_look_after_death(lane);
        pl_lane_tell_finished(lane);
        pl_lane_close_if_unused(lane);
    }
    if (exchange->unsettled > 0 && exchange->reason == PODLINK_OK)
        set_connection_lost(lane, exchange);
}

/* False where there is no connection: the exchange knows why. */
static bool begin_pass(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    pl_exchange_rewind(exchange);
    lane->expected -= lane->expected > 0 ? 1 : 0;
    bool is_open = pl_lane_open(lane, exchange, now, deadline);
    exchange->dialled = lane->dialled;
    pl_lane_decide_to_look(lane, exchange, exchange->queued_at);
    return is_open;
}

/* Gives up the lock, and wakes whoever has to go on in our place. */
static void leave(pl_lane *lane)
{
    pl_exchange *heir = pl_lane_take_heir(lane, NULL);
    pthread_mutex_unlock(&lane->lock);
    pl_lane_tell_all(lane, heir);
}

void pl_lane_run(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    if (PL_MUTANT_IGNORES_DEADLINE)
        deadline = PL_NEVER;
    pthread_mutex_lock(&lane->lock);
    if (begin_pass(lane, exchange, now, deadline)) {
        if (!drive(lane, exchange, deadline))
            return;
        end_pass(lane, exchange);
    }
    leave(lane);
}

bool pl_lane_begin(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    pthread_mutex_lock(&lane->lock);
    bool has_begun = begin_pass(lane, exchange, now, deadline);
    if (has_begun && is_connected(lane, exchange) && fill(lane, exchange) && pl_lane_may_write(lane))
        pl_lane_write(lane, exchange);
    leave(lane);
    return has_begun;
}

/* Until more could be queued, which is sent at once. False where the pass is over. */
static bool advance(pl_lane *lane, pl_exchange *exchange, int64_t until, int64_t deadline)
{
    while (is_connected(lane, exchange)) {
        const uint32_t queued = exchange->next;
        if (!fill(lane, exchange))
            return false;
        if (exchange->next != queued) {
            if (pl_lane_may_write(lane))
                pl_lane_write(lane, exchange);
            return true;
        }
        const pl_next_step next = step(lane, exchange, until);
        if (next == PL_GO_ON)
            continue;
        if (next == PL_GO_HOME) { /* all is settled; the lock was given up */
            pthread_mutex_lock(&lane->lock);
            return false;
        }
        if (until < deadline && pl_until(deadline, pl_clock_now(lane->server->clock)) > 0)
            return true;
        abandon(lane, exchange);
        return false;
    }
    return false;
}

bool pl_lane_advance(pl_lane *lane, pl_exchange *exchange, int64_t until, int64_t deadline)
{
    pthread_mutex_lock(&lane->lock);
    bool goes_on = advance(lane, exchange, until, deadline);
    if (!goes_on)
        end_pass(lane, exchange);
    leave(lane);
    return goes_on;
}

/* --- credentials ---------------------------------------------------------------------------------------------- */

void pl_lane_outdate(pl_lane *lane, int64_t now)
{
    pthread_mutex_lock(&lane->lock);
    lane->outdated_at = now;
    lane->auth_not_before = 0;
    pthread_mutex_unlock(&lane->lock);
}

bool pl_lane_wants_auth(pl_lane *lane, int64_t now, pl_lane_auth *auth)
{
    if (!pl_credentials_are_shown(&lane->server->credentials, lane->server->login))
        return false;
    pthread_mutex_lock(&lane->lock);
    const bool is_old =
        lane->accepted_at <= lane->outdated_at || pl_until(now, lane->accepted_at) >= lane->server->credentials_age_ns;
    const bool wants = is_old && lane->state == PL_LANE_OPEN && now >= lane->auth_not_before;
    *auth = (pl_lane_auth){.generation = lane->dialled, .accepted_at = lane->accepted_at, .asked_at = now};
    pthread_mutex_unlock(&lane->lock);
    return wants;
}

static bool is_the_same(const pl_lane *lane, const pl_lane_auth *auth)
{
    return lane->state == PL_LANE_OPEN && lane->dialled == auth->generation;
}

void pl_lane_run_auth(pl_lane *lane, const pl_lane_auth *auth, pl_exchange *exchange, int64_t deadline)
{
    pl_exchange_rewind(exchange);
    pthread_mutex_lock(&lane->lock);
    exchange->queued_at = pl_clock_now(lane->server->clock);
    if (is_the_same(lane, auth)) {
        pl_count(&lane->counters.auths, 1);
        pl_lane_decide_to_look(lane, exchange, exchange->queued_at);
        exchange->dialled = lane->dialled;
        if (!drive(lane, exchange, deadline))
            pthread_mutex_lock(&lane->lock);
        end_pass(lane, exchange);
        if (is_the_same(lane, auth) && !lane->is_writing)
            pl_conn_wipe(&lane->conn);
    } else {
        set_connection_lost(lane, exchange);
    }
    leave(lane);
}

void pl_lane_note_auth(pl_lane *lane, const pl_lane_auth *auth)
{
    pthread_mutex_lock(&lane->lock);
    if (is_the_same(lane, auth) && lane->accepted_at < auth->asked_at)
        lane->accepted_at = auth->asked_at;
    pthread_mutex_unlock(&lane->lock);
}

void pl_lane_put_off_auth(pl_lane *lane, int64_t until)
{
    pthread_mutex_lock(&lane->lock);
    lane->auth_not_before = until;
    pthread_mutex_unlock(&lane->lock);
}

void pl_lane_end_auth(pl_lane *lane, const pl_lane_auth *auth, const char *why)
{
    pthread_mutex_lock(&lane->lock);
    if (is_the_same(lane, auth)) {
        pl_lane_fail(lane, PODLINK_ECONNLOST, why);
        pl_lane_tell_finished(lane);
        pl_lane_close_if_unused(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}

/* --- from outside --------------------------------------------------------------------------------------------- */

static void tick_open(pl_lane *lane, int64_t now)
{
    const pl_server *server = lane->server;
    if (!pl_lane_is_idle(lane)) {
        if (pl_line_length(&lane->conn.line) > 0 && pl_until(now, lane->heard_at) > server->silence_ns)
            pl_lane_fail(lane, PODLINK_ECONNLOST, "the server is silent");
        return;
    }
    pl_lane_check_idle(lane);
    if (!lane->conn.is_dead && pl_lane_is_idle(lane) && pl_until(now, lane->used_at) > server->idle_ns)
        pl_lane_fail(lane, PODLINK_ECONNLOST, "idle for too long");
}

void pl_lane_tick(pl_lane *lane, int64_t now)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->state == PL_LANE_OPEN)
        tick_open(lane, now);
    if (lane->state == PL_LANE_CLOSING) {
        pl_lane_tell_finished(lane);
        pl_lane_close_if_unused(lane);
    }
    leave(lane); /* who came during the check found a reader */
}

void pl_lane_end(pl_lane *lane, podlink_status status, const char *why)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->state == PL_LANE_OPEN) {
        pl_lane_fail(lane, status, why);
        pl_lane_tell_finished(lane);
        pl_lane_close_if_unused(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}

bool pl_lane_is_open(pl_lane *lane, uint32_t *in_line)
{
    pthread_mutex_lock(&lane->lock);
    bool is_open = lane->state == PL_LANE_OPEN;
    *in_line = is_open ? pl_line_length(&lane->conn.line) : 0;
    pthread_mutex_unlock(&lane->lock);
    return is_open;
}

void pl_lane_fini(pl_lane *lane, bool is_child)
{
    assert(is_child || !lane->parked);
    if (is_child) {
        /* The lock and the lists are as the parent's threads had them at the fork: only what is ours is given back. */
        pl_stream_close_inherited(&lane->stream);
        return;
    }
    if (lane->state == PL_LANE_OPEN) {
        pl_conn_fail(&lane->conn, PODLINK_ECLOSED, "the client is closed");
        pl_lane_tell_all(lane, pl_lane_take_finished(lane));
        pl_conn_fini(&lane->conn);
        pl_stream_close(&lane->stream);
    }
    pthread_mutex_destroy(&lane->lock);
}
