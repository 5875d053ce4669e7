/* SPDX-License-Identifier: MIT */
/* Fibers under virtual time, and the trace of what they did. */
#include "sim_scheduler.h"

#include "fiber.h"
#include "seeded_random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TASKS_MAX = 16,
    TRACE_LINES = 4096,
    TAIL_LINES = 150,
    STEPS_MAX = 2000000, /* of one seed: more means an endless loop */
    OVERSHOOT_MS = 50
};

typedef struct task {
    fiber fiber;
    const char *name;
    void (*run)(void *context);
    void *context;
    bool is_done;
    bool is_waiting;
    bool is_met;
    bool (*condition)(void *context); /* NULL: none */
    void *condition_context;
    int64_t wake_at;
    int locks;
    const char *call; /* the library function that it is in; NULL: none */
    int64_t call_began;
    int64_t call_deadline;
} task;

typedef struct trace_line {
    int64_t at;
    const char *who;
    const char *text;
    const char *word;
    int64_t a, b;
} trace_line;

static task tasks[TASKS_MAX];
static uint32_t task_count;
static task *running; /* NULL: the scheduler itself */
static fiber main_fiber;
static sim_pace pace;
static uint64_t seed_of_run;
static int64_t now;
static uint64_t steps;
static bool shows_all;
static bool was_stuck;
static trace_line trace[TRACE_LINES];
static uint64_t trace_count;
static uint64_t trace_hash;

/* --- the trace ------------------------------------------------------------------------------------------------ */

static void print_line(const trace_line *line)
{
    printf("# %12.6f  %-10s %s", (double)line->at / 1e9, line->who, line->text);
    if (line->word)
        printf(" %s", line->word);
    printf(" %lld %lld\n", (long long)line->a, (long long)line->b);
}

void sim_note(const char *text, const char *word, int64_t a, int64_t b)
{
    trace_line line = {now, running ? running->name : "world", text, word, a, b};
    trace[trace_count++ % TRACE_LINES] = line;
    const uint64_t values[] = {(uint64_t)line.at, (uint64_t)text[0] + (running ? (uint64_t)(running - tasks) : 99),
                               (uint64_t)a, (uint64_t)b};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        trace_hash = (trace_hash ^ values[i]) * UINT64_C(0x100000001b3);
    if (shows_all)
        print_line(&line);
}

uint64_t sim_trace_hash(void)
{
    return trace_hash;
}

void sim_print_trace(const char *why)
{
    uint64_t first = trace_count > TAIL_LINES ? trace_count - TAIL_LINES : 0;
    for (uint64_t i = first; i < trace_count && !shows_all; i++)
        print_line(&trace[i % TRACE_LINES]);
    for (uint32_t i = 0; i < task_count; i++)
        if (!tasks[i].is_done)
            printf("# %-10s %s%s%s\n", tasks[i].name, &tasks[i] == running ? "runs" : "waits",
                   tasks[i].call ? " in " : "", tasks[i].call ? tasks[i].call : "");
    printf("# seed %llu at %.6f s, in %s: %s\n", (unsigned long long)seed_of_run, (double)now / 1e9,
           running ? running->name : "the scheduler", why);
    printf("# replay it with PODLINK_SIM_SEED=%llu\n", (unsigned long long)seed_of_run);
    fflush(stdout);
}

void sim_fail(const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    sim_print_trace(why);
    _Exit(1);
}

/* --- fibers --------------------------------------------------------------------------------------------------- */

void scheduler_begin(uint64_t seed, const sim_pace *how, bool all)
{
    pace = *how;
    seed_of_run = seed;
    shows_all = all;
    now = SIM_S;
    steps = 0;
    task_count = 0;
    running = NULL;
    trace_count = 0;
    trace_hash = UINT64_C(0xcbf29ce484222325);
    fiber_init_main(&main_fiber);
}

static void enter(void)
{
    task *self = running;
    fiber_entered(&self->fiber, &main_fiber);
    self->run(self->context);
    self->is_done = true;
    fiber_leave(&self->fiber, &main_fiber);
}

void scheduler_add(const char *name, void (*run)(void *context), void *context)
{
    if (task_count == TASKS_MAX)
        sim_fail("more than %d fibers", TASKS_MAX);
    task *t = &tasks[task_count++];
    const fiber kept = t->fiber; /* its stack */
    *t = (task){.fiber = kept, .name = name, .run = run, .context = context, .wake_at = SIM_NEVER};
    fiber_init(&t->fiber, enter);
}

