/* A thread that waits until another tells it to go on: one word, no lock. */
#ifndef PL_BASE_PARK_H
#define PL_BASE_PARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_park {
    _Atomic uint32_t told;
} pl_park;

/** Before each wait, by the thread that will wait, while no other can tell it. */
static inline void pl_park_init(pl_park *park)
{
    atomic_store_explicit(&park->told, 0, memory_order_relaxed);
}

static inline bool pl_park_is_told(const pl_park *park)
{
    return atomic_load_explicit(&park->told, memory_order_acquire) != 0;
}

/** Waits until told. @return false where wait_ns have passed first; PL_NEVER waits for ever */
bool pl_park_wait(pl_park *park, int64_t wait_ns);

/** Lets the waiting thread go on, or its next wait return at once. The park may be gone as soon as told is set, by the
 *  thread that owns it: the wake-up touches only its address. */
void pl_park_tell(pl_park *park);

/** Lets another thread run that can. */
void pl_park_yield(void);

/** Sleeps. */
void pl_park_sleep(int64_t ns);

#endif
