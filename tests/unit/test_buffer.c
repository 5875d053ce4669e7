/* SPDX-License-Identifier: MIT */
/* A growing byte buffer and its memory. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "base/buffer.h"

#include <string.h>

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_buffer buffer;
} setting;

static void begin(setting *s)
{
    test_heap_init(&s->memory);
    pl_heap_init(&s->heap, &s->memory.allocator);
    pl_buffer_init(&s->buffer, &s->heap);
}

static void end(setting *s)
{
    pl_buffer_fini(&s->buffer);
    test_heap_expect_empty(&s->memory, "buffer");
}

static void a_growing_buffer_keeps_its_bytes(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    for (unsigned i = 0; i < 20000; i++) {
        char byte = (char)(i * 7);
        assert_true(pl_buffer_reserve(&s.buffer, 1));
        pl_buffer_put(&s.buffer, &byte, 1);
    }
    assert_int_equal(s.buffer.length, 20000);
    for (unsigned i = 0; i < 20000; i++)
        assert_int_equal(s.buffer.bytes[i], (char)(i * 7));
    end(&s);
}

static void an_empty_buffer_has_no_memory(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    assert_int_equal(s.memory.blocks, 0);
    assert_true(pl_buffer_reserve(&s.buffer, 0));
    assert_int_equal(s.memory.blocks, 0);
    end(&s);
}

static void reserved_room_is_as_large_as_requested(void **state)
{
    (void)state;
    for (size_t more = 1; more < 5000; more += 97) {
        setting s;
        begin(&s);
        assert_true(pl_buffer_reserve(&s.buffer, more));
        assert_true(s.buffer.capacity - s.buffer.length >= more);
        memset(s.buffer.bytes, 'x', more);
        s.buffer.length = more;
        assert_true(pl_buffer_reserve(&s.buffer, more));
        assert_true(s.buffer.capacity - s.buffer.length >= more);
        end(&s);
    }
}

static void a_failed_allocation_changes_nothing(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    assert_true(pl_buffer_reserve(&s.buffer, 3));
    pl_buffer_put(&s.buffer, "abc", 3);
    const pl_buffer before = s.buffer;
    test_heap_fail_at(&s.memory, 1, 1);
    assert_false(pl_buffer_reserve(&s.buffer, 1000000));
    assert_memory_equal(&s.buffer, &before, sizeof before);
    assert_memory_equal(s.buffer.bytes, "abc", 3);
    end(&s);
}

static void an_impossible_size_is_refused(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    assert_true(pl_buffer_reserve(&s.buffer, 3));
    pl_buffer_put(&s.buffer, "abc", 3);
    assert_false(pl_buffer_reserve(&s.buffer, SIZE_MAX));
    assert_false(pl_buffer_reserve(&s.buffer, SIZE_MAX - 2));
    assert_false(pl_buffer_reserve(&s.buffer, SIZE_MAX / 2));
    assert_memory_equal(s.buffer.bytes, "abc", 3);
    end(&s);
}

static void clearing_keeps_only_a_little_memory(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    assert_true(pl_buffer_reserve(&s.buffer, 100));
    s.buffer.length = 100;
    pl_buffer_clear(&s.buffer, 4096);
    assert_int_equal(s.buffer.length, 0);
    assert_int_equal(s.memory.blocks, 1);
    assert_true(pl_buffer_reserve(&s.buffer, 5000));
    pl_buffer_clear(&s.buffer, 4096);
    assert_int_equal(s.buffer.length, 0);
    assert_int_equal(s.memory.blocks, 0);
    end(&s);
}

static void a_detached_buffer_outlives_its_heap(void **state)
{
    (void)state;
    setting s;
    begin(&s);
    char *block = pl_heap_handout(&s.heap, 40);
    memset(block, 'x', 40);
    memset(&s.heap, 0xEE, sizeof s.heap);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    podlink_free(block);
    podlink_free(NULL);
    pl_heap_init(&s.heap, &s.memory.allocator);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_growing_buffer_keeps_its_bytes),       cmocka_unit_test(an_empty_buffer_has_no_memory),
        cmocka_unit_test(reserved_room_is_as_large_as_requested), cmocka_unit_test(a_failed_allocation_changes_nothing),
        cmocka_unit_test(an_impossible_size_is_refused),          cmocka_unit_test(clearing_keeps_only_a_little_memory),
        cmocka_unit_test(a_detached_buffer_outlives_its_heap),
    };
    return RUN_TESTS("buffer", tests);
}
