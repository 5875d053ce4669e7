/* The progress of a long input, drawn on stderr where that is a terminal. Nothing else is printed here. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
    bool enabled;
    bool drawn; /* a bar stands on the terminal's last line */
    int64_t begin_ms;
    int64_t drawn_ms;    /* when it was last drawn */
    int64_t total_bytes; /* of the input; 0: not known */
} cli_progress;

/** Begins; nothing is drawn yet. @param wanted  not with --quiet or --json */
void cli_progress_init(cli_progress *progress, bool wanted);

/** Draws the bar anew; one that still stands, ten times a second at most. */
void cli_progress_update(cli_progress *progress, uint64_t lines, uint64_t bytes);

/** Takes the bar away, so that something else can be printed. */
void cli_progress_clear(cli_progress *progress);

/** Takes the bar away and says how much was done, in which time. */
void cli_progress_fini(cli_progress *progress, uint64_t lines);

#endif
