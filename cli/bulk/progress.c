/* SPDX-License-Identifier: MIT */
/* Progress bar of a bulk verb, on stderr if that is a terminal. */
#include "bulk/progress.h"

#include "cli_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, REDRAW_MS = 100 };

/* The unread bytes of standard input; 0 if it is not a regular file. */
static int64_t input_bytes(void)
{
    struct stat status;
    off_t at;

    if (fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return at >= 0 && at < status.st_size ? status.st_size - at : 0;
}

void cli_progress_init(cli_progress *progress, bool wanted)
{
    *progress = (cli_progress){
        .enabled = wanted && isatty(STDERR_FILENO),
        .begin_ms = cli_now_ms(),
        .total_bytes = input_bytes(),
    };
}

static void draw_bar(int percent)
{
    char bar[BAR_WIDTH + 1];

    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "[%s] %3d%%  ", bar, percent);
}

static uint64_t rate(const cli_progress *progress, uint64_t lines)
{
    int64_t elapsed = cli_now_ms() - progress->begin_ms;

    return lines * 1000 / (uint64_t)(elapsed > 0 ? elapsed : 1);
}

void cli_progress_update(cli_progress *progress, uint64_t lines, uint64_t bytes)
{
    int64_t now = cli_now_ms();

    if (!progress->enabled || (progress->drawn && now - progress->drawn_ms < REDRAW_MS))
        return;
    fputs("\r\033[K", stderr);
    if (progress->total_bytes > 0) {
        int percent = (int)(bytes * 100 / (uint64_t)progress->total_bytes);
        draw_bar(percent < 100 ? percent : 100);
    }
    fprintf(stderr, "%" PRIu64 " lines, %" PRIu64 " a second", lines, rate(progress, lines));
    fflush(stderr);
    progress->drawn = true;
    progress->drawn_ms = now;
}

void cli_progress_clear(cli_progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->drawn = false;
    }
}

void cli_progress_fini(cli_progress *progress, uint64_t lines)
{
    double seconds = (double)(cli_now_ms() - progress->begin_ms) / 1000;

    cli_progress_clear(progress);
    if (progress->enabled)
        fprintf(stderr, "%" PRIu64 " lines in %.1f s, %" PRIu64 " a second\n", lines, seconds, rate(progress, lines));
}
