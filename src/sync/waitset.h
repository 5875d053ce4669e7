/* SPDX-License-Identifier: MIT */
/* A set of waiting threads. One system call wakes any number of the threads of one word (32 indexes). Waking them one
 * by one costs one call each, which is more than all other work of the library for a command (docs/benchmarks.md). */
#ifndef PL_SYNC_WAITSET_H
#define PL_SYNC_WAITSET_H

#include "sync/event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Each of the first 256 threads has an index of its own. More threads share indexes: a thread that is woken for
 *  another one checks its event and waits again. */
enum { PL_WAITSET_WORDS = 8, PL_WAITSET_WORD_BITS = 32 };

typedef struct pl_waitset {
    _Atomic uint32_t words[PL_WAITSET_WORDS];  /* futex words; each counts its wake-ups */
    _Atomic uint32_t asleep[PL_WAITSET_WORDS]; /* a bit for each index: a thread may sleep on it and has to be woken */
    uint32_t taken[PL_WAITSET_WORDS];          /* a bit for each index: in use */
    uint32_t shared;                           /* how many indexes were given out while all were in use */
} pl_waitset;

/** The indexes to wake. Zero-initialized: none. */
typedef struct pl_waitset_wakeups {
    uint32_t bits[PL_WAITSET_WORDS];
} pl_waitset_wakeups;

/** @return an index, for pl_waitset_remove(). Both are called under the lock of the waitset's owner. */
uint16_t pl_waitset_add(pl_waitset *waitset);
void pl_waitset_remove(pl_waitset *waitset, uint16_t index);

/** Waits on an index until the event is set. The index may be removed meanwhile.
 *  @return false: wait_ns have passed first; PL_NEVER waits without limit */
bool pl_waitset_wait(pl_waitset *waitset, uint16_t index, pl_event *event, int64_t wait_ns);

/** Sets an event, as pl_event_set(), and adds its index to wakeups. A thread that sleeps on it is woken by
 * pl_waitset_wake() only. */
void pl_waitset_set(pl_waitset_wakeups *wakeups, uint16_t index, pl_event *event);

/** Wakes the sleeping threads among wakeups. No system call if none sleeps. */
void pl_waitset_wake(pl_waitset *waitset, const pl_waitset_wakeups *wakeups);

#endif