static void check_deadlines(void)
{
    for (uint32_t i = 0; i < task_count; i++) {
        const task *t = &tasks[i];
        if (t->call && t->call_deadline != SIM_NEVER && now > t->call_deadline + OVERSHOOT_MS * SIM_MS)
            sim_fail("%s of %s has outlived its deadline by more than %d ms", t->call, t->name, OVERSHOOT_MS);
    }
}

static bool can_run(task *t)
{
    if (t->is_done)
        return false;
    if (!t->is_waiting)
        return true;
    t->is_met = t->condition && t->condition(t->condition_context);
    return t->is_met || now >= t->wake_at;
}

static task *choose(void)
{
    task *ready[TASKS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < task_count; i++)
        if (can_run(&tasks[i]))
            ready[count++] = &tasks[i];
    return count ? ready[random_below(count)] : NULL;
}

static bool all_done(void)
{
    for (uint32_t i = 0; i < task_count; i++)
        if (!tasks[i].is_done)
            return false;
    return true;
}

/* No fiber can continue: time jumps to the next event. */
static void jump(void)
{
    int64_t next = pace.next_event();
    for (uint32_t i = 0; i < task_count; i++)
        if (!tasks[i].is_done && tasks[i].wake_at < next)
            next = tasks[i].wake_at;
    if (next == SIM_NEVER)
        sim_fail("deadlock: all fibers wait, and there is no next event");
    if (next > now)
        now = next;
    was_stuck = true;
}

static void step(void)
{
    if (++steps > STEPS_MAX)
        sim_fail("an endless loop");
    if (pace.next_event() <= now)
        pace.advance();
    task *t = choose();
    if (!t) {
        jump();
        return;
    }
    t->is_waiting = false;
    t->wake_at = SIM_NEVER;
    now += (int64_t)(100 + random_below(2000));
    running = t;
    fiber_switch(&main_fiber, &t->fiber);
    running = NULL;
    check_deadlines();
}

void scheduler_run(void)
{
    while (!all_done())
        step();
}

int64_t sim_now(void)
{
    return now;
}

static void expect_no_lock(void)
{
    if (running->locks > 0)
        sim_fail("a lock is held while the thread waits, does I/O or calls the user");
}

static void switch_away(void)
{
    task *self = running;
    fiber_switch(&self->fiber, &main_fiber);
}

void sim_yield(void)
{
    if (!running)
        return;
    expect_no_lock();
    now += (int64_t)random_below(300);
    if (random_one_in(pace.starve_one_in)) {
        running->is_waiting = true;
        running->condition = NULL;
        running->wake_at = now + random_between(1, pace.starve_most);
    } else if (!random_one_in(pace.switch_one_in)) {
        return;
    }
    switch_away();
}

int64_t sim_clock_now(void *context)
{
    (void)context;
    if (running && running->locks == 0)
        sim_yield();
    else
        now += (int64_t)random_below(100);
    return now;
}

bool sim_wait(bool (*is_met)(void *context), void *context, int64_t wait_ns)
{
    expect_no_lock();
    if (pace.next_event() <= now)
        pace.advance();
    running->is_waiting = true;
    running->condition = is_met;
    running->condition_context = context;
    running->wake_at = wait_ns >= SIM_NEVER - now ? SIM_NEVER : now + wait_ns;
    if (wait_ns > 0 && random_one_in(pace.wake_early_in))
        running->wake_at = now + (int64_t)random_below((uint64_t)(wait_ns < SIM_MS ? wait_ns : SIM_MS));
    running->is_met = false;
    switch_away();
    return running->is_met;
}

void sim_sleep(int64_t ns)
{
    expect_no_lock();
    running->is_waiting = true;
    running->condition = NULL;
    running->wake_at = now + ns;
    switch_away();
}

void sim_call_begins(const char *what, int64_t deadline)
{
    running->call = what;
    running->call_began = now;
    running->call_deadline = deadline;
}

void sim_call_ends(void)
{
    check_deadlines();
    running->call = NULL;
}

const char *sim_call_begun_before(int64_t at, const char *except)
{
    for (uint32_t i = 0; i < task_count; i++) {
        const task *t = &tasks[i];
        if (!t->is_done && t != running && t->call && t->call_began < at &&
            strncmp(t->call, except, strlen(except)) != 0)
            return t->call;
    }
    return NULL;
}

void sim_count_lock(int change)
{
    if (running)
        running->locks += change;
}

bool sim_holds_lock(void)
{
    return running && running->locks > 0;
}
