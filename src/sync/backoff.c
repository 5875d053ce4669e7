/* SPDX-License-Identifier: MIT */
/* Exponential backoff with jitter. */
#include "sync/backoff.h"

#include "base/clock.h"

enum { REDIAL_FIRST_MS = 5, REDIAL_LAST_MS = 250, RETRY_FIRST_MS = 8, DOUBLINGS_MAX = 6 };

static int64_t exponential_ns(int64_t first_ms, int64_t last_ms, uint32_t doublings)
{
    const int64_t ms = first_ms << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return (ms < last_ms ? ms : last_ms) * PL_MS;
}

int64_t pl_backoff_redial(uint32_t failures)
{
    return exponential_ns(REDIAL_FIRST_MS, REDIAL_LAST_MS, failures);
}

int64_t pl_backoff_retry(uint32_t attempts, int64_t longest_ms, int64_t seed)
{
    const int64_t pause = exponential_ns(RETRY_FIRST_MS, longest_ms, attempts);
    return (pause + pl_backoff_jitter(pause, seed)) / 2;
}

int64_t pl_backoff_jitter(int64_t range, int64_t seed)
{
    uint64_t x = (uint64_t)seed; /* the finalizer of splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return (int64_t)(x % ((uint64_t)range + 1));
}
