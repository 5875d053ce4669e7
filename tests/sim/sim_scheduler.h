/* Callers as fibers of one thread, under virtual time: which of them goes on next is chance. Time passes a little at
 * each step, and jumps to the next event where nobody can go on. */
#ifndef PODLINK_TESTS_SIM_SCHEDULER_H
#define PODLINK_TESTS_SIM_SCHEDULER_H

#include <podlink/client.h>

#include <stdbool.h>
#include <stdint.h>

#define SIM_US    INT64_C(1000)
#define SIM_MS    INT64_C(1000000)
#define SIM_S     INT64_C(1000000000)
#define SIM_NEVER INT64_MAX

/** How a run is scheduled; set before it begins. */
typedef struct sim_pace {
    uint32_t switch_one_in;      /* at a place where another may go on */
    uint32_t starve_one_in;      /* who goes on is held up first, as a thread that gets no processor */
    int64_t starve_most;         /* for so long at most */
    uint32_t wake_early_in;      /* a wait ends early, as by a signal */
    int64_t (*next_event)(void); /* when the world has something to do, SIM_NEVER: nothing */
    void (*advance)(void);       /* it does what is due */
} sim_pace;

void scheduler_begin(uint64_t seed, const sim_pace *pace, bool shows_all);

/** Runs a function beside the others. Names are static. */
void scheduler_add(const char *name, void (*run)(void *context), void *context);

/** Until all have returned. */
void scheduler_run(void);

int64_t sim_now(void);

/** For podlink_options.clock: reading the time is a place where another may go on, too. */
int64_t sim_clock_now(void *context);

/** A place where another may go on. Nobody holds a lock here. */
void sim_yield(void);

void sim_sleep(int64_t ns);

/** Waits until the condition is met; false where wait_ns have passed first, or rarely before. */
bool sim_wait(bool (*is_met)(void *context), void *context, int64_t wait_ns);

/** The running fiber is inside a call of the library's, which must return by the deadline and 50 ms (SIM_NEVER: none).
 *  @param what  static */
void sim_call_begins(const char *what, int64_t deadline);
void sim_call_ends(void);

/** A call of another fiber that has begun before and not ended, but for those whose name begins like `except`. NULL:
 * there is none. */
const char *sim_call_begun_before(int64_t at, const char *except);

/** The running fiber has taken a lock (1) or given one back (-1). */
void sim_count_lock(int change);
bool sim_holds_lock(void);

/** Adds a line to the trace. The texts are static. */
void sim_note(const char *text, const char *word, int64_t a, int64_t b);

/** Ends the process: prints the seed, what is wrong, and the trace. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints the seed and the trace. */
void sim_print_trace(const char *why);

/** Of all that was noted: the same seed gives the same. */
uint64_t sim_trace_hash(void);

#endif
