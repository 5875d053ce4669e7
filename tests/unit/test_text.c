/* SPDX-License-Identifier: MIT */
/* Text from outside: UTF-8 and escaping. */
#include "tap_cmocka.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In a block of exactly that size, so that a sanitizer finds a read beyond its end. */
static bool is_utf8(const char *bytes, size_t length)
{
    char *exact = malloc(length + (length == 0));
    memcpy(exact, bytes, length);
    bool result = pl_text_is_utf8(exact, length);
    free(exact);
    return result;
}

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    if (c < 0x800)
        return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3F)), 2;
    if (c < 0x10000)
        return out[0] = (char)(0xE0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3F)),
               out[2] = (char)(0x80 | (c & 0x3F)), 3;
    return out[0] = (char)(0xF0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 0x3F)),
           out[2] = (char)(0x80 | (c >> 6 & 0x3F)), out[3] = (char)(0x80 | (c & 0x3F)), 4;
}

static void every_character_except_surrogates_is_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x1FFFFF; c++) {
        char bytes[4];
        size_t length = encode(c, bytes);
        bool expected = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (pl_text_is_utf8(bytes, length) != expected)
            fail_msg("U+%04X", c);
    }
}

static void a_truncated_character_is_not_utf8(void **state)
{
    (void)state;
    static const char *const characters[] = {"\u00e9", "\u20ac", "\U0001F600"};
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        for (size_t length = 1; length < strlen(characters[i]); length++) {
            assert_false(is_utf8(characters[i], length));
            assert_false(is_utf8(characters[i] + length, strlen(characters[i]) - length));
        }
}

static void known_utf8_sequences_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool is_utf8;
    } rows[] = {
        {"", true},
        {"plain", true},
        {"gr\xc3\xbc\xc3\x9f", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xef\xbf\xbf", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false}, /* overlong */
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\x80", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x80\x80\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false}, /* surrogates */
        {"\xed\xbf\xbf", false},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xf4\x90\x80\x80", false}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xfe", false},
        {"\xff", false},
        {"\xc3(", false},
        {"\xe2\x82(", false},
        {"\xe2(\xac", false},
        {"\xf0\x9f\x98(", false},
        {"a\xc3\xa9z", true},
        {"a\xc3z", false},
        {"\xc3\xa9\xc3", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (is_utf8(rows[i].bytes, strlen(rows[i].bytes)) != rows[i].is_utf8)
            fail_msg("row %zu", i);
}

/* Compared with the complete table above for single characters. */
static void two_byte_sequences_follow_rfc_3629(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        const unsigned first = pair >> 8, second = pair & 0xFF;
        const char bytes[2] = {(char)first, (char)second};
        bool ascii = first < 0x80 && second < 0x80;
        bool one = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
        assert_int_equal(pl_text_is_utf8(bytes, 2), ascii || one);
    }
}

/* --- showing it --------------------------------------------------------------------------------------------------- */

static void control_characters_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
    } rows[] = {
        {"", 0, ""},
        {"plain ~!", 8, "plain ~!"},
        {"\0", 1, "\\x00"},
        {"\n\r\t", 3, "\\x0a\\x0d\\x09"},
        {"\x1b[31m", 5, "\\x1b[31m"},
        {"\x7f", 1, "\\x7f"},
        {"\\\"'", 3, "\\\\\\\"'"},
        {"\xc3\xa9\xff", 3, "\\xc3\\xa9\\xff"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[64];
        pl_text_escape(rows[i].bytes, rows[i].length, out, sizeof out);
        assert_string_equal(out, rows[i].shown);
    }
}

/* The complete text, or as much of it, in complete escapes, as leaves room for the dots. */
static void expect_cut(const char *bytes, size_t length, size_t size)
{
    char full[256], expected[256] = "", exact[8];
    pl_text_escape(bytes, length, full, sizeof full);
    if (strlen(full) < size) {
        strcpy(expected, full);
    } else {
        for (size_t i = 0, used = 0; i < length; i++) {
            pl_text_escape(bytes + i, 1, exact, sizeof exact);
            used += strlen(exact);
            if (used + 4 > size)
                break;
            strcat(expected, exact);
        }
        strcat(expected, "...");
    }
    char *out = malloc(size);
    pl_text_escape(bytes, length, out, size);
    assert_string_equal(out, expected);
    free(out);
}

static void long_text_is_truncated_between_characters(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "a", "abcdefgh", "abcdefghijklmnop", "\n\n\n\n\n", "a\nb\"c\\d\377efg\n", "\"\"\"\"\"\"\"\"\"\"",
        "abcd\n\"xyz"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t size = 8; size < 40; size++)
            expect_cut(texts[i], strlen(texts[i]), size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_except_surrogates_is_utf8),
        cmocka_unit_test(a_truncated_character_is_not_utf8),
        cmocka_unit_test(known_utf8_sequences_are_recognised),
        cmocka_unit_test(two_byte_sequences_follow_rfc_3629),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(long_text_is_truncated_between_characters),
    };
    return RUN_TESTS("text", tests);
}
