/* SPDX-License-Identifier: MIT */
/* The slot of a key in a cluster. */
#include "tap_cmocka.h"

#include "deployment/slot.h"

#include <stdlib.h>
#include <string.h>

/* In a block of exactly that size, so that a sanitizer finds a read beyond its end. */
static uint16_t slot_of(const char *key)
{
    const size_t length = strlen(key);
    char *exact = malloc(length + (length == 0));
    memcpy(exact, key, length);
    const uint16_t slot = pl_slot_of(exact, length);
    free(exact);
    return slot;
}

static uint16_t crc_of(const char *text)
{
    return pl_slot_crc(0, text, strlen(text));
}

static void the_crc_is_xmodem(void **state)
{
    (void)state;
    assert_int_equal(crc_of(""), 0);
    assert_int_equal(crc_of("123456789"), 0x31C3);
    assert_int_equal(crc_of("A"), 0x58E5);
    assert_int_equal(pl_slot_crc(0, "\0\0\0", 3), 0);
    assert_int_equal(pl_slot_crc(0, "\xFF", 1), 0x1EF0);
    assert_int_equal(pl_slot_crc(0, "\xFF\xFF", 2), 0x1D0F);
}

/* Bit by bit, by the polynomial. */
static uint16_t slow_crc(const char *bytes, size_t length)
{
    unsigned crc = 0;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned)(unsigned char)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xFFFF : crc << 1;
    }
    return (uint16_t)crc;
}

static void each_byte_at_each_position_counts(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            const char bytes[] = {(char)first, (char)second, (char)(first ^ 0x5A)};
            assert_int_equal(pl_slot_crc(0, bytes, sizeof bytes), slow_crc(bytes, sizeof bytes));
        }
}

static void a_crc_in_parts_equals_the_crc_of_the_whole(void **state)
{
    (void)state;
    const char *whole = "prod:lk:eva:7";
    for (size_t first = 0; first <= strlen(whole); first++)
        for (size_t second = first; second <= strlen(whole); second++) {
            uint16_t crc = pl_slot_crc(0, whole, first);
            crc = pl_slot_crc(crc, whole + first, second - first);
            crc = pl_slot_crc(crc, whole + second, strlen(whole) - second);
            assert_int_equal(crc, crc_of(whole));
        }
}

/* The answers of CLUSTER KEYSLOT, Redis 7.0.15. */
static void the_slots_are_those_of_the_server(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint16_t slot;
    } rows[] = {
        {"", 0},     {"foo", 12182}, {"bar", 5061}, {"hello", 866}, {"somekey", 11058}, {"foo{hash_tag}", 2515},
        {"{", 4092}, {"}", 12090},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (slot_of(rows[i].key) != rows[i].slot)
            fail_msg("\"%s\" is in slot %u, not %u", rows[i].key, slot_of(rows[i].key), rows[i].slot);
}

static void the_hash_tag_alone_decides(void **state)
{
    (void)state;
    assert_int_equal(slot_of("{user1000}.following"), slot_of("user1000"));
    assert_int_equal(slot_of("a{user1000}b{c}"), slot_of("user1000"));
    assert_int_equal(slot_of("{a}"), slot_of("a"));
    assert_int_equal(slot_of("sf:{prod:lk:eva:7}game"), pl_slot_of_crc(crc_of("prod:lk:eva:7")));
    assert_int_equal(slot_of("foo{{bar}}zap"), slot_of("{bar"));
}

static void without_a_hash_tag_the_whole_key_decides(void **state)
{
    (void)state;
    static const char *const keys[] = {"a{}b", "{}{a}", "a{b", "a}b", "}{a", "{", "}", "{}", "a{}{b}"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        assert_int_equal(slot_of(keys[i]), pl_slot_of_crc(crc_of(keys[i])));
}

static void a_key_can_contain_any_byte(void **state)
{
    (void)state;
    assert_int_equal(pl_slot_of("x\0{a\0b}", 7), pl_slot_of_crc(pl_slot_crc(0, "a\0b", 3)));
    assert_int_equal(pl_slot_of(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_xmodem),
        cmocka_unit_test(each_byte_at_each_position_counts),
        cmocka_unit_test(a_crc_in_parts_equals_the_crc_of_the_whole),
        cmocka_unit_test(the_slots_are_those_of_the_server),
        cmocka_unit_test(the_hash_tag_alone_decides),
        cmocka_unit_test(without_a_hash_tag_the_whole_key_decides),
        cmocka_unit_test(a_key_can_contain_any_byte),
    };
    return RUN_TESTS("slot", tests);
}
