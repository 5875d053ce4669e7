/* SPDX-License-Identifier: MIT */
/* Exponential backoff with jitter. */
#include "tap_cmocka.h"

#include "base/clock.h"
#include "sync/backoff.h"

static void pauses_between_dials_double_up_to_a_quarter_of_a_second(void **state)
{
    (void)state;
    static const int64_t pauses_ms[] = {5, 10, 20, 40, 80, 160, 250, 250};
    for (uint32_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++)
        assert_int_equal(pl_backoff_redial(i), pauses_ms[i] * PL_MS);
    assert_int_equal(pl_backoff_redial(UINT32_MAX), 250 * PL_MS);
}

static void a_pause_before_a_retry_is_at_least_half_of_its_length(void **state)
{
    (void)state;
    static const int64_t lengths_ms[] = {8, 16, 32, 64, 128, 256, 512, 512};
    for (uint32_t i = 0; i < sizeof lengths_ms / sizeof *lengths_ms; i++) {
        const int64_t length = lengths_ms[i] * PL_MS;
        for (int64_t seed = 0; seed < 1000; seed++)
            assert_in_range(pl_backoff_retry(i, PL_BACKOFF_RETRY_MS, seed), length / 2, length);
    }
    assert_in_range(pl_backoff_retry(UINT32_MAX, PL_BACKOFF_TRANSIENT_MS, 1), 32 * PL_MS, 64 * PL_MS);
}

/* Two clients whose calls fail at nearly the same time. */
static void pauses_of_seeds_that_are_close_together_are_spread(void **state)
{
    (void)state;
    unsigned in_tenth[10] = {0};
    const int64_t half = 32 * PL_MS;
    for (int64_t seed = 0; seed < 10000; seed++) {
        const int64_t beyond = pl_backoff_retry(6, PL_BACKOFF_TRANSIENT_MS, 1000000 + seed) - half;
        in_tenth[beyond * 10 / (half + 1)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(in_tenth[i], 900, 1100);
}

static void jitter_is_within_its_range(void **state)
{
    (void)state;
    for (int64_t seed = -500; seed < 500; seed++) {
        assert_in_range(pl_backoff_jitter(7, seed), 0, 7);
        assert_int_equal(pl_backoff_jitter(0, seed), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_between_dials_double_up_to_a_quarter_of_a_second),
        cmocka_unit_test(a_pause_before_a_retry_is_at_least_half_of_its_length),
        cmocka_unit_test(pauses_of_seeds_that_are_close_together_are_spread),
        cmocka_unit_test(jitter_is_within_its_range),
    };
    return RUN_TESTS("backoff", tests);
}
