/* SPDX-License-Identifier: MIT */
/* That something is no longer used: who waits for it gives up. Set once, looked at by many. */
#ifndef PL_SYNC_CANCEL_H
#define PL_SYNC_CANCEL_H

#include <podlink/status.h>

#include <stdatomic.h>
#include <stdbool.h>

typedef struct pl_cancel {
    _Atomic bool is_set; /* the others are set before */
    podlink_status status;
    const char *why; /* static */
} pl_cancel;

static inline bool pl_cancel_is_set(const pl_cancel *cancel)
{
    return atomic_load_explicit(&cancel->is_set, memory_order_acquire);
}

#endif
