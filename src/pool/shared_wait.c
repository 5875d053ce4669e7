/* SPDX-License-Identifier: MIT */
/* The owners that wait for a shared connection, in a list, the last one first. Each sits in the shared connection's
 * waitset, so that all who are told together are woken together. */
#include "pool/shared_wait.h"

#include <assert.h>

static void waiting_add(pl_shared_conn *shared, pl_request *request)
{
    request->waiting = true;
    request->wait_index = pl_waitset_add(&shared->waitset);
    request->prev_waiting = NULL;
    request->next_waiting = shared->waiting;
    if (shared->waiting)
        shared->waiting->prev_waiting = request;
    shared->waiting = request;
    shared->waiting_count++;
}

static void waiting_remove(pl_shared_conn *shared, pl_request *request)
{
    request->waiting = false;
    shared->waiting_count--;
    pl_waitset_remove(&shared->waitset, request->wait_index);
    if (request->prev_waiting)
        request->prev_waiting->next_waiting = request->next_waiting;
    else
        shared->waiting = request->next_waiting;
    if (request->next_waiting)
        request->next_waiting->prev_waiting = request->prev_waiting;
}

pl_request *pl_shared_conn_take_finished(pl_shared_conn *shared)
{
    pl_request *to_wake = NULL;
    pl_request *next;
    assert(shared->state != PL_SHARED_CONN_DIALLING); /* the handshake's are not ours */
    for (pl_request *x = pl_conn_take_finished(&shared->conn); x; x = next) {
        next = x->next_finished;
        if (!x->waiting && !x->ops->finished)
            continue;
        if (x->waiting) {
            waiting_remove(shared, x);
            x->is_through = x->incomplete == 0;
            shared->expected++;
        }
        x->next_waiting = to_wake;
        to_wake = x;
    }
    return to_wake;
}

void pl_shared_conn_wake_all(pl_shared_conn *shared, pl_request *to_wake)
{
    pl_waitset_wakeups call = {{0}};
    while (to_wake) {
        pl_request *next = to_wake->next_waiting;
        if (to_wake->ops->finished)
            to_wake->ops->finished(to_wake);
        else
            pl_waitset_set(&call, to_wake->wait_index, &to_wake->event);
        to_wake = next;
    }
    pl_waitset_wake(&shared->waitset, &call);
}

/* Takes an owner off the event list, for pl_shared_conn_wake_all(). Its reply may come meanwhile. */
static pl_request *take_waiting(pl_shared_conn *shared, pl_request *request, pl_request *to_wake)
{
    waiting_remove(shared, request);
    request->next_waiting = to_wake;
    return request;
}

void pl_shared_conn_wake(pl_shared_conn *shared, pl_request *to_wake)
{
    if (!to_wake)
        return;
    pthread_mutex_unlock(&shared->lock);
    pl_shared_conn_wake_all(shared, to_wake);
    pthread_mutex_lock(&shared->lock);
}

void pl_shared_conn_wake_finished(pl_shared_conn *shared)
{
    pl_shared_conn_wake(shared, pl_shared_conn_take_finished(shared));
}

void pl_shared_conn_wake_waiting(pl_shared_conn *shared)
{
    pl_request *to_wake = NULL;
    while (shared->waiting)
        to_wake = take_waiting(shared, shared->waiting, to_wake);
    pl_shared_conn_wake(shared, to_wake);
}

pl_request *pl_shared_conn_take_overdue(pl_shared_conn *shared, int64_t now, pl_request *to_wake)
{
    pl_request *next;
    if (now < shared->due)
        return to_wake;
    shared->due = PL_NEVER;
    for (pl_request *x = shared->waiting; x; x = next) {
        next = x->next_waiting;
        if (x->deadline <= now)
            to_wake = take_waiting(shared, x, to_wake);
        else if (x->deadline < shared->due)
            shared->due = x->deadline;
    }
    return to_wake;
}

/* How long an owner has to wait for itself. A timer for each wait costs the kernel as much as the rest of it: where
 * there is a reader that will be back by the deadline, it minds it. */
static int64_t time_to_wait(pl_shared_conn *shared, int64_t deadline, int64_t now)
{
    if (deadline < shared->reader_back_at)
        return pl_until(deadline, now);
    if (deadline < shared->due)
        shared->due = deadline;
    return PL_NEVER;
}

bool pl_shared_conn_join(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline, int64_t *wait_ns)
{
    if (pl_until(deadline, now) == 0)
        return false;
    *wait_ns = time_to_wait(shared, deadline, now);
    pl_event_init(&request->event);
    request->deadline = deadline;
    request->is_through = false;
    waiting_add(shared, request);
    return true;
}

pl_next_step pl_shared_conn_sleep(pl_shared_conn *shared, pl_request *request, uint16_t wait_index, int64_t wait_ns)
{
    bool is_woken =
        pl_event_is_set(&request->event) || pl_waitset_wait(&shared->waitset, wait_index, &request->event, wait_ns);
    if (is_woken && request->is_through)
        return PL_GO_HOME; /* many are, at the same time: none of them wants the lock for nothing */
    pthread_mutex_lock(&shared->lock);
    if (!is_woken && request->waiting) {
        waiting_remove(shared, request);
    } else if (!is_woken) { /* somebody has taken us off the list and is about to tell us: it must not find us gone */
        pthread_mutex_unlock(&shared->lock);
        pl_waitset_wait(&shared->waitset, wait_index, &request->event, PL_NEVER);
        pthread_mutex_lock(&shared->lock);
    }
    if (shared->next_leader == request)
        shared->next_leader = NULL;
    return PL_GO_ON; /* the deadline is looked at by the next round */
}

pl_next_step pl_shared_conn_add_waiting(pl_shared_conn *shared, pl_request *request, int64_t deadline)
{
    int64_t wait_ns = 0;
    if (!pl_shared_conn_join(shared, request, pl_clock_now(shared->server->clock), deadline, &wait_ns))
        return PL_GIVE_UP;
    const uint16_t wait_index = request->wait_index;
    pthread_mutex_unlock(&shared->lock);
    return pl_shared_conn_sleep(shared, request, wait_index, wait_ns);
}

pl_request *pl_shared_conn_take_next_leader(pl_shared_conn *shared, pl_request *to_wake)
{
    if (shared->state != PL_SHARED_CONN_OPEN || !shared->waiting || shared->next_leader)
        return to_wake;
    bool nobody_reads = !shared->is_reading && !shared->is_polling;
    bool nobody_writes =
        pl_conn_has_output(&shared->conn) && !shared->is_writing && !shared->is_coalescing && !shared->is_watched;
    if (!nobody_reads && !nobody_writes)
        return to_wake;
    shared->next_leader = take_waiting(shared, shared->waiting, to_wake);
    return shared->next_leader;
}
