/* SPDX-License-Identifier: MIT */
/* Time, in nanoseconds of a monotonic clock. clock.c is the only file that reads a system clock. */
#ifndef PL_BASE_CLOCK_H
#define PL_BASE_CLOCK_H

#include <podlink/client.h>

#include <stdint.h>

#define PL_MS    INT64_C(1000000)
#define PL_NEVER INT64_MAX /* no deadline */

typedef struct pl_clock {
    podlink_clock source;
} pl_clock;

/** @param source  may be NULL: CLOCK_MONOTONIC; copied */
void pl_clock_init(pl_clock *clock, const podlink_clock *source);

int64_t pl_clock_now(const pl_clock *clock);

/** CLOCK_MONOTONIC, even if the host has passed in a clock of its own: for the time-outs of system calls. */
int64_t pl_clock_monotonic(void);

/** now + ms; PL_NEVER if ms is negative or the sum would overflow. */
int64_t pl_deadline_after(int64_t now, int64_t ms);

/** The time left until a deadline, at least 0; PL_NEVER if the deadline is PL_NEVER. */
int64_t pl_until(int64_t deadline, int64_t now);

#endif
