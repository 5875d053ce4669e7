/* Waiting for another, in virtual time: this file takes the place of src/base/park.c. */
#include "base/park.h"

#include "chance.h"
#include "scheduler.h"

enum { SLOW_TURN_ONE_IN = 100 };

static bool is_told(void *context)
{
    return atomic_load_explicit(&((pl_park *)context)->told, memory_order_acquire) != 0;
}

bool pl_park_wait(pl_park *park, int64_t wait_ns)
{
    if (is_told(park)) { /* that is no waiting: a lock may be held */
        if (!sim_holds_lock())
            sim_yield();
        return true;
    }
    bool told = sim_wait(is_told, park, wait_ns);
    while (!told && wait_ns == SIM_NEVER)
        told = sim_wait(is_told, park, wait_ns);
    return told;
}

/* The park may be gone as soon as it is told. */
void pl_park_tell(pl_park *park)
{
    sim_yield();
    atomic_store_explicit(&park->told, 1, memory_order_release);
    sim_yield();
}

void pl_park_sleep(int64_t ns)
{
    sim_sleep(ns);
}

/* Time passes meanwhile: who looks again and again comes to an end. Now and then a busy thread has the processor. */
void pl_park_yield(void)
{
    sim_sleep(chance_one_in(SLOW_TURN_ONE_IN) ? 4 * SIM_MS : SIM_US);
}
