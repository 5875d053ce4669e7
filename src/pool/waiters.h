/* SPDX-License-Identifier: MIT */
/* The queue of callers that wait for a dedicated connection. Call all functions but pl_waiters_wake() with the lock of
 * the owner. */
#ifndef PL_POOL_WAITERS_H
#define PL_POOL_WAITERS_H

#include "pool/dedicated_conn.h"
#include "sync/event.h"

#include <stdbool.h>
#include <stdint.h>

/** A caller that waits; on its stack. */
typedef struct pl_waiter {
    pl_event event;
    pl_dedicated_conn *dedicated; /* the result: a connection, */
    bool may_dial;                /* or the right to dial one, */
    bool is_closed;               /* or the pool was closed, */
    bool has_failed;              /* or there is none and dialling is not due yet: dial_fault has the reason */
    struct pl_waiter *next;
} pl_waiter;

/** First come, first served. All zeros: empty. */
typedef struct pl_waiters {
    pl_waiter *first;
    pl_waiter *last;
    uint32_t count;
} pl_waiters;

void pl_waiters_add(pl_waiters *waiters, pl_waiter *waiter);

/** Removes the first. @return NULL: the queue is empty */
pl_waiter *pl_waiters_pop(pl_waiters *waiters);

/** Removes all. @return a list of them, or NULL */
pl_waiter *pl_waiters_pop_all(pl_waiters *waiters);

/** A caller gives up. @return false: it is no longer in the queue; it has a result, and its event is about to be set */
bool pl_waiters_remove(pl_waiters *waiters, pl_waiter *waiter);

/** Wakes a list of removed waiters. Without the lock: each of them may be gone afterwards. */
void pl_waiters_wake(pl_waiter *list);

#endif
