/* SPDX-License-Identifier: MIT */
/* When yielding while waiting pays. */
#include "tap_cmocka.h"

#include "base/clock.h"
#include "pool/wait_policy.h"

enum { CALLERS = 4 };

/* Waits that begin each millisecond from `from` on, for `ms`; each loses lost_ns. */
static void wait_for(pl_wait_policy *wait_policy, pl_wait_policy_seen *seen, int64_t from_ms, int64_t ms,
                     int64_t lost_ns)
{
    for (int64_t at = from_ms; at < from_ms + ms; at++) {
        pl_wait_policy_note_wait(wait_policy, seen, CALLERS, at * PL_MS);
        pl_wait_policy_note_slow(seen, lost_ns);
    }
}

static void quick_yields_are_allowed(void **state)
{
    (void)state;
    pl_wait_policy wait_policy = {0};
    pl_wait_policy_seen seen = {0};
    wait_for(&wait_policy, &seen, 1, 1000, 0);
    assert_true(pl_wait_policy_may_yield(&wait_policy, 1000 * PL_MS));
}

/* Some callers share their processor with a busy server. */
static void a_few_slow_yields_are_allowed(void **state)
{
    (void)state;
    pl_wait_policy wait_policy = {0};
    pl_wait_policy_seen seen = {0};
    wait_for(&wait_policy, &seen, 1, 1000, PL_MS); /* a quarter of four callers' time */
    assert_true(pl_wait_policy_may_yield(&wait_policy, 1000 * PL_MS));
}

static void yielding_pauses_when_it_is_slow(void **state)
{
    (void)state;
    pl_wait_policy wait_policy = {0};
    pl_wait_policy_seen seen = {0};
    wait_for(&wait_policy, &seen, 1, 21, 2 * PL_MS); /* the 21st is judged with the 20 ms before it */
    assert_false(pl_wait_policy_may_yield(&wait_policy, 21 * PL_MS));
    assert_false(pl_wait_policy_may_yield(&wait_policy, 70 * PL_MS));
    assert_true(pl_wait_policy_may_yield(&wait_policy, 71 * PL_MS));
}

static void the_pause_doubles_while_yielding_stays_slow(void **state)
{
    (void)state;
    static const int64_t rests_ms[] = {50, 100, 200, 400, 800, 1600, 1600};
    pl_wait_policy wait_policy = {0};
    pl_wait_policy_seen seen = {0};
    int64_t now_ms = 1;
    for (unsigned i = 0; i < COUNT_OF(rests_ms); i++) {
        wait_for(&wait_policy, &seen, now_ms, 21, 2 * PL_MS);
        now_ms += 20 + rests_ms[i];
        assert_false(pl_wait_policy_may_yield(&wait_policy, now_ms * PL_MS - 1));
        assert_true(pl_wait_policy_may_yield(&wait_policy, now_ms * PL_MS));
    }
    wait_for(&wait_policy, &seen, now_ms, 21, 0); /* a good window: the next pause is a short one again */
    now_ms += 21;
    wait_for(&wait_policy, &seen, now_ms, 40, 2 * PL_MS);
    assert_false(pl_wait_policy_may_yield(&wait_policy, (now_ms + 39) * PL_MS));
    assert_true(pl_wait_policy_may_yield(&wait_policy, (now_ms + 39 + 50) * PL_MS));
}

static void losses_before_a_pause_are_forgotten(void **state)
{
    (void)state;
    pl_wait_policy wait_policy = {0};
    pl_wait_policy_seen seen = {0};
    pl_wait_policy_seen other = {0};
    wait_for(&wait_policy, &other, 15, 6, 2 * PL_MS); /* of a shared connection that has not been judged yet */
    wait_for(&wait_policy, &seen, 1, 21, 2 * PL_MS);
    wait_for(&wait_policy, &other, 71, 30, 0);
    assert_true(pl_wait_policy_may_yield(&wait_policy, 101 * PL_MS));
}

static void a_yield_can_take_longer_with_many_waiters(void **state)
{
    (void)state;
    assert_int_equal(pl_wait_policy_slow_ns(0), PL_MS);
    assert_int_equal(pl_wait_policy_slow_ns(62), PL_MS);
    assert_int_equal(pl_wait_policy_slow_ns(1000), 16 * PL_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_yields_are_allowed),
        cmocka_unit_test(a_few_slow_yields_are_allowed),
        cmocka_unit_test(yielding_pauses_when_it_is_slow),
        cmocka_unit_test(the_pause_doubles_while_yielding_stays_slow),
        cmocka_unit_test(losses_before_a_pause_are_forgotten),
        cmocka_unit_test(a_yield_can_take_longer_with_many_waiters),
    };
    return RUN_TESTS("wait policy", tests);
}
