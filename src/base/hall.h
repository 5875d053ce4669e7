/* A hall in which many threads wait, any number of whom is woken by one system call. To wake them one by one costs a
 * call each, which is more than all that the library does for a command (docs/benchmarks.md). */
#ifndef PL_BASE_HALL_H
#define PL_BASE_HALL_H

#include "base/park.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Of 256 threads each has a seat of its own. More share seats: who sits where another is woken looks, and waits on. */
enum { PL_HALL_ROWS = 8, PL_HALL_ROW_SEATS = 32 };

typedef struct pl_hall {
    _Atomic uint32_t rows[PL_HALL_ROWS];   /* each counts how often somebody in it was woken */
    _Atomic uint32_t asleep[PL_HALL_ROWS]; /* a bit for each seat: somebody on it may sleep, and has to be woken */
    uint32_t taken[PL_HALL_ROWS];          /* a bit for each seat */
    uint32_t shared;                       /* seats given out twice */
} pl_hall;

/** Who is to be woken: none in the beginning. */
typedef struct pl_hall_call {
    uint32_t seats[PL_HALL_ROWS];
} pl_hall_call;

/** A seat, for pl_hall_rise() to give back; both under the lock of whoever owns the hall. */
uint16_t pl_hall_sit(pl_hall *hall);
void pl_hall_rise(pl_hall *hall, uint16_t seat);

/** Waits on a seat until the park is told. The seat may have been given back meanwhile.
 *  @return false where wait_ns have passed first; PL_NEVER waits for ever */
bool pl_hall_wait(pl_hall *hall, uint16_t seat, pl_park *park, int64_t wait_ns);

/** Tells one, as pl_park_tell(), but it sleeps on until pl_hall_wake(), if it sleeps. */
void pl_hall_tell(pl_hall_call *call, uint16_t seat, pl_park *park);

/** Wakes all who were told and sleep: no system call where none does. */
void pl_hall_wake(pl_hall *hall, const pl_hall_call *call);

#endif
