/* SPDX-License-Identifier: MIT */
/* Encoding commands in RESP. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "resp/encode.h"

#include <stdio.h>
#include <string.h>

static void expect_bytes(pl_buffer *out, const char *bytes, size_t length)
{
    assert_int_equal(out->length, length);
    assert_memory_equal(out->bytes, bytes, length);
    out->length = 0;
}

static void with_buffer(void (*body)(pl_buffer *out))
{
    test_heap memory;
    pl_heap heap;
    pl_buffer out;
    test_heap_init(&memory);
    pl_heap_init(&heap, &memory.allocator);
    pl_buffer_init(&out, &heap);
    assert_true(pl_buffer_reserve(&out, 4096));
    body(&out);
    pl_buffer_fini(&out);
    test_heap_expect_empty(&memory, "encode");
}

static void write_command(pl_buffer *out)
{
    pl_resp_command(out, 3);
    pl_resp_argument(out, "SET", 3);
    pl_resp_argument(out, "", 0);
    pl_resp_argument(out, "a\r\n\0b", 5);
    static const char bytes[] = "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n";
    expect_bytes(out, bytes, sizeof bytes - 1);
}

static void a_command_is_binary_safe(void **state)
{
    (void)state;
    with_buffer(write_command);
}

static void write_numbers(pl_buffer *out)
{
    pl_resp_number(out, 0);
    expect_bytes(out, "$1\r\n0\r\n", 7);
    pl_resp_number(out, -17);
    expect_bytes(out, "$3\r\n-17\r\n", 9);
    pl_resp_number(out, INT64_MIN);
    expect_bytes(out, "$20\r\n-9223372036854775808\r\n", 27);
}

static void a_number_can_be_an_argument(void **state)
{
    (void)state;
    with_buffer(write_numbers);
}

static void write_headers(pl_buffer *out)
{
    static const size_t counts[] = {0, 1, 9, 10, 11, 99, 100, 1024 * 1024, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        char expected[64];
        int length = snprintf(expected, sizeof expected, "*%zu\r\n", counts[i]);
        pl_resp_command(out, counts[i]);
        expect_bytes(out, expected, (size_t)length);
        expected[0] = '$';
        pl_resp_begin(out, counts[i]);
        assert_true(out->length + 2 <= PL_RESP_OVERHEAD);
        expect_bytes(out, expected, (size_t)length);
    }
}

static void every_length_fits_in_its_reserved_space(void **state)
{
    (void)state;
    with_buffer(write_headers);
}

static void write_in_parts(pl_buffer *out)
{
    pl_resp_begin(out, 5);
    pl_buffer_put(out, "ab", 2);
    pl_buffer_put(out, "cde", 3);
    pl_resp_end(out);
    expect_bytes(out, "$5\r\nabcde\r\n", 11);
}

static void an_argument_can_be_written_in_parts(void **state)
{
    (void)state;
    with_buffer(write_in_parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_binary_safe),
        cmocka_unit_test(a_number_can_be_an_argument),
        cmocka_unit_test(every_length_fits_in_its_reserved_space),
        cmocka_unit_test(an_argument_can_be_written_in_parts),
    };
    return RUN_TESTS("encode", tests);
}
