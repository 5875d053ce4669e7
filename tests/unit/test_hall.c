/* Many threads that wait, and the sets of them that are woken. */
#include "tap_cmocka.h"

#include "base/clock.h"
#include "base/hall.h"

#include <pthread.h>

enum { CROWD = 300, TURNS = 5000 }; /* there are 256 seats */

typedef struct guest {
    pl_hall *hall;
    pthread_t thread;
    uint16_t seat;
    pl_park park;
    _Atomic uint32_t came;
} guest;

static void *wait_once(void *argument)
{
    guest *g = argument;
    assert_true(pl_hall_wait(g->hall, g->seat, &g->park, PL_NEVER));
    atomic_fetch_add(&g->came, 1);
    return NULL;
}

static void seat_all(pl_hall *hall, guest *guests)
{
    for (unsigned i = 0; i < CROWD; i++) {
        guests[i] = (guest){.hall = hall, .seat = pl_hall_sit(hall)};
        pl_park_init(&guests[i].park);
        assert_int_equal(pthread_create(&guests[i].thread, NULL, wait_once, &guests[i]), 0);
    }
}

static void all_who_are_told_come_and_nobody_else(void **state)
{
    (void)state;
    static guest guests[CROWD];
    static pl_hall hall;
    seat_all(&hall, guests);
    for (unsigned first = 0; first < 3; first++) { /* every third, of whom some share a seat with others */
        pl_hall_call call = {{0}};
        for (unsigned i = first; i < CROWD; i += 3)
            pl_hall_tell(&call, guests[i].seat, &guests[i].park);
        pl_hall_wake(&hall, &call);
        for (unsigned i = first; i < CROWD; i += 3)
            assert_int_equal(pthread_join(guests[i].thread, NULL), 0);
        for (unsigned i = 0; i < CROWD; i++)
            assert_int_equal(guests[i].came, i % 3 <= first ? 1 : 0);
    }
}

static void the_first_free_seat_is_taken(void **state)
{
    (void)state;
    pl_hall hall = {0};
    for (unsigned i = 0; i < PL_HALL_ROWS * PL_HALL_ROW_SEATS; i++)
        assert_int_equal(pl_hall_sit(&hall), i);
    assert_int_equal(pl_hall_sit(&hall), 0);
    pl_hall_rise(&hall, 40);
    pl_hall_rise(&hall, 35);
    assert_int_equal(pl_hall_sit(&hall), 35);
    assert_int_equal(pl_hall_sit(&hall), 40);
}

static void who_was_told_before_does_not_wait(void **state)
{
    (void)state;
    pl_hall hall = {0};
    pl_hall_call call = {{0}};
    pl_park park;
    pl_park_init(&park);
    pl_hall_tell(&call, 7, &park);
    assert_true(pl_hall_wait(&hall, 7, &park, PL_NEVER));
}

static void a_wait_ends_at_its_time(void **state)
{
    (void)state;
    pl_hall hall = {0};
    pl_park park;
    pl_park_init(&park);
    int64_t began = pl_clock_monotonic();
    assert_false(pl_hall_wait(&hall, 7, &park, 20 * PL_MS));
    assert_true(pl_clock_monotonic() - began >= 20 * PL_MS);
}

/* Two threads that tell each other in turns. */
typedef struct player {
    pl_hall *hall;
    pl_park own;
    pl_park *other;
    uint16_t seat, other_seat;
} player;

static void tell_the_other(player *p)
{
    pl_hall_call call = {{0}};
    pl_hall_tell(&call, p->other_seat, p->other);
    pl_hall_wake(p->hall, &call);
}

static void *play(void *argument)
{
    player *p = argument;
    for (unsigned i = 0; i < TURNS; i++) {
        assert_true(pl_hall_wait(p->hall, p->seat, &p->own, PL_NEVER));
        pl_park_init(&p->own);
        tell_the_other(p);
    }
    return NULL;
}

static void no_telling_is_lost(void **state)
{
    (void)state;
    pl_hall hall = {0};
    player a = {.hall = &hall, .seat = 3, .other_seat = 4};
    player b = {.hall = &hall, .seat = 4, .other_seat = 3, .other = &a.own};
    pthread_t thread;
    a.other = &b.own;
    assert_int_equal(pthread_create(&thread, NULL, play, &b), 0);
    tell_the_other(&a);
    play(&a);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_who_are_told_come_and_nobody_else),
        cmocka_unit_test(the_first_free_seat_is_taken),
        cmocka_unit_test(who_was_told_before_does_not_wait),
        cmocka_unit_test(a_wait_ends_at_its_time),
        cmocka_unit_test(no_telling_is_lost),
    };
    return RUN_TESTS("hall", tests);
}
