/* SPDX-License-Identifier: MIT */
/* Time, in nanoseconds of a monotonic clock. */
#include "base/clock.h"

#include <time.h>

int64_t pl_clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t monotonic_now(void *context)
{
    (void)context;
    return pl_clock_monotonic();
}

void pl_clock_init(pl_clock *clock, const podlink_clock *source)
{
    if (source)
        clock->source = *source;
    else
        clock->source = (podlink_clock){.now_ns = monotonic_now, .context = NULL};
}

int64_t pl_clock_now(const pl_clock *clock)
{
    return clock->source.now_ns(clock->source.context);
}

int64_t pl_deadline_after(int64_t now, int64_t ms)
{
    if (ms < 0 || ms > (PL_NEVER - now) / PL_MS)
        return PL_NEVER;
    return now + ms * PL_MS;
}

int64_t pl_until(int64_t deadline, int64_t now)
{
    if (deadline == PL_NEVER)
        return PL_NEVER;
    return deadline > now ? deadline - now : 0;
}
