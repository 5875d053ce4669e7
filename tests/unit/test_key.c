/* SPDX-License-Identifier: MIT */
/* The four keys, no two of which are ever the same. */
#include "tap_cmocka.h"

#include "deployment/slot.h"
#include "ops/key.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_name name_of(const char *text)
{
    return (pl_name){text, (uint32_t)strlen(text)};
}

static void expect_key(pl_key key, const char *expected)
{
    char text[PL_KEY_MAX], bytes[PL_KEY_SIZE], argument[PL_KEY_SIZE];
    size_t length = pl_key_text(&key, text);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
    pl_buffer out = {.bytes = bytes, .capacity = sizeof bytes};
    pl_key_put(&key, &out);
    int size = snprintf(argument, sizeof argument, "$%zu\r\n%s\r\n", strlen(expected), expected);
    assert_int_equal(out.length, size);
    assert_memory_equal(out.bytes, argument, (size_t)size);
}

static void the_keys_are_those_that_other_programs_use(void **state)
{
    (void)state;
    pl_name ns = name_of("prod"), uid = name_of("eva:7"), service = name_of("game");
    expect_key(pl_key_link(ns, uid, service), "sf:{prod:lk:eva:7}game");
    expect_key(pl_key_index(ns, uid), "sf:{prod:lk:eva:7}");
    expect_key(pl_key_state(ns, service), "sf:{prod:state:game}");
    expect_key(pl_key_workload(ns, service), "sf:{prod:workload:game}");
}

static void the_longest_names_fit(void **state)
{
    (void)state;
    static char longest[PL_NAME_MAX + 1], expected[PL_KEY_SIZE];
    memset(longest, 'x', PL_NAME_MAX);
    pl_name name = name_of(longest);
    snprintf(expected, sizeof expected, "sf:{%s:lk:%s}%s", longest, longest, longest);
    expect_key(pl_key_link(name, name, name), expected);
    snprintf(expected, sizeof expected, "sf:{%s:workload:%s}", longest, longest);
    expect_key(pl_key_workload(name, name), expected);
}

/* --- every name of up to three characters ---------------------------------------------------------------------------
 */

static const char alphabet[] = "a{:}lk";

enum { LETTERS = sizeof alphabet - 1, NAMES = LETTERS * (1 + LETTERS * (1 + LETTERS)), KEY_MAX = 24 };

typedef struct name_list {
    char texts[NAMES][4];
    size_t count;
} name_list;

static void collect(name_list *namespaces, name_list *names)
{
    for (size_t i = 0; i < NAMES; i++) {
        char text[4] = "";
        size_t rest = i, used = 0;
        do {
            text[used++] = alphabet[rest % LETTERS];
            rest = rest / LETTERS;
        } while (rest-- > 0);
        pl_name name;
        if (pl_name_init(&name, "uid", text, NULL) == PODLINK_OK)
            memcpy(names->texts[names->count++], text, sizeof text);
        if (pl_name_init_ns(&name, text, NULL) == PODLINK_OK)
            memcpy(namespaces->texts[namespaces->count++], text, sizeof text);
    }
}

typedef struct key_list {
    char (*texts)[KEY_MAX];
    size_t count;
} key_list;

static void add_key(key_list *keys, pl_key key)
{
    char *text = keys->texts[keys->count++];
    memset(text, 0, KEY_MAX);
    char whole[PL_KEY_MAX];
    size_t length = pl_key_text(&key, whole);
    assert_true(length < KEY_MAX);
    memcpy(text, whole, length);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, KEY_MAX);
}

/* What a cluster hashes: the text between the first '{' and the next '}'. */
static void expect_same_tag(const char *link, const char *index)
{
    const char *from = strchr(link, '{'), *other = strchr(index, '{');
    const char *to = strchr(from, '}');
    size_t length = (size_t)(to - from);
    assert_true(length > 1);
    assert_int_equal(strchr(other, '}') - other, length);
    assert_memory_equal(from, other, length);
    assert_int_equal(pl_slot_of(link, strlen(link)), pl_slot_of(index, strlen(index)));
}

static void add_keys_of(key_list *keys, pl_name ns, const name_list *names)
{
    for (size_t s = 0; s < names->count; s++) {
        pl_name service = name_of(names->texts[s]);
        add_key(keys, pl_key_state(ns, service));
        add_key(keys, pl_key_workload(ns, service));
    }
    for (size_t u = 0; u < names->count; u++) {
        pl_name uid = name_of(names->texts[u]);
        add_key(keys, pl_key_index(ns, uid));
        const char *index = keys->texts[keys->count - 1];
        for (size_t s = 0; s < names->count; s++) {
            add_key(keys, pl_key_link(ns, uid, name_of(names->texts[s])));
            expect_same_tag(keys->texts[keys->count - 1], index);
        }
    }
}

static void names_with_braces_are_refused(void **state)
{
    (void)state;
    static name_list namespaces, names;
    collect(&namespaces, &names);
    assert_int_equal(namespaces.count, 3 + 9 + 27);
    assert_int_equal(names.count, 4 + 16 + 64);
}

static void no_two_things_have_the_same_key(void **state)
{
    (void)state;
    static name_list namespaces, names;
    namespaces.count = names.count = 0;
    collect(&namespaces, &names);
    size_t most = namespaces.count * names.count * (names.count + 3);
    key_list keys = {.texts = malloc(most * KEY_MAX)};
    for (size_t n = 0; n < namespaces.count; n++)
        add_keys_of(&keys, name_of(namespaces.texts[n]), &names);
    assert_int_equal(keys.count, most);
    qsort(keys.texts, keys.count, KEY_MAX, compare);
    for (size_t i = 1; i < keys.count; i++)
        if (compare(keys.texts[i - 1], keys.texts[i]) == 0)
            fail_msg("two things have the key %s", keys.texts[i]);
    free(keys.texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_are_those_that_other_programs_use),
        cmocka_unit_test(the_longest_names_fit),
        cmocka_unit_test(names_with_braces_are_refused),
        cmocka_unit_test(no_two_things_have_the_same_key),
    };
    return RUN_TESTS("key", tests);
}
