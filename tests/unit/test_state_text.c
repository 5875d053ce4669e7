/* SPDX-License-Identifier: MIT */
/* The stored text of a pod's state. */
#include "tap_cmocka.h"

#include "ops/state_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In a block of exactly that size, so that a sanitizer finds a read beyond its end. */
static bool read_state(const char *text, podlink_state *state)
{
    size_t length = strlen(text);
    char *exact = malloc(length + (length == 0));
    memcpy(exact, text, length);
    bool is_state = pl_state_read(exact, length, state);
    free(exact);
    return is_state;
}

static void states_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t load;
        int64_t timestamp_ms;
        podlink_routing routing;
    } rows[] = {
        {"10-123-1", 10, 123, PODLINK_READY},
        {"10-123-0", 10, 123, PODLINK_UNAVAILABLE},
        {"10-123-2", 10, 123, PODLINK_DRAINING},
        {"10-123-3", 10, 123, PODLINK_SHUTTING_DOWN},
        {"10-123", 10, 123, PODLINK_READY},
        {"-5-123", -5, 123, PODLINK_READY},
        {"-5-123-2", -5, 123, PODLINK_DRAINING},
        {"0-0-0", 0, 0, PODLINK_UNAVAILABLE},
        {"0-0", 0, 0, PODLINK_READY},
        {"9223372036854775807-9223372036854775807-1", INT64_MAX, INT64_MAX, PODLINK_READY},
        {"-9223372036854775808-1700000000000-1", INT64_MIN, INT64_C(1700000000000), PODLINK_READY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        podlink_state read = {.pod = 7};
        if (!read_state(rows[i].text, &read))
            fail_msg("%s is not read", rows[i].text);
        assert_true(read.load == rows[i].load);
        assert_true(read.timestamp_ms == rows[i].timestamp_ms);
        assert_int_equal(read.routing, rows[i].routing);
        assert_int_equal(read.pod, 7);
    }
}

static void text_that_is_not_a_state_is_rejected(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "-",
                                       "--",
                                       "---",
                                       "1",
                                       "-1",
                                       "1-",
                                       "-1-",
                                       "1--",
                                       "--1",
                                       "x-1",
                                       "1-x",
                                       "bad",
                                       "1--5",
                                       "1--5-1",
                                       "1-5-",
                                       "1-5--1",
                                       "1-5-4",
                                       "1-5-9",
                                       "1-5-x",
                                       "1-5-11",
                                       "1-5-01",
                                       "1-5-1-",
                                       "1-5-1-1",
                                       " 1-5-1",
                                       "1-5-1 ",
                                       "1 -5-1",
                                       "+1-5-1",
                                       "1.5-5-1",
                                       "9223372036854775808-5-1",
                                       "-9223372036854775809-5-1",
                                       "1-9223372036854775808-1",
                                       "99999999999999999999999-5-1",
                                       "1-99999999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        podlink_state read;
        if (read_state(rows[i], &read))
            fail_msg("%s is read", rows[i]);
    }
}

static void a_nul_is_not_part_of_a_state(void **state)
{
    (void)state;
    podlink_state read;
    assert_false(pl_state_read("1-5-1\0", 6, &read));
    assert_false(pl_state_read("1\0-5-1", 6, &read));
}

static void a_written_state_is_parsed_again(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, 9, 10, 1000, INT32_MAX, INT64_C(1700000000000), INT64_MAX};
    for (size_t l = 0; l < 2 * COUNT_OF(numbers); l++)
        for (size_t t = 0; t < COUNT_OF(numbers); t++)
            for (int routing = PODLINK_UNAVAILABLE; routing <= PODLINK_SHUTTING_DOWN; routing++) {
                int64_t load = l % 2 ? -numbers[l / 2] : numbers[l / 2];
                char text[64];
                podlink_state read;
                snprintf(text, sizeof text, "%lld-%lld-%d", (long long)load, (long long)numbers[t], routing);
                assert_true(read_state(text, &read));
                assert_true(read.load == load && read.timestamp_ms == numbers[t]);
                assert_int_equal(read.routing, routing);
            }
}

static void every_routing_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(podlink_routing_text(PODLINK_UNAVAILABLE), "unavailable");
    assert_string_equal(podlink_routing_text(PODLINK_READY), "ready");
    assert_string_equal(podlink_routing_text(PODLINK_DRAINING), "draining");
    assert_string_equal(podlink_routing_text(PODLINK_SHUTTING_DOWN), "shutting-down");
    assert_string_equal(podlink_routing_text((podlink_routing)4), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_parsed),
        cmocka_unit_test(text_that_is_not_a_state_is_rejected),
        cmocka_unit_test(a_nul_is_not_part_of_a_state),
        cmocka_unit_test(a_written_state_is_parsed_again),
        cmocka_unit_test(every_routing_has_a_text),
    };
    return RUN_TESTS("state text", tests);
}
