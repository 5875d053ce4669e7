/* Many threads that wait, by a futex for each row of seats and a bit of it for each seat. */
#include "base/hall.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t bit_of(uint16_t seat)
{
    return UINT32_C(1) << seat % PL_HALL_ROW_SEATS;
}

/* The first that is free: the fewer rows are in use, the fewer system calls it takes to wake all. */
uint16_t pl_hall_sit(pl_hall *hall)
{
    for (uint32_t row = 0; row < PL_HALL_ROWS; row++) {
        if (hall->taken[row] == UINT32_MAX)
            continue;
        uint16_t seat = (uint16_t)(row * PL_HALL_ROW_SEATS + (uint32_t)__builtin_ctz(~hall->taken[row]));
        hall->taken[row] |= bit_of(seat);
        return seat;
    }
    return (uint16_t)(hall->shared++ % (PL_HALL_ROWS * PL_HALL_ROW_SEATS));
}

void pl_hall_rise(pl_hall *hall, uint16_t seat)
{
    hall->taken[seat / PL_HALL_ROW_SEATS] &= ~bit_of(seat);
}

bool pl_hall_wait(pl_hall *hall, uint16_t seat, pl_park *park, int64_t wait_ns)
{
    _Atomic uint32_t *row = &hall->rows[seat / PL_HALL_ROW_SEATS];
    const int64_t until = wait_ns == PL_NEVER ? PL_NEVER : pl_clock_monotonic() + wait_ns;
    const struct timespec limit = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    for (;;) {
        /* Read before the look: who tells afterwards changes it, and the wait does not begin. */
        uint32_t seen = atomic_load_explicit(row, memory_order_acquire);
        /* Either we see that we were told, or who tells sees that we sleep. */
        atomic_fetch_or(&hall->asleep[seat / PL_HALL_ROW_SEATS], bit_of(seat));
        if (atomic_load(&park->told) != 0)
            return true;
        long rc = syscall(SYS_futex, row, FUTEX_WAIT_BITSET_PRIVATE, seen, until == PL_NEVER ? NULL : &limit, NULL,
                          bit_of(seat));
        if (rc < 0 && errno == ETIMEDOUT)
            return pl_park_is_told(park);
    }
}

void pl_hall_tell(pl_hall_call *call, uint16_t seat, pl_park *park)
{
    call->seats[seat / PL_HALL_ROW_SEATS] |= bit_of(seat);
    atomic_store(&park->told, 1);
}

void pl_hall_wake(pl_hall *hall, const pl_hall_call *call)
{
    for (uint32_t i = 0; i < PL_HALL_ROWS; i++) {
        const uint32_t sleepers = call->seats[i] == 0 ? 0 : atomic_load(&hall->asleep[i]) & call->seats[i];
        if (sleepers == 0)
            continue;
        _Atomic uint32_t *row = &hall->rows[i];
        atomic_fetch_and(&hall->asleep[i], ~sleepers);
        atomic_fetch_add_explicit(row, 1, memory_order_release);
        syscall(SYS_futex, row, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, sleepers);
    }
}
