/* SPDX-License-Identifier: MIT */
/* What is counted, without a lock: each counter has one writer at a time, and any number of readers. */
#ifndef PL_BASE_COUNTERS_H
#define PL_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t pl_counter;

/** Adds where writers already exclude each other (a lock that is held anyway): a plain addition, no locked bus. */
static inline void pl_count(pl_counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

/** Adds where writers do not exclude each other: off the hot path only. */
static inline void pl_count_shared(pl_counter *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t pl_counted(const pl_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
