/* That something is no longer used: who waits for it gives up. Set once, looked at by many. */
#ifndef PL_BASE_ENDING_H
#define PL_BASE_ENDING_H

#include <podlink/status.h>

#include <stdatomic.h>
#include <stdbool.h>

typedef struct pl_ending {
    _Atomic bool has_come; /* the others are set before */
    podlink_status status;
    const char *why; /* static */
} pl_ending;

static inline bool pl_ending_has_come(const pl_ending *ending)
{
    return atomic_load_explicit(&ending->has_come, memory_order_acquire);
}

#endif
