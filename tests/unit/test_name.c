/* SPDX-License-Identifier: MIT */
/* Names from users. */
#include "tap_cmocka.h"

#include "ops/name.h"

#include <stdio.h>
#include <string.h>

static const char *repeat(const char *unit, size_t length)
{
    static char text[2048];
    size_t size = strlen(unit);
    assert_int_equal(length % size, 0);
    for (size_t at = 0; at < length; at += size)
        memcpy(text + at, unit, size);
    text[length] = '\0';
    return text;
}

static void expect_good(const char *text)
{
    pl_name name;
    podlink_error err;
    if (pl_name_init(&name, "uid", text, &err) != PODLINK_OK)
        fail_msg("%s", err.message);
    assert_ptr_equal(name.text, text);
    assert_int_equal(name.length, strlen(text));
}

static void valid_names_are_accepted(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "a",
        "0",
        " ",
        "a b",
        "a:b",
        "::",
        "\"'\\/*?%",
        "|~z",
        "[()]<>",
        "gr\xc3\xbc\xc3\x9f",
        "\xc2\xa0" /* U+00A0 */,
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\xf4\x8f\xbf\xbf",
        "-1",
        "lk",
        ":lk:",
        "a\xc3\x80z" /* second byte 0x80 */,
        "\xe4\xb8\x80\xc2\xbf",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_good(rows[i]);
}

static void a_name_has_at_most_512_bytes(void **state)
{
    (void)state;
    pl_name name;
    podlink_error err;
    expect_good(repeat("a", 512));
    expect_good(repeat("\xc3\xa9", 512));
    expect_good(repeat("\xf0\x9f\x98\x80", 512));
    static const char *const units[] = {"a", "\xc3\xa9", "\xf0\x9f\x98\x80", "{", "\x01", "\xff"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t size = strlen(units[i]);
        assert_int_equal(pl_name_init(&name, "uid", repeat(units[i], (512 / size + 1) * size), &err), PODLINK_EINVAL);
        assert_memory_equal(err.message, "uid \"", 5);
        assert_non_null(strstr(err.message, "longer than 512 bytes"));
    }
    assert_int_equal(pl_name_init(&name, "uid", repeat("a", 513), &err), PODLINK_EINVAL);
}

static const struct {
    const char *text;
    const char *fault;
} bad[] = {
    {NULL, "NULL"},
    {"", "empty"},
    {"{", "'{'"},
    {"}", "'}'"},
    {"a{b", "'{'"},
    {"a}", "'}'"},
    {"\xc3\xa9{", "'{'"},
    {"\x01", "control"},
    {"a\nb", "control"},
    {"a\r", "control"},
    {"\t", "control"},
    {"\x1b[31m", "control"},
    {"\x1f", "control"},
    {"\x7f", "control"},
    {"a\x7f", "control"},
    {"\xc2\x80", "control"}, /* U+0080 */
    {"a\xc2\x85z", "control"},
    {"\xc2\x9f", "control"},
    {"\xc3\xa9\xc2\x9b", "control"},
    {"\x80", "UTF-8"},
    {"a\xff", "UTF-8"},
    {"\xc3", "UTF-8"},
    {"\xc0\x80", "UTF-8"},
    {"\xed\xa0\x80", "UTF-8"},
    {"\xf4\x90\x80\x80", "UTF-8"},
    {"\xe2\x82", "UTF-8"},
};

static void expect_plain(const char *message)
{
    for (const char *at = message; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

static void a_bad_name_is_refused_with_the_name_of_its_argument(void **state)
{
    (void)state;
    static const char *const arguments[] = {"uid", "service"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        for (size_t k = 0; k < COUNT_OF(arguments); k++) {
            pl_name name;
            podlink_error err;
            assert_int_equal(pl_name_init(&name, arguments[k], bad[i].text, &err), PODLINK_EINVAL);
            assert_int_equal(err.status, PODLINK_EINVAL);
            assert_int_equal(err.delivery, PODLINK_NOT_SENT);
            assert_memory_equal(err.message, arguments[k], strlen(arguments[k]));
            if (!strstr(err.message, bad[i].fault))
                fail_msg("row %zu does not say %s: %s", i, bad[i].fault, err.message);
            expect_plain(err.message);
        }
}

static void a_namespace_must_not_contain_a_colon(void **state)
{
    (void)state;
    static const char *const colons[] = {":", "a:b", ":a", "a:"};
    pl_name name;
    podlink_error err;
    assert_int_equal(pl_name_init_ns(&name, "prod", &err), PODLINK_OK);
    for (size_t i = 0; i < COUNT_OF(colons); i++) {
        expect_good(colons[i]);
        assert_int_equal(pl_name_init_ns(&name, colons[i], &err), PODLINK_EINVAL);
        assert_memory_equal(err.message, "ns ", 3);
        assert_non_null(strstr(err.message, "':'"));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(pl_name_init_ns(&name, bad[i].text, &err), PODLINK_EINVAL);
        assert_memory_equal(err.message, "ns ", 3);
        assert_non_null(strstr(err.message, bad[i].fault));
    }
}

static void every_character_is_checked(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x800; c++) {
        char text[4] = {(char)c};
        if (c >= 0x80) {
            text[0] = (char)(0xC0 | c >> 6);
            text[1] = (char)(0x80 | (c & 0x3F));
        }
        int is_bad = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == '{' || c == '}';
        pl_name name;
        if ((pl_name_init(&name, "uid", text, NULL) != PODLINK_OK) != is_bad)
            fail_msg("U+%04X", c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_names_are_accepted),
        cmocka_unit_test(a_name_has_at_most_512_bytes),
        cmocka_unit_test(a_bad_name_is_refused_with_the_name_of_its_argument),
        cmocka_unit_test(a_namespace_must_not_contain_a_colon),
        cmocka_unit_test(every_character_is_checked),
    };
    return RUN_TESTS("name", tests);
}
