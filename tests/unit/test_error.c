/* SPDX-License-Identifier: MIT */
/* The caller's error, and the table of statuses. */
#include "tap_cmocka.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const podlink_status statuses[] = {
#define X(name, value, text) PODLINK_##name,
    PODLINK_STATUS_MAP(X)
#undef X
};

static void every_status_has_its_own_name_and_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        assert_memory_equal(podlink_status_name(statuses[i]), "PODLINK_", 8);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(statuses[i], statuses[k]);
            assert_string_not_equal(podlink_status_name(statuses[i]), podlink_status_name(statuses[k]));
            assert_string_not_equal(podlink_status_text(statuses[i]), podlink_status_text(statuses[k]));
        }
    }
    assert_string_equal(podlink_status_name(PODLINK_ETIMEDOUT), "PODLINK_ETIMEDOUT");
    assert_string_equal(podlink_status_text((podlink_status)-999), "unknown status");
}

static void every_delivery_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(podlink_delivery_text(PODLINK_NOT_SENT), "not sent");
    assert_string_equal(podlink_delivery_text(PODLINK_ANSWERED), "answered");
    assert_string_equal(podlink_delivery_text(PODLINK_UNKNOWN), "unknown");
    assert_non_null(podlink_delivery_text((podlink_delivery)77));
}

static void the_error_argument_is_optional(void **state)
{
    (void)state;
    pl_error_clear(NULL);
    pl_error_prefix_item(NULL, 3);
    pl_error_server(NULL, "words", 5);
    assert_int_equal(pl_error_set(NULL, PODLINK_EBUSY, PODLINK_ANSWERED, "%d", 1), PODLINK_EBUSY);
    assert_int_equal(pl_error_invalid(NULL, "%d", 1), PODLINK_EINVAL);
    assert_int_equal(pl_error_no_memory(NULL), PODLINK_ENOMEM);
}

static void every_field_of_an_error_is_set(void **state)
{
    (void)state;
    podlink_error err;
    memset(&err, 'x', sizeof err);
    assert_int_equal(pl_error_set(&err, PODLINK_EBUSY, PODLINK_ANSWERED, "%s of %d", "one", 2), PODLINK_EBUSY);
    assert_int_equal(err.status, PODLINK_EBUSY);
    assert_int_equal(err.delivery, PODLINK_ANSWERED);
    assert_string_equal(err.message, "one of 2");
    assert_string_equal(err.server, "");
    memset(&err, 'x', sizeof err);
    pl_error_invalid(&err, "uid is %s", "empty");
    assert_int_equal(err.status, PODLINK_EINVAL);
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_string_equal(err.message, "uid is empty");
    memset(&err, 'x', sizeof err);
    pl_error_clear(&err);
    assert_int_equal(err.status, PODLINK_OK);
    assert_string_equal(err.message, "");
    assert_string_equal(err.server, "");
}

static void a_long_message_is_truncated(void **state)
{
    (void)state;
    podlink_error err;
    char digits[1000], expected[sizeof err.message];
    for (size_t i = 0; i < sizeof digits; i++)
        digits[i] = (char)('0' + i % 7);
    pl_error_set(&err, PODLINK_EBUSY, PODLINK_ANSWERED, "%.*s", (int)sizeof digits, digits);
    snprintf(expected, sizeof expected, "%.*s", (int)sizeof expected - 1, digits);
    assert_string_equal(err.message, expected);
    pl_error_prefix_item(&err, 7);
    snprintf(expected, sizeof expected, "items[7]: %.*s", (int)(sizeof expected - 1 - strlen("items[7]: ")), digits);
    assert_string_equal(err.message, expected);
}

static void the_item_number_comes_first(void **state)
{
    (void)state;
    podlink_error err;
    pl_error_invalid(&err, "uid is empty");
    pl_error_prefix_item(&err, 0);
    assert_string_equal(err.message, "items[0]: uid is empty");
    pl_error_invalid(&err, "%s", "");
    pl_error_prefix_item(&err, SIZE_MAX);
    assert_string_equal(err.message, "items[18446744073709551615]: ");
}

static void server_messages_are_escaped_and_truncated(void **state)
{
    (void)state;
    podlink_error err;
    char words[500];
    memset(words, 'w', sizeof words);
    words[0] = '\n';
    pl_error_clear(&err);
    pl_error_server(&err, words, sizeof words);
    assert_int_equal(strlen(err.server), sizeof err.server - 1);
    assert_memory_equal(err.server, "\\x0aw", 5);
    assert_string_equal(err.server + sizeof err.server - 4, "...");
    pl_error_server(&err, "", 0);
    assert_string_equal(err.server, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_name_and_text),
        cmocka_unit_test(every_delivery_has_a_text),
        cmocka_unit_test(the_error_argument_is_optional),
        cmocka_unit_test(every_field_of_an_error_is_set),
        cmocka_unit_test(a_long_message_is_truncated),
        cmocka_unit_test(the_item_number_comes_first),
        cmocka_unit_test(server_messages_are_escaped_and_truncated),
    };
    return RUN_TESTS("error", tests);
}
