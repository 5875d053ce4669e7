/* A load on a client: threads that call again and again, each call looked at: what it was told, and whether it ended in
 * time. How late this machine itself is stands beside it: how long threads that could run waited for a processor, as
 * the kernel counts it, and how late a thread wakes that only sleeps. */
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
    _Atomic int64_t failed_at; /* when the latest call began that failed for want of a server; 0: none did */
    _Atomic uint64_t ok;
    uint64_t counted_ok; /* of increments that are never repeated */
    uint64_t counted_unknown;
    unsigned closed; /* so many calls found the client closed */
    int schedstat;   /* a descriptor: what the kernel counts of this thread */
    int64_t run_delay_ns;
};

struct load {
    podlink_client *client;
    unsigned threads;
    unsigned session_threads; /* of them, call on sessions */
    int64_t timeout_ms;       /* of each call */
    bool never_rests;         /* else a thread whose call failed at once leaves the processors to others for a moment */
    struct load_thread each[LOAD_THREADS_MAX];
    pthread_t machine;
    bool runs;
    atomic_bool stops;
    _Atomic uint64_t told[LOAD_STATUSES][3]; /* by -status and delivery */
    _Atomic int64_t late_ns;                 /* the worst of all calls beyond its deadline */
    _Atomic int late_status;                 /* what it was told */
    _Atomic int64_t oversleep_ns;            /* the worst of a thread that only sleeps */
    _Atomic int64_t starved_ns;              /* the longest that a thread waited for a processor during one call */
};

void load_start(struct load *load);

/** Ends it, and waits for its threads; does nothing where it does not run, so that a test that failed half way can be
 *  torn down. */
void load_stop(struct load *load);

/** Calls that were told this status, in all and with that delivery. */
uint64_t load_told(struct load *load, podlink_status status);
uint64_t load_told_as(struct load *load, podlink_status status, podlink_delivery delivery);

/** Calls that succeeded. */
uint64_t load_ok(struct load *load);

/** When the latest call began that failed. */
int64_t load_failed_at(struct load *load);

/** What the machine itself was late. */
int64_t load_machine_late(struct load *load);

/** Checks that no call was later than LOAD_LATE_MS after its deadline, what the machine was late left aside. */
void load_assert_in_time(struct load *load);

/** Whether the machine was so late that calls may have timed out for that alone. */
bool load_was_starved(struct load *load);

/** Checks that nothing but these statuses was told; they end with PODLINK_OK. A timeout is excused where the machine
 * was too late for the calls' deadline. */
void load_assert_only(struct load *load, const podlink_status expected[]);

/** Checks that the server has counted what the calls were told: ok <= counter <= ok + unknown. */
void load_assert_counters(struct load *load, redisContext *redis);

/** A line of what was told, as a comment of the test. */
void load_print(struct load *load, const char *what);

#endif
