/* SPDX-License-Identifier: MIT */
/* Random jitter: clients that failed together must not retry together. */
#ifndef PL_SYNC_BACKOFF_H
#define PL_SYNC_BACKOFF_H

#include <stdint.h>

/** A number from 0 to range, computed from a seed such as the time: no state, no lock. */
static inline int64_t pl_backoff_jitter(int64_t range, int64_t seed)
{
    uint64_t x = (uint64_t)seed; /* the finalizer of splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return (int64_t)(x % ((uint64_t)range + 1));
}

#endif
