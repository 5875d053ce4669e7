/* SPDX-License-Identifier: MIT */
/* Counters without a lock: each has one writer at a time, and any number of readers. */
#ifndef PL_BASE_COUNTERS_H
#define PL_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t pl_counter;

/** Adds while a lock that is held anyway excludes other writers: a plain addition, not an atomic read-modify-write. */
static inline void pl_count(pl_counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

/** Adds while other writers may add too, by an atomic read-modify-write. Not for the hot path. */
static inline void pl_count_shared(pl_counter *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t pl_counted(const pl_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
