/* SPDX-License-Identifier: MIT */
/* Monotonic clock and sleep. The only file of cli/ that reads a clock. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

enum { CLI_NS_PER_MS = 1000000 };

/** Monotonic time since an arbitrary start. */
int64_t cli_now_ns(void);
int64_t cli_now_ms(void);

/** Sleeps; a signal ends it early. */
void cli_pause_ms(int64_t ms);

#endif
