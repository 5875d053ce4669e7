/* The clock that the tool waits by. Only this file reads one. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

enum { CLI_NS_PER_MS = 1000000 };

/** Since some time in the past, never set back. */
int64_t cli_now_ns(void);
int64_t cli_now_ms(void);

/** Sleeps for so long, or until a signal comes. */
void cli_pause_ms(int64_t ms);

#endif
