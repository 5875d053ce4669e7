/* SPDX-License-Identifier: MIT */
/* One-shot wake-up of one thread: one word, no lock. */
#ifndef PL_SYNC_EVENT_H
#define PL_SYNC_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_event {
    _Atomic uint32_t is_set;
} pl_event;

/** Clears the event. The thread that will wait calls it before each wait, while no other thread can set the event. */
static inline void pl_event_init(pl_event *event)
{
    atomic_store_explicit(&event->is_set, 0, memory_order_relaxed);
}

static inline bool pl_event_is_set(const pl_event *event)
{
    return atomic_load_explicit(&event->is_set, memory_order_acquire) != 0;
}

/** Waits until the event is set.
 *  @return false: wait_ns have passed first, or a signal has interrupted the wait. PL_NEVER waits without limit */
bool pl_event_wait(pl_event *event, int64_t wait_ns);

/** Sets the event: the waiting thread continues, or its next wait returns at once. That thread may free the event as
 * soon as is_set is 1; the wake-up uses only the address, not the memory. */
void pl_event_set(pl_event *event);

/** Yields the processor to another runnable thread. */
void pl_thread_yield(void);

/** Sleeps for ns nanoseconds, or until a signal. */
void pl_thread_sleep(int64_t ns);

#endif
