/* SPDX-License-Identifier: MIT */
/* Events in virtual time: this file replaces src/sync/event.c. */
#include "sync/event.h"

#include "seeded_random.h"
#include "sim_scheduler.h"

enum { SLOW_YIELD_ONE_IN = 100 };

static bool event_is_set(void *context)
{
    return atomic_load_explicit(&((pl_event *)context)->is_set, memory_order_acquire) != 0;
}

bool pl_event_wait(pl_event *event, int64_t wait_ns)
{
    if (event_is_set(event)) { /* no wait: the caller may hold a lock */
        if (!sim_holds_lock())
            sim_yield();
        return true;
    }
    bool is_set = sim_wait(event_is_set, event, wait_ns);
    while (!is_set && wait_ns == SIM_NEVER)
        is_set = sim_wait(event_is_set, event, wait_ns);
    return is_set;
}

/* The event may be destroyed as soon as it is set. */
void pl_event_set(pl_event *event)
{
    sim_yield();
    atomic_store_explicit(&event->is_set, 1, memory_order_release);
    sim_yield();
}

void pl_thread_sleep(int64_t ns)
{
    sim_sleep(ns);
}

/* Time passes meanwhile, so a loop of yields ends. Sometimes another busy thread has the processor. */
void pl_thread_yield(void)
{
    sim_sleep(random_one_in(SLOW_YIELD_ONE_IN) ? 4 * SIM_MS : SIM_US);
}
