/* SPDX-License-Identifier: MIT */
/* Counts who is inside, in two epochs: so that what was taken out of sight can be freed once nobody is inside who
 * may have seen it. No lock, and nothing is waited for. */
#ifndef PL_SYNC_EPOCH_H
#define PL_SYNC_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_epoch {
    _Atomic uint32_t inside[2]; /* of the even and the odd epochs */
    _Atomic uint32_t current;
    _Atomic bool is_closed;
} pl_epoch;

/** Goes in. False where it is closed.
 *  @param epoch  out, for pl_epoch_leave() */
static inline bool pl_epoch_enter(pl_epoch *epoch, uint32_t *number)
{
    /* Counted first, then looked: so whoever closes or turns the epoch sees us, or we see that it was done. */
    for (;;) {
        *number = atomic_load(&epoch->current);
        atomic_fetch_add(&epoch->inside[*number & 1], 1);
        if (atomic_load(&epoch->is_closed)) {
            atomic_fetch_sub(&epoch->inside[*number & 1], 1);
            return false;
        }
        if (atomic_load(&epoch->current) == *number)
            return true;
        atomic_fetch_sub(&epoch->inside[*number & 1], 1);
    }
}

static inline void pl_epoch_leave(pl_epoch *epoch, uint32_t number)
{
    atomic_fetch_sub_explicit(&epoch->inside[number & 1], 1, memory_order_release);
}

/** Begins another epoch, where nobody of the one before the present one is inside any more. What was taken out of
 *  sight before the latest turn but one can be freed. By one thread at a time.
 *  @return how many epochs have begun */
static inline uint32_t pl_epoch_advance(pl_epoch *epoch)
{
    uint32_t number = atomic_load(&epoch->current);
    if (atomic_load(&epoch->inside[(number + 1) & 1]) == 0)
        atomic_store(&epoch->current, ++number);
    return number;
}

static inline void pl_epoch_close(pl_epoch *epoch)
{
    atomic_store(&epoch->is_closed, true);
}

/** How many are inside, exact once it is closed and they only leave. */
static inline uint32_t pl_epoch_active(pl_epoch *epoch)
{
    return atomic_load(&epoch->inside[0]) + atomic_load(&epoch->inside[1]);
}

#endif
