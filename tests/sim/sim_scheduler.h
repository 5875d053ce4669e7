/* SPDX-License-Identifier: MIT */
/* Callers as fibers of one thread, under virtual time. Which fiber runs next is random. Time passes a little at each
 * step, and jumps to the next event if no fiber can continue. */
#ifndef PODLINK_TESTS_SIM_SCHEDULER_H
#define PODLINK_TESTS_SIM_SCHEDULER_H

#include <podlink/client.h>

#include <stdbool.h>
#include <stdint.h>

#define SIM_US    INT64_C(1000)
#define SIM_MS    INT64_C(1000000)
#define SIM_S     INT64_C(1000000000)
#define SIM_NEVER INT64_MAX

/** How a run is scheduled. Set before it begins. */
typedef struct sim_pace {
    uint32_t switch_one_in;      /* at a place where another fiber may run */
    uint32_t starve_one_in;      /* the next fiber is delayed, as a thread that gets no processor */
    int64_t starve_most;         /* at most so long */
    uint32_t wake_early_in;      /* a wait ends early, as after a signal */
    int64_t (*next_event)(void); /* when the environment has something to do; SIM_NEVER: nothing */
    void (*advance)(void);       /* does what is due */
} sim_pace;

void scheduler_begin(uint64_t seed, const sim_pace *pace, bool shows_all);

/** Runs a function as a fiber. Names are static. */
void scheduler_add(const char *name, void (*run)(void *context), void *context);

/** Until all fibers have returned. */
void scheduler_run(void);

int64_t sim_now(void);

/** For podlink_options.clock. Another fiber may run when the time is read. */
int64_t sim_clock_now(void *context);

/** Another fiber may run here. No lock may be held. */
void sim_yield(void);

void sim_sleep(int64_t ns);

/** Waits until the condition is true. False if wait_ns have passed, or sometimes earlier. */
bool sim_wait(bool (*is_met)(void *context), void *context, int64_t wait_ns);

/** The running fiber enters a function of the library, which must return 50 ms after the deadline at the latest
 *  (SIM_NEVER: no limit).
 *  @param what  static */
void sim_call_begins(const char *what, int64_t deadline);
void sim_call_ends(void);

/** A call of another fiber that began before this time and has not ended, except those whose name begins with `except`.
 *  NULL: none. */
const char *sim_call_begun_before(int64_t at, const char *except);

/** The running fiber has taken a lock (1) or released one (-1). */
void sim_count_lock(int change);
bool sim_holds_lock(void);

/** Adds a line to the trace. The texts are static. */
void sim_note(const char *text, const char *word, int64_t a, int64_t b);

/** Ends the process: prints the seed, the message and the trace. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints the seed and the trace. */
void sim_print_trace(const char *why);

/** Of everything that was noted: the same seed gives the same hash. */
uint64_t sim_trace_hash(void);

#endif
