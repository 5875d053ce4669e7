/* SPDX-License-Identifier: MIT */
/* Time and CPU time, in nanoseconds. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

/** CLOCK_MONOTONIC. */
int64_t bench_now_ns(void);

/** User and system time of all threads of this process. */
int64_t bench_cpu_ns(void);

void bench_sleep_ns(int64_t duration_ns);

#endif
