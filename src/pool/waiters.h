/* SPDX-License-Identifier: MIT */
/* Callers in line for a dedicated connection. All but pl_waiters_tell() under the lock of the line's owner. */
#ifndef PL_POOL_WAITERS_H
#define PL_POOL_WAITERS_H

#include "pool/dedicated_conn.h"
#include "sync/event.h"

#include <stdbool.h>
#include <stdint.h>

/** A caller that waits; on its stack. */
typedef struct pl_waiter {
    pl_event event;
    pl_dedicated_conn *dedicated; /* given: a connection, */
    bool may_dial;                /* or the right to dial one, */
    bool is_closed;               /* or the news that there will be none, */
    bool has_failed;              /* or that there is none and nobody may dial yet: dial_fault has the reason */
    struct pl_waiter *next;
} pl_waiter;

/** Served in the order in which they came. All zeros: nobody waits. */
typedef struct pl_waiters {
    pl_waiter *first;
    pl_waiter *last;
    uint32_t count;
} pl_waiters;

void pl_waiters_add(pl_waiters *waiters, pl_waiter *waiter);

/** Takes the first out of the line. @return NULL: nobody waits */
pl_waiter *pl_waiters_pop(pl_waiters *waiters);

/** Takes all out of the line. @return a list of them, or NULL */
pl_waiter *pl_waiters_pop_all(pl_waiters *waiters);

/** One gives up. @return false: it is not in the line any more, it has been given something and is about to be told */
bool pl_waiters_remove(pl_waiters *waiters, pl_waiter *waiter);

/** Wakes a list of those who were taken out. Without the lock: each of them may be gone afterwards. */
void pl_waiters_tell(pl_waiter *list);

#endif
