/* SPDX-License-Identifier: MIT */
/* Pods in replies: a corrupt value is never mistaken for "no link". */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "ops/pod.h"

#include <string.h>

static void a_pod_is_a_decimal_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t pod;
    } good[] = {{"0", 0}, {"1", 1}, {"10", 10}, {"2147483647", INT32_MAX}};
    static const char *const bad[] = {
        "", "-1", "-0", "00", "01", "+1", "1 ", " 1", "1.0", "x", "2147483648", "4294967296", "9999999999999", "1\n"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int32_t pod = -7;
        assert_true(pl_pod_read(good[i].text, strlen(good[i].text), &pod));
        assert_int_equal(pod, good[i].pod);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int32_t pod = -7;
        assert_false(pl_pod_read(bad[i], strlen(bad[i]), &pod));
    }
}

static pl_pod_kind kind_of(podlink_reply_type type, const char *text, int32_t *pod)
{
    podlink_reply reply = {.type = type, .span = 1};
    if (text) {
        reply.count = strlen(text);
        reply.as.text = text;
    }
    return pl_pod_of_reply(&reply, pod);
}

static void each_kind_of_answer_is_recognised(void **state)
{
    (void)state;
    static const struct {
        podlink_reply_type type;
        const char *text;
        pl_pod_kind kind;
        int32_t pod;
    } rows[] = {
        {PODLINK_REPLY_STRING, "0", PL_POD_IS, 0},
        {PODLINK_REPLY_STRING, "7", PL_POD_IS, 7},
        {PODLINK_REPLY_STRING, "2147483647", PL_POD_IS, INT32_MAX},
        {PODLINK_REPLY_STRING, "-1", PL_POD_NONE, PODLINK_NO_POD},
        {PODLINK_REPLY_NIL, NULL, PL_POD_NONE, PODLINK_NO_POD},
        {PODLINK_REPLY_STRING, "", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_STRING, "-2", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_STRING, "-10", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_STRING, "07", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_STRING, "2147483648", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_STRING, "pod-7", PL_POD_UNREADABLE, PODLINK_UNREADABLE_POD},
        {PODLINK_REPLY_INTEGER, NULL, PL_POD_NO_TEXT, PODLINK_NO_POD},
        {PODLINK_REPLY_ARRAY, NULL, PL_POD_NO_TEXT, PODLINK_NO_POD},
        {PODLINK_REPLY_STATUS, "7", PL_POD_NO_TEXT, PODLINK_NO_POD},
        {PODLINK_REPLY_ERROR, "7", PL_POD_NO_TEXT, PODLINK_NO_POD},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t pod = 99;
        assert_int_equal(kind_of(rows[i].type, rows[i].text, &pod), rows[i].kind);
        assert_int_equal(pod, rows[i].pod);
    }
}

static void a_missing_element_is_not_an_answer(void **state)
{
    (void)state;
    int32_t pod = 99;
    assert_int_equal(pl_pod_of_reply(NULL, &pod), PL_POD_NO_TEXT);
    assert_int_equal(pod, PODLINK_NO_POD);
}

static void a_corrupt_value_is_reported_with_its_key(void **state)
{
    (void)state;
    const pl_name ns = {"prod", 4}, uid = {"\xc3\xa9va", 4}, service = {"game", 4};
    const pl_key key = pl_key_link(ns, uid, service);
    const podlink_reply value = {.type = PODLINK_REPLY_STRING, .span = 1, .count = 5, .as.text = "pod\n7"};
    podlink_error err;
    assert_int_equal(pl_pod_corrupt(&key, &value, &err), PODLINK_ECORRUPT);
    assert_int_equal(err.status, PODLINK_ECORRUPT);
    assert_int_equal(err.delivery, PODLINK_ANSWERED);
    assert_non_null(strstr(err.message, "sf:{prod:lk:\\xc3\\xa9va}game"));
    assert_non_null(strstr(err.message, "pod\\x0a7"));
    assert_int_equal(pl_pod_corrupt(&key, &value, NULL), PODLINK_ECORRUPT);
}

static void a_corrupt_value_of_any_length_is_reported(void **state)
{
    (void)state;
    static char longest[PL_NAME_MAX + 1], large[5000];
    memset(longest, 'x', PL_NAME_MAX);
    memset(large, '\n', sizeof large);
    const pl_name name = {longest, PL_NAME_MAX};
    const pl_key key = pl_key_link(name, name, name);
    const podlink_reply value = {.type = PODLINK_REPLY_STRING, .span = 1, .count = sizeof large, .as.text = large};
    podlink_error err;
    assert_int_equal(pl_pod_corrupt(&key, &value, &err), PODLINK_ECORRUPT);
    assert_non_null(strstr(err.message, "sf:{xxx"));
    assert_non_null(strstr(err.message, "\\x0a..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pod_is_a_decimal_number),
        cmocka_unit_test(each_kind_of_answer_is_recognised),
        cmocka_unit_test(a_missing_element_is_not_an_answer),
        cmocka_unit_test(a_corrupt_value_is_reported_with_its_key),
        cmocka_unit_test(a_corrupt_value_of_any_length_is_reported),
    };
    return RUN_TESTS("pod", tests);
}
