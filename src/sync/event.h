/* SPDX-License-Identifier: MIT */
/* A thread that waits until another tells it to go on: one word, no lock. */
#ifndef PL_SYNC_EVENT_H
#define PL_SYNC_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_event {
    _Atomic uint32_t is_set;
} pl_event;

/** Before each wait, by the thread that will wait, while no other can tell it. */
static inline void pl_event_init(pl_event *event)
{
    atomic_store_explicit(&event->is_set, 0, memory_order_relaxed);
}

static inline bool pl_event_is_set(const pl_event *event)
{
    return atomic_load_explicit(&event->is_set, memory_order_acquire) != 0;
}

/** Waits until told. @return false where wait_ns have passed first; PL_NEVER waits for ever */
bool pl_event_wait(pl_event *event, int64_t wait_ns);

/** Lets the waiting thread go on, or its next wait return at once. The event may be gone as soon as told is set, by the
 *  thread that owns it: the wake-up touches only its address. */
void pl_event_set(pl_event *event);

/** Lets another thread run that can. */
void pl_thread_yield(void);

/** Sleeps. */
void pl_thread_sleep(int64_t ns);

#endif
