/* SPDX-License-Identifier: MIT */
/* The followers of a shared connection: callers that wait for their replies, for a dial, or for the end of a
 * connection. All functions need the connection's lock, unless they say otherwise. Those that wake callers release it
 * meanwhile, and there may be another connection afterwards. */
#ifndef PL_POOL_SHARED_WAIT_H
#define PL_POOL_SHARED_WAIT_H

#include "pool/shared_conn.h"

/** What a caller does after a step of its attempt. */
typedef enum pl_step_result {
    PL_STEP_CONTINUE,
    PL_STEP_TIMED_OUT, /* its deadline has come */
    PL_STEP_COMPLETE   /* all its commands are completed; the lock is not held any more */
} pl_step_result;

/** Waits until another thread changes the connection's state, or until the deadline. Releases the lock meanwhile. */
pl_step_result pl_shared_conn_wait_for_state(pl_shared_conn *conn, pl_caller *caller, int64_t deadline);

/** A wait in two parts, for a caller that does something else before it sleeps. The first part adds it to the
 * followers; then it releases the lock.
 *  @param wait_ns  out: how long to sleep
 *  @return false: the deadline has come */
bool pl_shared_conn_begin_wait(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline,
                               int64_t *wait_ns);

/** The second part sleeps. Called without the lock, returns with it, except for PL_STEP_COMPLETE.
 *  @param wait_index  the caller's, read while the lock was held */
pl_step_result pl_shared_conn_end_wait(pl_shared_conn *conn, pl_caller *caller, uint16_t wait_index, int64_t wait_ns);

/* Lists of requests whose callers have to be woken are linked by next_wake. A request for which nobody waits may be in
 * one, too: then its ops->finished is called. */

/** Takes from the followers those that have to be woken because of their replies. Callers in a role are left out: they
 *  find out when they have the lock again.
 *  @return a list to wake; NULL: none */
pl_request *pl_shared_conn_take_finished(pl_shared_conn *conn);

/** Takes those that sleep without a timer and whose deadline has come. @return the list with them in front */
pl_request *pl_shared_conn_take_overdue(pl_shared_conn *conn, int64_t now, pl_request *to_wake);

/** A leader that leaves must not leave work behind that nobody does. If nobody reads, or nobody writes what is queued,
 *  takes the next leader: the latest follower, whose reply comes last. @return the list with it in front */
pl_request *pl_shared_conn_take_next_leader(pl_shared_conn *conn, pl_request *to_wake);

/** Wakes a list. Releases the lock meanwhile, unless the list is empty. */
void pl_shared_conn_wake(pl_shared_conn *conn, pl_request *to_wake);

/** The same, called without the lock. A caller may be gone as soon as it is woken. */
void pl_shared_conn_wake_unlocked(pl_shared_conn *conn, pl_request *to_wake);

void pl_shared_conn_wake_finished(pl_shared_conn *conn);

/** Wakes all followers: the connection's state has changed. */
void pl_shared_conn_wake_followers(pl_shared_conn *conn);

#endif
