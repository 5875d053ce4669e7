/* SPDX-License-Identifier: MIT */
/* A waitset in which many threads wait, any number of whom is woken by one system call. To wake them one by one costs a
 * call each, which is more than all that the library does for a command (docs/benchmarks.md). */
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
    _Atomic uint32_t words[PL_WAITSET_WORDS];  /* each counts how often somebody in it was woken */
    _Atomic uint32_t asleep[PL_WAITSET_WORDS]; /* a bit for each index: somebody on it may sleep, and has to be woken */
    uint32_t taken[PL_WAITSET_WORDS];          /* a bit for each index */
    uint32_t shared;                           /* indexes given out twice */
} pl_waitset;

/** Who is to be woken: none in the beginning. */
typedef struct pl_waitset_wakeups {
    uint32_t bits[PL_WAITSET_WORDS];
} pl_waitset_wakeups;

/** A index, for pl_waitset_remove() to give back; both under the lock of whoever owns the waitset. */
uint16_t pl_waitset_add(pl_waitset *waitset);
void pl_waitset_remove(pl_waitset *waitset, uint16_t index);

/** Waits on an index until the event is told. The index may have been given back meanwhile.
 *  @return false where wait_ns have passed first; PL_NEVER waits for ever */
bool pl_waitset_wait(pl_waitset *waitset, uint16_t index, pl_event *event, int64_t wait_ns);

/** Tells one, as pl_event_set(), but it sleeps on until pl_waitset_wake(), if it sleeps. */
void pl_waitset_set(pl_waitset_wakeups *wakeups, uint16_t index, pl_event *event);

/** Wakes all who were told and sleep: no system call where none does. */
void pl_waitset_wake(pl_waitset *waitset, const pl_waitset_wakeups *wakeups);

#endif
