/* SPDX-License-Identifier: MIT */
/* A waitset in virtual time: this file replaces src/sync/waitset.c. A set waiter wakes when all are woken, in any
 * order, or earlier, as with shared indexes. */
#include "sync/waitset.h"

#include "sim_scheduler.h"

uint16_t pl_waitset_add(pl_waitset *waitset)
{
    (void)waitset;
    return 0;
}

void pl_waitset_remove(pl_waitset *waitset, uint16_t index)
{
    (void)waitset;
    (void)index;
}

bool pl_waitset_wait(pl_waitset *waitset, uint16_t index, pl_event *event, int64_t wait_ns)
{
    (void)waitset;
    (void)index;
    return pl_event_wait(event, wait_ns);
}

void pl_waitset_set(pl_waitset_wakeups *wakeups, uint16_t index, pl_event *event)
{
    (void)wakeups;
    (void)index;
    pl_event_set(event);
}

void pl_waitset_wake(pl_waitset *waitset, const pl_waitset_wakeups *wakeups)
{
    (void)waitset;
    (void)wakeups;
}
