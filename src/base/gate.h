/* Counts who is inside, in two generations: so that what was taken out of sight can be freed once nobody is inside who
 * may have seen it. No lock, and nothing is waited for. */
#ifndef PL_BASE_GATE_H
#define PL_BASE_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_gate {
    _Atomic uint32_t inside[2]; /* of the even and the odd generations */
    _Atomic uint32_t generation;
    _Atomic bool is_closed;
} pl_gate;

/** Goes in. False where it is closed.
 *  @param generation  out, for pl_gate_leave() */
static inline bool pl_gate_enter(pl_gate *gate, uint32_t *generation)
{
    /* Counted first, then looked: so whoever closes or turns the gate sees us, or we see that it was done. */
    for (;;) {
        *generation = atomic_load(&gate->generation);
        atomic_fetch_add(&gate->inside[*generation & 1], 1);
        if (atomic_load(&gate->is_closed)) {
            atomic_fetch_sub(&gate->inside[*generation & 1], 1);
            return false;
        }
        if (atomic_load(&gate->generation) == *generation)
            return true;
        atomic_fetch_sub(&gate->inside[*generation & 1], 1);
    }
}

static inline void pl_gate_leave(pl_gate *gate, uint32_t generation)
{
    atomic_fetch_sub_explicit(&gate->inside[generation & 1], 1, memory_order_release);
}

/** Begins another generation, where nobody of the one before the present one is inside any more. What was taken out of
 *  sight before the latest turn but one can be freed. By one thread at a time.
 *  @return how many generations have begun */
static inline uint32_t pl_gate_turn(pl_gate *gate)
{
    uint32_t generation = atomic_load(&gate->generation);
    if (atomic_load(&gate->inside[(generation + 1) & 1]) == 0)
        atomic_store(&gate->generation, ++generation);
    return generation;
}

static inline void pl_gate_close(pl_gate *gate)
{
    atomic_store(&gate->is_closed, true);
}

/** How many are inside, exact once it is closed and they only leave. */
static inline uint32_t pl_gate_inside(pl_gate *gate)
{
    return atomic_load(&gate->inside[0]) + atomic_load(&gate->inside[1]);
}

#endif
