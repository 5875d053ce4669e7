/* SPDX-License-Identifier: MIT */
/* Single flight: several callers need the same work done. The first of them, the leader, does it; the others wait until
 * it has ended, and then check whether they have what they need.
 *
 * The owner of the shared state keeps one pointer, NULL while the work is not running, and protects it with its own
 * mutex. Each caller has a pl_single_flight on its stack. Nothing is allocated, and the owner's pointer may move in
 * memory.
 *
 *     pl_single_flight own;
 *     pthread_mutex_lock(&owner->lock);
 *     const bool is_leader = pl_single_flight_join(&owner->flight, &own);
 *     pthread_mutex_unlock(&owner->lock);
 *     if (is_leader) {
 *         ... do the work without the lock ...
 *         pthread_mutex_lock(&owner->lock);
 *         ... store the result ...
 *         pl_single_flight *waiters = pl_single_flight_end(&owner->flight);
 *         pthread_mutex_unlock(&owner->lock);
 *         pl_single_flight_wake(waiters);
 *     } else if (!pl_single_flight_wait(&own, &owner->lock, clock, deadline)) {
 *         ... timed out ...
 *     }
 *
 * A caller that does not want to wait checks the owner's pointer before it joins. */
#ifndef PL_SYNC_SINGLE_FLIGHT_H
#define PL_SYNC_SINGLE_FLIGHT_H

#include "base/clock.h"
#include "sync/event.h"

#include <pthread.h>
#include <stdbool.h>

/** One caller, leader or waiter. It must stay valid until pl_single_flight_wake() (leader) or pl_single_flight_wait()
 * (waiter) has returned. */
typedef struct pl_single_flight {
    pl_event event;                  /* of a waiter: the work has ended */
    struct pl_single_flight *leader; /* of a waiter, NULL once the work has ended; protected by the owner's lock */
    struct pl_single_flight *next;   /* of the leader: the first waiter; of a waiter: the next one */
} pl_single_flight;

/** Joins the running work, or begins it. The owner's lock is held.
 *  @param running  the owner's pointer
 *  @return true: this caller is the leader, and must call pl_single_flight_end(); false: it is a waiter, and must call
 *  pl_single_flight_wait() */
bool pl_single_flight_join(pl_single_flight **running, pl_single_flight *own);

/** Ends the work, successful or not. Called by the leader, with the owner's lock held: the next caller that joins is a
 *  leader again.
 *  @return the waiters, for pl_single_flight_wake() */
pl_single_flight *pl_single_flight_end(pl_single_flight **running);

/** Wakes a list of waiters, the latest first. Called without the lock. The waiters may be gone when it returns. */
void pl_single_flight_wake(pl_single_flight *waiters);

/** Waits until the leader has ended the work. Called without the lock.
 *  @param lock  the owner's
 *  @return false: the deadline came first. Blocks until the deadline at most */
bool pl_single_flight_wait(pl_single_flight *own, pthread_mutex_t *lock, const pl_clock *clock, int64_t deadline);

#endif
