/* SPDX-License-Identifier: MIT */
/* A load on a client: threads that call in a loop. Each call is checked: its status, and whether it ended in time. The
 * lateness of the machine is measured as well: how long runnable threads waited for a processor, by the kernel's count,
 * and how late a thread wakes that only sleeps. */
#ifndef PODLINK_TESTS_POOL_LOAD_H
#define PODLINK_TESTS_POOL_LOAD_H

#include "pool_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LOAD_THREADS_MAX = 64, LOAD_STATUSES = 40, LOAD_LATE_MS = 50 };

struct load_thread {
    pthread_t thread;
    struct load *load;
    unsigned number;
    bool with_sessions;
    _Atomic int64_t failed_at; /* when the latest call began that failed because no server was available; 0: none */
    _Atomic uint64_t ok;
    uint64_t counted_ok; /* successful increments, which are never repeated */
    uint64_t counted_unknown;
    unsigned closed; /* how many calls found the client closed */
    int schedstat;   /* a descriptor: the kernel's statistics of this thread */
    int64_t run_delay_ns;
};

struct load {
    podlink_client *client;
    unsigned threads;
    unsigned session_threads; /* so many of them call on sessions */
    int64_t timeout_ms;       /* of each call */
    bool never_rests;         /* else a thread whose call failed at once sleeps for a moment */
    struct load_thread each[LOAD_THREADS_MAX];
    pthread_t machine;
    bool runs;
    atomic_bool stops;
    _Atomic uint64_t counts[LOAD_STATUSES][3]; /* calls by -status and delivery */
    _Atomic int64_t late_ns;                   /* the most that a call ended after its deadline */
    _Atomic int late_status;                   /* its status */
    _Atomic int64_t oversleep_ns;              /* the most that a sleeping thread woke late */
    _Atomic int64_t starved_ns;                /* the longest that a thread waited for a processor during one call */
};

void load_start(struct load *load);

/** Ends the load, and waits for its threads. Does nothing if it is not running, so the teardown of a failed test can
 *  call it. */
void load_stop(struct load *load);

/** How many calls got this status; and with that delivery. */
uint64_t load_count(struct load *load, podlink_status status);
uint64_t load_count_as(struct load *load, podlink_status status, podlink_delivery delivery);

/** Calls that succeeded. */
uint64_t load_ok(struct load *load);

/** When the latest call began that failed. */
int64_t load_failed_at(struct load *load);

/** The lateness of the machine. */
int64_t load_machine_late(struct load *load);

/** Checks that no call ended more than LOAD_LATE_MS after its deadline, apart from the lateness of the machine. */
void load_assert_in_time(struct load *load);

/** Whether the machine was so late that calls may have timed out for that reason alone. */
bool load_was_starved(struct load *load);

/** Checks that calls got only these statuses, a list that ends with PODLINK_OK. A timeout is allowed if the machine was
 *  too late for the calls' deadline. */
void load_assert_only(struct load *load, const podlink_status expected[]);

/** Checks that the server's counter matches the outcomes: ok <= counter <= ok + unknown. */
void load_assert_counters(struct load *load, redisContext *redis);

/** Prints the outcomes in one line, as a comment of the test. */
void load_print(struct load *load, const char *what);

#endif
