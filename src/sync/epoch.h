/* SPDX-License-Identifier: MIT */
/* Epoch-based reclamation. A thread enters before it reads a shared pointer and leaves after its last use of the
 * object. An object that was unpublished in epoch N may be freed from epoch N+2 on. No lock; no call blocks. */
#ifndef PL_SYNC_EPOCH_H
#define PL_SYNC_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_epoch {
    _Atomic uint32_t inside[2]; /* threads inside that entered in an even epoch, and in an odd one */
    _Atomic uint32_t current;
    _Atomic bool is_closed;
} pl_epoch;

/** Enters the current epoch.
 *  @param number  out, for pl_epoch_leave()
 *  @return false: closed */
static inline bool pl_epoch_enter(pl_epoch *epoch, uint32_t *number)
{
    /* First count this thread, then check: either the thread that closes or advances sees this count, or this thread
     * sees its change. */
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

/** Begins the next epoch if no thread of the previous one is still inside. Called by one thread at a time.
 *  @return the number of the current epoch */
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

/** The number of threads inside. Exact after pl_epoch_close(), when threads only leave. */
static inline uint32_t pl_epoch_active(pl_epoch *epoch)
{
    return atomic_load(&epoch->inside[0]) + atomic_load(&epoch->inside[1]);
}

#endif
