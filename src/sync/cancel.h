/* SPDX-License-Identifier: MIT */
/* Cancellation flag with its reason. Set once; waiters poll it and give up. */
#ifndef PL_SYNC_CANCEL_H
#define PL_SYNC_CANCEL_H

#include <podlink/status.h>

#include <stdatomic.h>
#include <stdbool.h>

typedef struct pl_cancel {
    _Atomic bool is_set; /* written last: the other fields are valid once it is true */
    podlink_status status;
    const char *why; /* static */
} pl_cancel;

static inline bool pl_cancel_is_set(const pl_cancel *cancel)
{
    return atomic_load_explicit(&cancel->is_set, memory_order_acquire);
}

#endif
