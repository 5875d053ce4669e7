/* SPDX-License-Identifier: MIT */
/* Runs seeds: their number is the argument or PODLINK_SIM_SEEDS, the first one is 1 or PODLINK_SIM_FIRST. With
 * PODLINK_SIM_SEED only that seed, with its whole trace. Seeds run in a child process, so that a failure does not end
 * the seeds after it. */
#include "sim_run.h"
#include "sim_scheduler.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS = 10000, GROUPS = 10, FAILURES_SHOWN = 5, REPLAYED = 20, HANGS_S = 20 /* a seed takes milliseconds */ };

/* Shared with the process that runs the seeds. */
static struct {
    uint64_t seed;   /* that is running */
    uint64_t traces; /* a hash of all traces so far */
} * progress;

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* An assertion of the library, or a crash: prints the seed and the trace before the end. */
static void on_signal(int number)
{
    signal(number, SIG_DFL);
    sim_print_trace(strsignal(number));
    raise(number);
}

/* Runs the seeds up to last in a child. @return the one that failed, 0: none */
static uint64_t run_apart(uint64_t first, uint64_t last)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (progress->seed = first; progress->seed <= last; progress->seed++) {
            alarm(HANGS_S);
            progress->traces = (progress->traces ^ run_seed(progress->seed, false)) * UINT64_C(0x100000001b3);
        }
        _Exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        perror("cannot run seeds in a process of their own");
    return status == 0 ? 0 : progress->seed;
}

/* @return how many failed; after a few failures the rest is left out */
static int run_group(int number, uint64_t first, uint64_t last)
{
    int failures = 0;
    uint64_t failed;
    for (uint64_t at = first; at <= last && failures < FAILURES_SHOWN; at = failed + 1) {
        failed = run_apart(at, last);
        if (failed == 0)
            break;
        failures++;
        printf("# seed %llu fails\n", (unsigned long long)failed);
    }
    printf("%s %d - seeds %llu to %llu pass all checks\n", failures ? "not ok" : "ok", number,
           (unsigned long long)first, (unsigned long long)last);
    return failures;
}

static int replay(int number, uint64_t first)
{
    int different = 0;
    for (uint64_t seed = first; seed < first + REPLAYED; seed++) {
        const uint64_t hash = run_seed(seed, false);
        different += hash != run_seed(seed, false);
    }
    printf("%s %d - a_seed_replays_itself\n", different ? "not ok" : "ok", number);
    return different;
}

static void watch_signals(void)
{
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGALRM, on_signal);
}

int main(int argc, char **argv)
{
    const uint64_t only = number_from("PODLINK_SIM_SEED", 0);
    const uint64_t seeds = number_from("PODLINK_SIM_SEEDS", argc > 1 ? strtoull(argv[1], NULL, 10) : SEEDS);
    const uint64_t first = number_from("PODLINK_SIM_FIRST", 1);
    const uint64_t groups = seeds < GROUPS ? 1 : GROUPS;
    int failures = 0;
    watch_signals();
    if (only > 0) {
        run_seed(only, true);
        printf("1..1\nok 1 - seed %llu passes all checks\n", (unsigned long long)only);
        return 0;
    }
    progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        perror("no shared memory");
        return 2;
    }
    printf("1..%llu\n", (unsigned long long)groups + 1);
    for (uint64_t g = 0; g < groups; g++)
        failures += run_group((int)g + 1, first + seeds * g / groups, first + seeds * (g + 1) / groups - 1);
    if (failures == 0)
        failures += replay((int)groups + 1, first);
    else
        printf("ok %llu - a_seed_replays_itself # SKIP a seed fails\n", (unsigned long long)groups + 1);
    /* Two builds that print the same hash behaved in the same way: for changes that only move or rename. */
    printf("# hash of all traces: %016llx\n", (unsigned long long)progress->traces);
    return failures > 0;
}
