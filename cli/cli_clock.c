/* SPDX-License-Identifier: MIT */
/* Monotonic clock and sleep. The only file of cli/ that reads a clock. */
#include "cli_clock.h"

#include <time.h>

int64_t cli_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t cli_now_ms(void)
{
    return cli_now_ns() / CLI_NS_PER_MS;
}

void cli_pause_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * CLI_NS_PER_MS};

    nanosleep(&pause, NULL);
}
