/* SPDX-License-Identifier: MIT */
/* Progress bar of a bulk verb, on stderr if that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
    bool enabled;
    bool drawn; /* the last line of the terminal shows the bar */
    int64_t begin_ms;
    int64_t drawn_ms;    /* time of the last update */
    int64_t total_bytes; /* of the input; 0: unknown */
} cli_progress;

/** Starts the clock; draws nothing yet. @param wanted  false with --quiet and --json */
void cli_progress_init(cli_progress *progress, bool wanted);

/** Redraws the bar, at most ten times a second unless it was cleared. */
void cli_progress_update(cli_progress *progress, uint64_t lines, uint64_t bytes);

/** Erases the bar, so that something else can be printed. */
void cli_progress_clear(cli_progress *progress);

/** Erases the bar and prints the number of lines, the time and the rate. */
void cli_progress_fini(cli_progress *progress, uint64_t lines);

#endif
