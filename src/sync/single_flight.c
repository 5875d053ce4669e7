/* SPDX-License-Identifier: MIT */
/* Single flight: one caller does the work, the others wait for its end. */
#include "sync/single_flight.h"

bool pl_single_flight_join(pl_single_flight **running, pl_single_flight *own)
{
    pl_single_flight *leader = *running;
    own->leader = leader;
    own->next = NULL;
    if (!leader) {
        *running = own;
        return true;
    }
    pl_event_init(&own->event);
    own->next = leader->next;
    leader->next = own;
    return false;
}

pl_single_flight *pl_single_flight_end(pl_single_flight **running)
{
    pl_single_flight *waiters = (*running)->next;
    *running = NULL;
    for (pl_single_flight *waiter = waiters; waiter; waiter = waiter->next)
        waiter->leader = NULL;
    return waiters;
}

void pl_single_flight_wake(pl_single_flight *waiters)
{
    while (waiters) {
        pl_single_flight *next = waiters->next; /* read before the wake-up: the waiter may be gone after it */
        pl_event_set(&waiters->event);
        waiters = next;
    }
}

/* Removes a waiter after a time-out. False: the work has ended meanwhile. The leader is about to wake this waiter, so
 * the waiter must not return and free its stack frame yet. */
static bool leave(pl_single_flight *own, pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    const bool is_listed = own->leader != NULL;
    if (is_listed) {
        pl_single_flight **at = &own->leader->next;
        while (*at != own)
            at = &(*at)->next;
        *at = own->next;
    }
    pthread_mutex_unlock(lock);
    return is_listed;
}

bool pl_single_flight_wait(pl_single_flight *own, pthread_mutex_t *lock, const pl_clock *clock, int64_t deadline)
{
    int64_t left = pl_until(deadline, pl_clock_now(clock));
    while (!pl_event_wait(&own->event, left)) {
        left = pl_until(deadline, pl_clock_now(clock));
        if (left > 0)
            continue;
        if (leave(own, lock))
            return false;
        left = PL_NEVER;
    }
    return true;
}
