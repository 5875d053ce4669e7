/* SPDX-License-Identifier: MIT */
/* Building and reading replies. */
#include "failing_heap.h"
#include "reply_text.h"
#include "tap_cmocka.h"

#include "resp/reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_reply reply;
} setting;

static int begin(void **state)
{
    static setting s;
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    pl_reply_init(&s.reply, &s.heap, SIZE_MAX);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    pl_reply_fini(&s->reply);
    test_heap_expect_empty(&s->memory, "reply");
    return 0;
}

/* [ "a", [ 1, [], nil ], +OK, [ [ "" ] ], -ERR x, 7 ] */
static bool build_tree(pl_reply *reply)
{
    return reply_add_array(reply, 6) && reply_add_text(reply, PODLINK_REPLY_STRING, "a", 1) &&
           reply_add_array(reply, 3) && reply_add_integer(reply, 1) && reply_add_array(reply, 0) &&
           reply_add_nil(reply) && reply_add_text(reply, PODLINK_REPLY_STATUS, "OK", 2) && reply_add_array(reply, 1) &&
           reply_add_array(reply, 1) && reply_add_text(reply, PODLINK_REPLY_STRING, "", 0) &&
           reply_add_text(reply, PODLINK_REPLY_ERROR, "ERR x", 5) && reply_add_integer(reply, 7);
}

static void expect_text(const podlink_reply *reply, podlink_reply_type type, const char *text)
{
    size_t length = 99;
    assert_int_equal(podlink_reply_type_of(reply), type);
    assert_string_equal(podlink_reply_text(reply, &length), text);
    assert_int_equal(length, strlen(text));
    assert_string_equal(podlink_reply_text(reply, NULL), text);
    assert_int_equal(podlink_reply_count(reply), 0);
    assert_null(podlink_reply_at(reply, 0));
}

static void expect_integer(const podlink_reply *reply, int64_t expected)
{
    int64_t value = 99;
    assert_int_equal(podlink_reply_type_of(reply), PODLINK_REPLY_INTEGER);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, expected);
    assert_null(podlink_reply_text(reply, NULL));
}

static void expect_tree(const podlink_reply *root)
{
    assert_int_equal(podlink_reply_type_of(root), PODLINK_REPLY_ARRAY);
    assert_int_equal(podlink_reply_count(root), 6);
    expect_text(podlink_reply_at(root, 0), PODLINK_REPLY_STRING, "a");
    const podlink_reply *second = podlink_reply_at(root, 1);
    assert_int_equal(podlink_reply_count(second), 3);
    expect_integer(podlink_reply_at(second, 0), 1);
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(second, 1)), PODLINK_REPLY_ARRAY);
    assert_int_equal(podlink_reply_count(podlink_reply_at(second, 1)), 0);
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(second, 2)), PODLINK_REPLY_NIL);
    assert_null(podlink_reply_at(second, 3));
    expect_text(podlink_reply_at(root, 2), PODLINK_REPLY_STATUS, "OK");
    expect_text(podlink_reply_at(podlink_reply_at(podlink_reply_at(root, 3), 0), 0), PODLINK_REPLY_STRING, "");
    expect_text(podlink_reply_at(root, 4), PODLINK_REPLY_ERROR, "ERR x");
    expect_integer(podlink_reply_at(root, 5), 7);
    assert_null(podlink_reply_at(root, 6));
    assert_null(podlink_reply_at(root, SIZE_MAX));
}

static void a_tree_is_read_as_it_was_built(void **state)
{
    setting *s = *state;
    assert_true(build_tree(&s->reply));
    const podlink_reply *root = reply_seal(&s->reply);
    expect_tree(root);
    assert_int_equal(root->span, 12);
    assert_int_equal(podlink_reply_at(root, 1)->span, 4);
    assert_int_equal(podlink_reply_at(root, 3)->span, 3);
}

static void a_long_flat_array_is_read_at_any_index(void **state)
{
    setting *s = *state;
    enum { COUNT = 5000 };
    assert_true(reply_add_array(&s->reply, COUNT));
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d", i);
        assert_true(reply_add_text(&s->reply, PODLINK_REPLY_STRING, text, (size_t)length));
    }
    const podlink_reply *root = reply_seal(&s->reply);
    for (int i = 0; i < COUNT; i++) {
        int64_t value = -1;
        assert_int_equal(podlink_reply_integer(podlink_reply_at(root, (size_t)i), &value), PODLINK_OK);
        assert_int_equal(value, i);
    }
}

/* An array with as many nodes as elements, where the nodes are not its elements: [ [ 1 ], nested empty ] and the
 * like. */
