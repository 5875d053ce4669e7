/* SPDX-License-Identifier: MIT */
/* Many waiting threads, and the sets of them that are woken. */
#include "tap_cmocka.h"

#include "base/clock.h"
#include "sync/waitset.h"

#include <pthread.h>

enum { WAITERS = 300, ROUNDS = 5000 }; /* there are 256 indexes */

typedef struct guest {
    pl_waitset *waitset;
    pthread_t thread;
    uint16_t index;
    pl_event event;
    _Atomic uint32_t came;
} guest;

static void *wait_once(void *argument)
{
    guest *g = argument;
    assert_true(pl_waitset_wait(g->waitset, g->index, &g->event, PL_NEVER));
    atomic_fetch_add(&g->came, 1);
    return NULL;
}

static void add_all(pl_waitset *waitset, guest *guests)
{
    for (unsigned i = 0; i < WAITERS; i++) {
        guests[i] = (guest){.waitset = waitset, .index = pl_waitset_add(waitset)};
        pl_event_init(&guests[i].event);
        assert_int_equal(pthread_create(&guests[i].thread, NULL, wait_once, &guests[i]), 0);
    }
}

static void exactly_the_woken_waiters_return(void **state)
{
    (void)state;
    static guest guests[WAITERS];
    static pl_waitset waitset;
    add_all(&waitset, guests);
    for (unsigned first = 0; first < 3; first++) { /* every third thread; some of them share an index with others */
        pl_waitset_wakeups wakeups = {{0}};
        for (unsigned i = first; i < WAITERS; i += 3)
            pl_waitset_set(&wakeups, guests[i].index, &guests[i].event);
        pl_waitset_wake(&waitset, &wakeups);
        for (unsigned i = first; i < WAITERS; i += 3)
            assert_int_equal(pthread_join(guests[i].thread, NULL), 0);
        for (unsigned i = 0; i < WAITERS; i++)
            assert_int_equal(guests[i].came, i % 3 <= first ? 1 : 0);
    }
}

static void the_first_free_index_is_used(void **state)
{
    (void)state;
    pl_waitset waitset = {0};
    for (unsigned i = 0; i < PL_WAITSET_WORDS * PL_WAITSET_WORD_BITS; i++)
        assert_int_equal(pl_waitset_add(&waitset), i);
    assert_int_equal(pl_waitset_add(&waitset), 0);
    pl_waitset_remove(&waitset, 40);
    pl_waitset_remove(&waitset, 35);
    assert_int_equal(pl_waitset_add(&waitset), 35);
    assert_int_equal(pl_waitset_add(&waitset), 40);
}

static void a_waiter_that_is_set_already_does_not_wait(void **state)
{
    (void)state;
    pl_waitset waitset = {0};
    pl_waitset_wakeups wakeups = {{0}};
    pl_event event;
    pl_event_init(&event);
    pl_waitset_set(&wakeups, 7, &event);
    assert_true(pl_waitset_wait(&waitset, 7, &event, PL_NEVER));
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    pl_waitset waitset = {0};
    pl_event event;
    pl_event_init(&event);
    int64_t began = pl_clock_monotonic();
    assert_false(pl_waitset_wait(&waitset, 7, &event, 20 * PL_MS));
    assert_true(pl_clock_monotonic() - began >= 20 * PL_MS);
}

/* Two threads that set each other in turns. */
typedef struct player {
    pl_waitset *waitset;
    pl_event own;
    pl_event *other;
    uint16_t index, other_index;
} player;

static void set_the_other(player *p)
{
    pl_waitset_wakeups wakeups = {{0}};
    pl_waitset_set(&wakeups, p->other_index, p->other);
    pl_waitset_wake(p->waitset, &wakeups);
}

static void *play(void *argument)
{
    player *p = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_true(pl_waitset_wait(p->waitset, p->index, &p->own, PL_NEVER));
        pl_event_init(&p->own);
        set_the_other(p);
    }
    return NULL;
}

static void no_wake_up_is_lost(void **state)
{
    (void)state;
    pl_waitset waitset = {0};
    player a = {.waitset = &waitset, .index = 3, .other_index = 4};
    player b = {.waitset = &waitset, .index = 4, .other_index = 3, .other = &a.own};
    pthread_t thread;
    a.other = &b.own;
    assert_int_equal(pthread_create(&thread, NULL, play, &b), 0);
    set_the_other(&a);
    play(&a);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_the_woken_waiters_return),
        cmocka_unit_test(the_first_free_index_is_used),
        cmocka_unit_test(a_waiter_that_is_set_already_does_not_wait),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(no_wake_up_is_lost),
    };
    return RUN_TESTS("waitset", tests);
}
