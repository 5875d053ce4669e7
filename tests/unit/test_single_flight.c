/* SPDX-License-Identifier: MIT */
/* Single flight: one caller does the work, the others wait for its end. */
#include "tap_cmocka.h"

#include "sync/single_flight.h"

#include <string.h>

enum { CALLERS = 40, ROUNDS = 200 };

typedef struct owner {
    pthread_mutex_t lock;
    pl_clock clock;
    pl_single_flight *flight;
    uint32_t works;   /* how often the work was done */
    _Atomic int busy; /* leaders at the same time */
    int64_t deadline; /* of the waiters */
} owner;

static void owner_init(owner *o)
{
    memset(o, 0, sizeof *o);
    pthread_mutex_init(&o->lock, NULL);
    pl_clock_init(&o->clock, NULL);
    o->deadline = PL_NEVER;
}

static bool join(owner *o, pl_single_flight *own)
{
    pthread_mutex_lock(&o->lock);
    const bool is_leader = pl_single_flight_join(&o->flight, own);
    pthread_mutex_unlock(&o->lock);
    return is_leader;
}

static pl_single_flight *end(owner *o)
{
    pthread_mutex_lock(&o->lock);
    o->works++;
    pl_single_flight *waiters = pl_single_flight_end(&o->flight);
    pthread_mutex_unlock(&o->lock);
    return waiters;
}

static unsigned length(const pl_single_flight *list)
{
    unsigned count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

static void the_first_caller_leads_and_the_others_wait(void **state)
{
    (void)state;
    owner o;
    pl_single_flight leader, a, b;
    owner_init(&o);
    assert_true(join(&o, &leader));
    assert_false(join(&o, &a));
    assert_false(join(&o, &b));
    pl_single_flight *waiters = end(&o);
    assert_int_equal(length(waiters), 2);
    pl_single_flight_wake(waiters);
    assert_true(pl_single_flight_wait(&a, &o.lock, &o.clock, PL_NEVER));
    assert_true(pl_single_flight_wait(&b, &o.lock, &o.clock, PL_NEVER));
}

static void after_the_end_the_next_caller_leads(void **state)
{
    (void)state;
    owner o;
    pl_single_flight first, second;
    owner_init(&o);
    assert_true(join(&o, &first));
    assert_null(end(&o));
    assert_true(join(&o, &second));
    assert_null(end(&o));
}

static void a_waiter_gives_up_at_its_deadline(void **state)
{
    (void)state;
    owner o;
    pl_single_flight leader, a, b, c;
    owner_init(&o);
    assert_true(join(&o, &leader));
    assert_false(join(&o, &a));
    assert_false(join(&o, &b));
    assert_false(join(&o, &c));
    const int64_t began = pl_clock_now(&o.clock);
    assert_false(pl_single_flight_wait(&b, &o.lock, &o.clock, began + 20 * PL_MS));
    assert_true(pl_clock_now(&o.clock) - began >= 20 * PL_MS);
    assert_false(pl_single_flight_wait(&a, &o.lock, &o.clock, began));
    pl_single_flight *waiters = end(&o);
    assert_ptr_equal(waiters, &c);
    assert_int_equal(length(waiters), 1);
}

static void *wake_later(void *waiters)
{
    pl_thread_sleep(20 * PL_MS);
    pl_single_flight_wake(waiters);
    return NULL;
}

static void a_waiter_whose_deadline_comes_between_end_and_wake_stays_until_it_is_woken(void **state)
{
    (void)state;
    owner o;
    pl_single_flight leader, a;
    pthread_t thread;
    owner_init(&o);
    assert_true(join(&o, &leader));
    assert_false(join(&o, &a));
    pl_single_flight *waiters = end(&o);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, waiters), 0);
    assert_true(pl_single_flight_wait(&a, &o.lock, &o.clock, pl_clock_now(&o.clock)));
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void the_owners_pointer_may_move_meanwhile(void **state)
{
    (void)state;
    owner o;
    pl_single_flight leader, a;
    owner_init(&o);
    assert_true(join(&o, &leader));
    assert_false(join(&o, &a));
    pl_single_flight *moved = o.flight;
    o.flight = NULL;
    assert_false(pl_single_flight_wait(&a, &o.lock, &o.clock, pl_clock_now(&o.clock)));
    assert_null(pl_single_flight_end(&moved));
    assert_null(moved);
}

static void *call(void *argument)
{
    owner *o = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        pl_single_flight own;
        if (!join(o, &own)) {
            pl_single_flight_wait(&own, &o->lock, &o->clock, o->deadline);
            continue;
        }
        assert_int_equal(atomic_fetch_add(&o->busy, 1), 0);
        pl_thread_yield();
        atomic_fetch_sub(&o->busy, 1);
        pl_single_flight_wake(end(o));
    }
    return NULL;
}

/* @return how often the work was done */
static uint32_t run_threads(owner *o)
{
    pthread_t threads[CALLERS];
    for (unsigned i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call, o), 0);
    for (unsigned i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_null(o->flight);
    return o->works;
}

static void many_threads_have_one_leader_at_a_time(void **state)
{
    (void)state;
    owner o;
    owner_init(&o);
    const uint32_t works = run_threads(&o);
    assert_in_range(works, 1, CALLERS * ROUNDS);
}

static void many_threads_give_up_while_others_end(void **state)
{
    (void)state;
    owner o;
    owner_init(&o);
    o.deadline = 0; /* each waiter gives up at once, while the leader ends */
    const uint32_t works = run_threads(&o);
    assert_in_range(works, 1, CALLERS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_caller_leads_and_the_others_wait),
        cmocka_unit_test(after_the_end_the_next_caller_leads),
        cmocka_unit_test(a_waiter_gives_up_at_its_deadline),
        cmocka_unit_test(a_waiter_whose_deadline_comes_between_end_and_wake_stays_until_it_is_woken),
        cmocka_unit_test(the_owners_pointer_may_move_meanwhile),
        cmocka_unit_test(many_threads_have_one_leader_at_a_time),
        cmocka_unit_test(many_threads_give_up_while_others_end),
    };
    return RUN_TESTS("single flight", tests);
}
