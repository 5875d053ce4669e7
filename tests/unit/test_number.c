/* SPDX-License-Identifier: MIT */
/* Strict parsing of decimal numbers. */
#include "tap_cmocka.h"

#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void numbers_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"0", 0},
        {"1", 1},
        {"-1", -1},
        {"10", 10},
        {"2147483648", INT64_C(2147483648)},
        {"9223372036854775806", INT64_MAX - 1},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775807", INT64_MIN + 1},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 42;
        assert_true(pl_number_parse(rows[i].text, strlen(rows[i].text), &value));
        assert_true(value == rows[i].value);
    }
}

static void text_that_is_not_a_number_is_rejected(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "-",
                                       "--1",
                                       "-0",
                                       "00",
                                       "01",
                                       "-01",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1a",
                                       "a",
                                       "1.0",
                                       "1e3",
                                       "0x1",
                                       "1-",
                                       "/",
                                       ":",
                                       "9223372036854775808",
                                       "9223372036854775810",
                                       "9999999999999999999",
                                       "-9223372036854775809",
                                       "18446744073709551616",
                                       "18446744073709551617",
                                       "100000000000000000000",
                                       "-99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 42;
        if (pl_number_parse(rows[i], strlen(rows[i]), &value))
            fail_msg("'%s' is read as %" PRId64, rows[i], value);
        assert_true(value == 42);
    }
}

static void a_nul_is_not_a_digit(void **state)
{
    (void)state;
    int64_t value;
    assert_false(pl_number_parse("1\0", 2, &value));
    assert_false(pl_number_parse("\0", 1, &value));
}

static void only_the_bytes_given_are_read(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(pl_number_parse("123456", 3, &value));
    assert_int_equal(value, 123);
}

static void expect_round_trip(int64_t value)
{
    char expected[32], out[PL_NUMBER_MAX];
    int64_t back = 0;
    int length = snprintf(expected, sizeof expected, "%" PRId64, value);
    assert_int_equal(pl_number_format(value, out), length);
    assert_memory_equal(out, expected, (size_t)length);
    assert_true(pl_number_parse(out, (size_t)length, &back));
    assert_true(back == value);
}

static void a_written_number_is_parsed_again(void **state)
{
    (void)state;
    for (int bit = 0; bit < 63; bit++)
        for (int64_t near = -2; near <= 2; near++) {
            expect_round_trip((INT64_C(1) << bit) + near);
            expect_round_trip(-(INT64_C(1) << bit) + near);
        }
    int64_t power = 1;
    for (int digits = 0; digits < 18; digits++, power *= 10) {
        expect_round_trip(power);
        expect_round_trip(power - 1);
        expect_round_trip(-power);
    }
    expect_round_trip(INT64_MAX);
    expect_round_trip(INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_parsed),
        cmocka_unit_test(text_that_is_not_a_number_is_rejected),
        cmocka_unit_test(a_nul_is_not_a_digit),
        cmocka_unit_test(only_the_bytes_given_are_read),
        cmocka_unit_test(a_written_number_is_parsed_again),
    };
    return RUN_TESTS("number", tests);
}
