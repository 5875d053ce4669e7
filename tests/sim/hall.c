/* Waiting in a hall, in virtual time: this file takes the place of src/base/hall.c. Whoever is told wakes when all are
 * woken, in any order, or, as where seats are shared, sooner. */
#include "base/hall.h"

#include "scheduler.h"

uint16_t pl_hall_sit(pl_hall *hall)
{
    (void)hall;
    return 0;
}

void pl_hall_rise(pl_hall *hall, uint16_t seat)
{
    (void)hall;
    (void)seat;
}

bool pl_hall_wait(pl_hall *hall, uint16_t seat, pl_park *park, int64_t wait_ns)
{
    (void)hall;
    (void)seat;
    return pl_park_wait(park, wait_ns);
}

void pl_hall_tell(pl_hall_call *call, uint16_t seat, pl_park *park)
{
    (void)call;
    (void)seat;
    pl_park_tell(park);
}

void pl_hall_wake(pl_hall *hall, const pl_hall_call *call)
{
    (void)hall;
    (void)call;
}
