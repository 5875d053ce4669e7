/* SPDX-License-Identifier: MIT */
/* Threads that write in a loop, each to keys of its own, and record the outcome of each write; and a comparison of that
 * with what the servers have in the end. */
#ifndef PODLINK_TESTS_WRITERS_H
#define PODLINK_TESTS_WRITERS_H

#include "api.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { WRITERS_MAX = 16, WRITES_MAX = 1 << 17, WRITERS_BATCH = 20, WINDOWS_MAX = 64 };

/** What a thread writes. */
enum writing {
    WRITES_LINKS,   /* podlink_link_set(), each with a uid of its own */
    WRITES_COUNTS,  /* INCR of a key of its own, which is never repeated: if it runs twice, it counts 2 */
    WRITES_BATCHES, /* podlink_link_set_batch(), with uids in many slots */
    WRITINGS
};

/** One write: one call, or an item of one. */
struct write {
    int64_t began_ns;
    int64_t ended_ns; /* when the caller had its answer */
    int32_t result;   /* the pod before, or the count */
    int16_t status;
    uint8_t delivery;
    uint8_t acked; /* how many replicas have it, as the call reported */
};

struct writer {
    struct writers *all;
    unsigned number;
    enum writing writing;
    pthread_t thread;
    struct write *writes; /* WRITES_MAX of them */
    _Atomic size_t count;
};

/** A time in which acknowledged writes may have been lost, as the client reports it. */
struct window {
    int64_t from_ns;
    int64_t until_ns;
};

/** All windows that the client has reported. */
struct windows {
    pthread_mutex_t lock;
    size_t count;
    struct window each[WINDOWS_MAX];
};

struct writers {
    podlink_client *client;
    struct windows *windows; /* may grow meanwhile */
    unsigned threads;        /* 1..WRITERS_MAX; a quarter of them count, a quarter write batches */
    unsigned rate;           /* writes per second of all threads together; 0: as many as they can */
    uint32_t acks;           /* of each call */
    int64_t timeout_ms;      /* of each call */
    int64_t acks_timeout_ms; /* of each call; 0: what is left of its timeout */
    bool only_links;         /* all of them WRITES_LINKS */
    int64_t tolerance_ns;    /* how far an answer may be outside a window */

    struct writer each[WRITERS_MAX];
    atomic_bool stops;
};

/** @param like  the fields above `each` are copied from it
 *  @return to be freed by writers_free() */
struct writers *writers_start(const struct writers *like);

/** Ends the threads and waits for them. */
void writers_stop(struct writers *w);
void writers_free(struct writers *w);

void windows_init(struct windows *windows);
void windows_fini(struct windows *windows);

/** Any thread. */
void windows_add(struct windows *windows, int64_t from_ns, int64_t until_ns);
size_t windows_count(struct windows *windows);

/** Waits until so many more writes than now have succeeded, at most so long. */
bool writers_go_on(struct writers *w, size_t more, int64_t ms);

/** How many writes have ended. */
size_t writers_count(const struct writers *w);

/* ---- outcomes ---- */

/** When the first successful write ended that began after a point in time; -1: none.
 *  @param slots  NULL, or which of the 16384 slots count */
int64_t writers_first_success(const struct writers *w, int64_t after_ns, const bool *slots);

/** How many writes that began between two points in time were acknowledged by as many replicas as requested.
 *  @param ok  out: how many of them have succeeded */
size_t writers_acked(const struct writers *w, int64_t from_ns, int64_t until_ns, size_t *ok);

/** The longest time without a success of one of the threads, between two points in time. */
int64_t writers_longest_gap(const struct writers *w, int64_t from_ns, int64_t until_ns);

/** The outcomes of the writes, compared with what the servers have. */
struct outcome {
    size_t writes;
    size_t ok;
    size_t unknown;
    size_t failed; /* not sent, or answered with an error */
    size_t acked;  /* of the ok ones: acknowledged by as many replicas as requested */

    size_t lost;         /* ok, and the servers do not have it */
    size_t lost_acked;   /* of the lost ones: acknowledged by all replicas requested */
    size_t lost_outside; /* of the lost ones: acknowledged outside all windows */
    int64_t outside_ns;  /* the most that one of them is outside */
    size_t doubled;      /* ran twice */
    size_t phantoms;     /* failed, and the servers have it */
    size_t torn;         /* link and index do not agree */
    size_t other;        /* values on the servers that no write made */
    int64_t first_lost_ns, last_lost_ns;
};

/** Compares with what these servers have, each the master of some slots. Call it after writers_stop(). */
struct outcome writers_compare(struct writers *w, struct test_server *const *masters, size_t count);

/** Prints one line with all figures, as a comment of the test, and one with the statuses. */
void writers_print(const struct writers *w, const struct outcome *o, const char *what);

/** The slot of the keys of a writer's n-th write. */
unsigned writers_slot(unsigned writer, size_t n);

#endif