static void nested_arrays_are_not_mistaken_for_flat_ones(void **state)
{
    setting *s = *state;
    assert_true(reply_add_array(&s->reply, 3));
    for (int i = 0; i < 3; i++) {
        assert_true(reply_add_array(&s->reply, (size_t)i));
        for (int k = 0; k < i; k++)
            assert_true(reply_add_integer(&s->reply, 10 * i + k));
    }
    const podlink_reply *root = reply_seal(&s->reply);
    assert_int_equal(podlink_reply_count(podlink_reply_at(root, 0)), 0);
    expect_integer(podlink_reply_at(podlink_reply_at(root, 1), 0), 10);
    expect_integer(podlink_reply_at(podlink_reply_at(root, 2), 1), 21);
}

static void elements_are_walked_in_their_order(void **state)
{
    setting *s = *state;
    assert_true(build_tree(&s->reply));
    const podlink_reply *root = reply_seal(&s->reply);
    const podlink_reply *element = podlink_reply_first(root);
    for (size_t i = 0; i < 6; i++, element = podlink_reply_next(root, element))
        assert_ptr_equal(element, podlink_reply_at(root, i));
    assert_null(element);
    const podlink_reply *inner = podlink_reply_at(root, 1), *last = podlink_reply_at(inner, 2);
    assert_null(podlink_reply_next(inner, last));
    assert_null(podlink_reply_first(podlink_reply_at(inner, 1)));
    assert_null(podlink_reply_first(podlink_reply_at(root, 0)));
    assert_null(podlink_reply_first(NULL));
    assert_null(podlink_reply_next(root, NULL));
}

/* By index this would be 5,000,000,000 steps. */
static void a_walk_through_nested_elements_is_linear(void **state)
{
    setting *s = *state;
    enum { COUNT = 100000 };
    assert_true(reply_add_array(&s->reply, COUNT));
    for (int i = 0; i < COUNT; i++)
        assert_true(reply_add_array(&s->reply, 1) && reply_add_integer(&s->reply, i));
    const podlink_reply *root = reply_seal(&s->reply);
    int64_t count = 0;
    for (const podlink_reply *e = podlink_reply_first(root); e; e = podlink_reply_next(root, e))
        assert_int_equal(podlink_reply_first(e)->as.integer, count++);
    assert_int_equal(count, COUNT);
}

static void a_text_can_contain_any_byte(void **state)
{
    setting *s = *state;
    size_t length = 0;
    assert_true(reply_add_text(&s->reply, PODLINK_REPLY_STRING, "a\0b\r\n", 5));
    const char *text = podlink_reply_text(reply_seal(&s->reply), &length);
    assert_int_equal(length, 5);
    assert_memory_equal(text, "a\0b\r\n", 6);
}

static void a_missing_element_is_nil(void **state)
{
    (void)state;
    int64_t value = 42;
    size_t length = 42;
    assert_int_equal(podlink_reply_type_of(NULL), PODLINK_REPLY_NIL);
    assert_null(podlink_reply_text(NULL, &length));
    assert_int_equal(podlink_reply_count(NULL), 0);
    assert_null(podlink_reply_at(NULL, 0));
    assert_int_equal(podlink_reply_integer(NULL, &value), PODLINK_EREPLY);
    assert_int_equal(value, 42);
    podlink_reply_free(NULL);
}

static void a_numeric_string_reads_as_a_number(void **state)
{
    setting *s = *state;
    static const struct {
        podlink_reply_type type;
        const char *text;
        podlink_status status;
    } rows[] = {
        {PODLINK_REPLY_STRING, "17", PODLINK_OK},      {PODLINK_REPLY_STRING, "017", PODLINK_EREPLY},
        {PODLINK_REPLY_STRING, "", PODLINK_EREPLY},    {PODLINK_REPLY_STRING, "1x", PODLINK_EREPLY},
        {PODLINK_REPLY_STATUS, "17", PODLINK_EREPLY},  {PODLINK_REPLY_ERROR, "17", PODLINK_EREPLY},
        {PODLINK_REPLY_STRING, "1e1", PODLINK_EREPLY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 42;
        pl_reply_reset(&s->reply);
        assert_true(reply_add_text(&s->reply, rows[i].type, rows[i].text, strlen(rows[i].text)));
        assert_int_equal(podlink_reply_integer(reply_seal(&s->reply), &value), rows[i].status);
        assert_int_equal(value, rows[i].status == PODLINK_OK ? 17 : 42);
    }
}

static void a_detached_reply_belongs_to_the_caller(void **state)
{
    setting *s = *state;
    assert_true(build_tree(&s->reply));
    reply_seal(&s->reply);
    podlink_reply *copy = pl_reply_handout(&s->reply);
    memset(s->reply.nodes, 0xEE, s->reply.node_capacity * sizeof *s->reply.nodes);
    memset(s->reply.text, 0xEE, s->reply.text_capacity);
    pl_reply_reset(&s->reply);
    expect_tree(copy);
    podlink_reply_free(copy);
}

static void a_reply_without_text_can_be_detached(void **state)
{
    setting *s = *state;
    assert_true(reply_add_integer(&s->reply, -5));
    reply_seal(&s->reply);
    podlink_reply *copy = pl_reply_handout(&s->reply);
    expect_integer(copy, -5);
    podlink_reply_free(copy);
}

/* A copy under the lock of a connection would keep its other callers waiting. */
static void a_large_reply_is_handed_out_without_a_copy(void **state)
{
    setting *s = *state;
    enum { COUNT = 5000 };
    for (size_t can_shrink = 0; can_shrink < 2; can_shrink++) {
        char text[16];
        assert_true(reply_add_array(&s->reply, COUNT));
        for (int i = 0; i < COUNT; i++)
            assert_true(reply_add_text(&s->reply, PODLINK_REPLY_STRING, text, (size_t)sprintf(text, "%d", i)));
        reply_seal(&s->reply);
        const size_t used = s->reply.node_count * sizeof *s->reply.nodes + s->reply.text_length;
        test_heap_fail_at(&s->memory, can_shrink ? 0 : 1, SIZE_MAX);
        podlink_reply *reply = pl_reply_handout(&s->reply);
        test_heap_fail_at(&s->memory, 0, 0);
        assert_int_equal(s->memory.blocks, 2);
        if (can_shrink)
            assert_true(s->memory.bytes < used + 128);
        assert_int_equal(s->reply.node_count, 0);
        assert_true(build_tree(&s->reply)); /* the next one */
        expect_tree(reply_seal(&s->reply));
        pl_reply_fini(&s->reply);
        int64_t i = 0, value = -1;
        for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e), i++)
            assert_true(podlink_reply_integer(e, &value) == PODLINK_OK && value == i);
        assert_int_equal(i, COUNT);
        podlink_reply_free(reply);
        assert_int_equal(s->memory.blocks, 0);
    }
}

