/* SPDX-License-Identifier: MIT */
/* The owners that wait for a shared connection: for their answers, or for a connection. All under the shared
 * connection's lock, unless said otherwise; what tells an owner gives it up meanwhile, and the connection may be
 * another afterwards. */
#ifndef PL_POOL_SHARED_WAIT_H
#define PL_POOL_SHARED_WAIT_H

#include "pool/shared_conn.h"

/** What a caller has to do next. */
typedef enum pl_next_step {
    PL_GO_ON,
    PL_GIVE_UP, /* its deadline has come */
    PL_GO_HOME  /* all is completed; the lock is not held any more */
} pl_next_step;

/** Waits until told, or until the deadline. The lock is given up meanwhile. */
pl_next_step pl_shared_conn_add_waiting(pl_shared_conn *shared, pl_request *request, int64_t deadline);

/** The same in two steps, for one who does something else before it sleeps. The first, with the lock, which the caller
 *  gives up then.
 *  @param wait_ns  out: how long to wait
 *  @return false: the deadline has come */
bool pl_shared_conn_join(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline, int64_t *wait_ns);

/** The second, without the lock. @param index  of the request, while the lock was held */
pl_next_step pl_shared_conn_sleep(pl_shared_conn *shared, pl_request *request, uint16_t wait_index, int64_t wait_ns);

/** Takes the owners that are to be told of their answers off the list of those who wait: the result is a list for
 *  pl_shared_conn_wake(). The others are in a role, and will see for themselves when they have the lock again. */
pl_request *pl_shared_conn_take_finished(pl_shared_conn *shared);

/** Those whose deadline has come, and that have no timer: ahead of others that are to be told. */
pl_request *pl_shared_conn_take_overdue(pl_shared_conn *shared, int64_t now, pl_request *to_wake);

/** Whoever leaves makes sure that the others are not left waiting for what nobody does: one of them is to go on, the
 * one whose reply comes last. Ahead of others that are to be told. */
pl_request *pl_shared_conn_take_next_leader(pl_shared_conn *shared, pl_request *to_wake);

void pl_shared_conn_wake(pl_shared_conn *shared, pl_request *to_wake);

/** The same without the lock. An owner may be gone as soon as it is told. */
void pl_shared_conn_wake_all(pl_shared_conn *shared, pl_request *to_wake);

void pl_shared_conn_wake_finished(pl_shared_conn *shared);

/** Everybody looks again: the state of the connection has changed. */
void pl_shared_conn_wake_waiting(pl_shared_conn *shared);

#endif
