/* SPDX-License-Identifier: MIT */
/* Callers that wait in line for a dedicated connection. */
#include "pool/waiters.h"

void pl_waiters_add(pl_waiters *waiters, pl_waiter *waiter)
{
    waiter->next = NULL;
    if (waiters->last)
        waiters->last->next = waiter;
    else
        waiters->first = waiter;
    waiters->last = waiter;
    waiters->count++;
}

pl_waiter *pl_waiters_pop(pl_waiters *waiters)
{
    pl_waiter *waiter = waiters->first;
    if (!waiter)
        return NULL;
    waiters->first = waiter->next;
    if (!waiters->first)
        waiters->last = NULL;
    waiters->count--;
    waiter->next = NULL;
    return waiter;
}

pl_waiter *pl_waiters_pop_all(pl_waiters *waiters)
{
    pl_waiter *all = waiters->first;
    *waiters = (pl_waiters){0};
    return all;
}

bool pl_waiters_remove(pl_waiters *waiters, pl_waiter *waiter)
{
    pl_waiter *before = NULL;
    pl_waiter *at = waiters->first;
    while (at && at != waiter) {
        before = at;
        at = at->next;
    }
    if (!at)
        return false;
    if (before)
        before->next = waiter->next;
    else
        waiters->first = waiter->next;
    if (waiters->last == waiter)
        waiters->last = before;
    waiters->count--;
    return true;
}

void pl_waiters_wake(pl_waiter *list)
{
    while (list) {
        pl_waiter *next = list->next;
        pl_event_set(&list->event);
        list = next;
    }
}