static void a_reply_fails_without_memory_and_works_later(void **state)
{
    setting *s = *state;
    for (size_t n = 1;; n++) {
        test_heap_fail_at(&s->memory, n, 1);
        bool built = build_tree(&s->reply);
        if (built)
            reply_seal(&s->reply);
        podlink_reply *copy = built ? pl_reply_handout(&s->reply) : NULL;
        bool failed = s->memory.failed > 0;
        assert_int_equal(copy != NULL, !failed);
        test_heap_fail_at(&s->memory, 0, 0);
        podlink_reply_free(copy);
        pl_reply_reset(&s->reply);
        assert_true(build_tree(&s->reply));
        expect_tree(reply_seal(&s->reply));
        pl_reply_fini(&s->reply);
        if (!failed)
            return;
    }
}

static void the_memory_of_a_small_reply_is_reused(void **state)
{
    setting *s = *state;
    assert_true(build_tree(&s->reply));
    pl_reply_reset(&s->reply);
    test_heap_fail_at(&s->memory, 0, 0);
    assert_true(build_tree(&s->reply));
    assert_int_equal(s->memory.asked, 0);
}

static void the_memory_of_a_large_reply_is_freed(void **state)
{
    setting *s = *state;
    static char large[64 * 1024];
    assert_true(reply_add_text(&s->reply, PODLINK_REPLY_STRING, large, sizeof large));
    pl_reply_reset(&s->reply);
    assert_int_equal(s->memory.blocks, 0);
    assert_true(reply_add_array(&s->reply, 2000));
    for (int i = 0; i < 2000; i++)
        assert_true(reply_add_nil(&s->reply));
    pl_reply_reset(&s->reply);
    assert_int_equal(s->memory.blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree_is_read_as_it_was_built, begin, end),
        cmocka_unit_test_setup_teardown(a_long_flat_array_is_read_at_any_index, begin, end),
        cmocka_unit_test_setup_teardown(nested_arrays_are_not_mistaken_for_flat_ones, begin, end),
        cmocka_unit_test_setup_teardown(elements_are_walked_in_their_order, begin, end),
        cmocka_unit_test_setup_teardown(a_walk_through_nested_elements_is_linear, begin, end),
        cmocka_unit_test_setup_teardown(a_text_can_contain_any_byte, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_element_is_nil, begin, end),
        cmocka_unit_test_setup_teardown(a_numeric_string_reads_as_a_number, begin, end),
        cmocka_unit_test_setup_teardown(a_detached_reply_belongs_to_the_caller, begin, end),
        cmocka_unit_test_setup_teardown(a_reply_without_text_can_be_detached, begin, end),
        cmocka_unit_test_setup_teardown(a_large_reply_is_handed_out_without_a_copy, begin, end),
        cmocka_unit_test_setup_teardown(a_reply_fails_without_memory_and_works_later, begin, end),
        cmocka_unit_test_setup_teardown(the_memory_of_a_small_reply_is_reused, begin, end),
        cmocka_unit_test_setup_teardown(the_memory_of_a_large_reply_is_freed, begin, end),
    };
    return RUN_TESTS("reply", tests);
}
