/* SPDX-License-Identifier: MIT */
/* The followers of a shared connection. Each has an index in the connection's waitset, so that all callers that are
 * woken together are woken by one system call. */
#include "pool/shared_wait.h"

#include <assert.h>

static void add_follower(pl_followers *followers, pl_caller *caller)
{
    caller->is_waiting = true;
    caller->wait_index = pl_waitset_add(&followers->waitset);
    caller->previous = NULL;
    caller->next = followers->latest;
    if (followers->latest)
        followers->latest->previous = caller;
    followers->latest = caller;
    followers->count++;
}

static void remove_follower(pl_followers *followers, pl_caller *caller)
{
    caller->is_waiting = false;
    followers->count--;
    pl_waitset_remove(&followers->waitset, caller->wait_index);
    if (caller->previous)
        caller->previous->next = caller->next;
    else
        followers->latest = caller->next;
    if (caller->next)
        caller->next->previous = caller->previous;
}

/* --- whom to wake --------------------------------------------------------------------------------------------- */

pl_request *pl_shared_conn_take_finished(pl_shared_conn *conn)
{
    pl_request *to_wake = NULL;
    pl_request *next;
    assert(conn->state != PL_SHARED_CONN_DIALLING); /* the requests of a handshake have no caller */
    for (pl_request *x = pl_conn_take_finished(&conn->protocol); x; x = next) {
        next = x->next_finished;
        const bool is_waiting = x->caller && x->caller->is_waiting;
        if (!is_waiting && !x->ops->finished)
            continue;
        if (is_waiting) {
            remove_follower(&conn->followers, x->caller);
            x->caller->is_complete = pl_request_is_complete(x);
            conn->seen.returning++;
        }
        x->next_wake = to_wake;
        to_wake = x;
    }
    return to_wake;
}

/* The follower's reply may arrive before it is woken. */
static pl_request *take_follower(pl_shared_conn *conn, pl_caller *caller, pl_request *to_wake)
{
    remove_follower(&conn->followers, caller);
    caller->request->next_wake = to_wake;
    return caller->request;
}

pl_request *pl_shared_conn_take_overdue(pl_shared_conn *conn, int64_t now, pl_request *to_wake)
{
    pl_followers *followers = &conn->followers;
    pl_caller *next;
    if (now < followers->due)
        return to_wake;
    followers->due = PL_NEVER;
    for (pl_caller *x = followers->latest; x; x = next) {
        next = x->next;
        if (x->deadline <= now)
            to_wake = take_follower(conn, x, to_wake);
        else if (x->deadline < followers->due)
            followers->due = x->deadline;
    }
    return to_wake;
}

pl_request *pl_shared_conn_take_next_leader(pl_shared_conn *conn, pl_request *to_wake)
{
    const pl_leaders *leaders = &conn->leaders;
    pl_followers *followers = &conn->followers;
    if (conn->state != PL_SHARED_CONN_OPEN || !followers->latest || followers->next_leader)
        return to_wake;
    bool nobody_reads = !leaders->is_reading && !leaders->is_polling;
    bool nobody_writes =
        pl_conn_has_output(&conn->protocol) && !leaders->is_writing && !leaders->is_coalescing && !leaders->is_watching;
    if (!nobody_reads && !nobody_writes)
        return to_wake;
    followers->next_leader = followers->latest;
    return take_follower(conn, followers->latest, to_wake);
}

/* --- waking --------------------------------------------------------------------------------------------------- */

void pl_shared_conn_wake_unlocked(pl_shared_conn *conn, pl_request *to_wake)
{
    pl_waitset_wakeups wakeups = {{0}};
    while (to_wake) {
        pl_request *next = to_wake->next_wake; /* read before: the request may be gone afterwards */
        if (to_wake->ops->finished)
            to_wake->ops->finished(to_wake);
        else
            pl_waitset_set(&wakeups, to_wake->caller->wait_index, &to_wake->caller->event);
        to_wake = next;
    }
    pl_waitset_wake(&conn->followers.waitset, &wakeups);
}

void pl_shared_conn_wake(pl_shared_conn *conn, pl_request *to_wake)
{
    if (!to_wake)
        return;
    pthread_mutex_unlock(&conn->lock);
    pl_shared_conn_wake_unlocked(conn, to_wake);
    pthread_mutex_lock(&conn->lock);
}

void pl_shared_conn_wake_finished(pl_shared_conn *conn)
{
    pl_shared_conn_wake(conn, pl_shared_conn_take_finished(conn));
}

void pl_shared_conn_wake_followers(pl_shared_conn *conn)
{
    pl_request *to_wake = NULL;
    while (conn->followers.latest)
        to_wake = take_follower(conn, conn->followers.latest, to_wake);
    pl_shared_conn_wake(conn, to_wake);
}

/* --- waiting -------------------------------------------------------------------------------------------------- */

/* How long a follower sleeps. A timer for each sleep costs the kernel as much as the rest of it. So if a reader will be
 * back before the deadline, that reader watches the deadline, and the follower sleeps without a timer. */
static int64_t time_to_wait(pl_shared_conn *conn, int64_t deadline, int64_t now)
{
    if (deadline < conn->leaders.reader_back_at)
        return pl_until(deadline, now);
    if (deadline < conn->followers.due)
        conn->followers.due = deadline;
    return PL_NEVER;
}

bool pl_shared_conn_begin_wait(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline, int64_t *wait_ns)
{
    if (pl_until(deadline, now) == 0)
        return false;
    *wait_ns = time_to_wait(conn, deadline, now);
    pl_event_init(&caller->event);
    caller->deadline = deadline;
    caller->is_complete = false;
    add_follower(&conn->followers, caller);
    return true;
}

pl_step_result pl_shared_conn_end_wait(pl_shared_conn *conn, pl_caller *caller, uint16_t wait_index, int64_t wait_ns)
{
    pl_waitset *waitset = &conn->followers.waitset;
    bool is_woken = pl_event_is_set(&caller->event) || pl_waitset_wait(waitset, wait_index, &caller->event, wait_ns);
    if (is_woken && caller->is_complete)
        return PL_STEP_COMPLETE; /* many callers are at the same time: none of them needs the lock */
    pthread_mutex_lock(&conn->lock);
    if (!is_woken && caller->is_waiting) {
        remove_follower(&conn->followers, caller);
    } else if (!is_woken) { /* another thread has taken us from the list and is about to set our event: wait for that */
        pthread_mutex_unlock(&conn->lock);
        pl_waitset_wait(waitset, wait_index, &caller->event, PL_NEVER);
        pthread_mutex_lock(&conn->lock);
    }
    if (conn->followers.next_leader == caller)
        conn->followers.next_leader = NULL;
    return PL_STEP_CONTINUE; /* the next step checks the deadline */
}

pl_step_result pl_shared_conn_wait_for_state(pl_shared_conn *conn, pl_caller *caller, int64_t deadline)
{
    int64_t wait_ns = 0;
    if (!pl_shared_conn_begin_wait(conn, caller, pl_clock_now(conn->server->clock), deadline, &wait_ns))
        return PL_STEP_TIMED_OUT;
    const uint16_t wait_index = caller->wait_index;
    pthread_mutex_unlock(&conn->lock);
    return pl_shared_conn_end_wait(conn, caller, wait_index, wait_ns);
}
