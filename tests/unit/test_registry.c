/* SPDX-License-Identifier: MIT */
/* The registered scripts of a client, by name. */
#include "failing_heap.h"
#include "tap_cmocka.h"

#include "script/registry.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct setting {
    test_heap memory;
    pl_heap heap;
    pl_scripts *scripts;
    podlink_error err;
} setting;

static int begin(void **state)
{
    static setting s;
    test_heap_init(&s.memory);
    pl_heap_init(&s.heap, &s.memory.allocator);
    s.scripts = pl_scripts_new(&s.heap);
    assert_non_null(s.scripts);
    *state = &s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    pl_scripts_free(s->scripts);
    test_heap_expect_empty(&s->memory, "registry");
    return 0;
}

static podlink_status add(setting *s, const char *name, const char *source, size_t length)
{
    const podlink_script script = {.name = name, .source = source, .source_length = length};
    return pl_scripts_add(s->scripts, &script, &s->err);
}

/* --- built-in scripts ----------------------------------------------------------------------------------------------
 */

static void the_eleven_built_in_scripts_are_registered(void **state)
{
    static const char *const names[] = {
        "statefulSetLink",          "statefulSetLinkIfAbsent",  "statefulTrySetLink",          "statefulRemoveLink",
        "statefulRemoveLinkWithId", "statefulGetLinkIfPersist", "statefulComputeLinkIfAbsent", "statefulGetServicePod",
        "statefulGetService",       "statefulSetState",         "statefulGetLinkService"};
    setting *s = *state;
    assert_int_equal(pl_scripts_count(s->scripts), COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const pl_script *script = pl_scripts_find(s->scripts, names[i]);
        assert_non_null(script);
        assert_true(script->is_built_in);
    }
}

static void their_sha1_matches_their_source(void **state)
{
    setting *s = *state;
    for (uint32_t i = 0; i < pl_scripts_count(s->scripts); i++) {
        const pl_script *script = pl_scripts_at(s->scripts, i);
        char sha[PL_SHA1_HEX + 1];
        assert_int_equal(script->source_length, strlen(script->source));
        assert_true(pl_sha1_hex(script->source, script->source_length, sha));
        assert_string_equal(script->sha, sha);
        assert_ptr_equal(s->scripts->built_in[i], script);
        assert_string_equal(pl_builtins[i].name, script->name);
    }
}

static void their_listed_commands_are_those_that_they_call(void **state)
{
    setting *s = *state;
    for (uint32_t i = 0; i < pl_scripts_count(s->scripts); i++) {
        const pl_script *script = pl_scripts_at(s->scripts, i);
        char commands[256];
        snprintf(commands, sizeof commands, "%s", script->commands);
        assert_true(commands[0] != '\0');
        char *rest = NULL;
        for (char *word = strtok_r(commands, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
            char call[64];
            snprintf(call, sizeof call, "call('%s'", word);
            assert_non_null(strstr(script->source, call));
        }
    }
}

static void sha1_matches_known_values(void **state)
{
    (void)state;
    char sha[PL_SHA1_HEX + 1];
    assert_true(pl_sha1_hex("", 0, sha));
    assert_string_equal(sha, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_true(pl_sha1_hex("abc", 3, sha));
    assert_string_equal(sha, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* --- names and sources
 * ------------------------------------------------------------------------------------------------- */

static void a_script_is_copied(void **state)
{
    setting *s = *state;
    char name[] = "own", source[] = "return 1";
    const podlink_script script = {.name = name, .source = source, .repeatable = 1};
    uint32_t count = pl_scripts_count(s->scripts);
    assert_int_equal(pl_scripts_add(s->scripts, &script, &s->err), PODLINK_OK);
    memset(name, 'x', strlen(name));
    memset(source, 'x', strlen(source));
    const pl_script *found = pl_scripts_find(s->scripts, "own");
    assert_non_null(found);
    assert_string_equal(found->source, "return 1");
    assert_int_equal(found->source_length, 8);
    assert_string_equal(found->sha, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    assert_true(found->repeatable);
    assert_false(found->is_built_in);
    assert_ptr_equal(pl_scripts_at(s->scripts, count), found);
    assert_null(pl_scripts_at(s->scripts, count + 1));
    assert_null(pl_scripts_find(s->scripts, "other"));
}

static void a_length_limits_the_source(void **state)
{
    setting *s = *state;
    char sha[PL_SHA1_HEX + 1];
    assert_int_equal(add(s, "own", "return 1 -- and more", 8), PODLINK_OK);
    const pl_script *found = pl_scripts_find(s->scripts, "own");
    assert_string_equal(found->source, "return 1");
    assert_true(pl_sha1_hex("return 1", 8, sha));
    assert_string_equal(found->sha, sha);
}

static void a_name_can_be_registered_once(void **state)
{
    setting *s = *state;
    assert_int_equal(add(s, "own", "return 1", 0), PODLINK_OK);
    assert_int_equal(add(s, "own", "return 2", 0), PODLINK_EEXIST);
    assert_non_null(strstr(s->err.message, "own"));
    assert_int_equal(s->err.delivery, PODLINK_NOT_SENT);
    assert_int_equal(add(s, "statefulSetLink", "return 2", 0), PODLINK_EEXIST);
    assert_int_equal(add(s, "Own", "return 1", 0), PODLINK_OK);
    assert_string_equal(pl_scripts_find(s->scripts, "own")->source, "return 1");
}

static void names_are_validated(void **state)
{
    setting *s = *state;
    static char longest[130];
    memset(longest, 'n', 128);
    static const char *const good[] = {"a", "A.b-c_d:9", "-", longest};
    static const char *const bad[] = {"", " ", "a b", "a/b", "a\n", "\x01", "gr\xc3\xbc\xc3\x9f", "a\"b", "a'b", "{a}"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_int_equal(add(s, good[i], "return 1", 0), PODLINK_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(add(s, bad[i], "return 1", 0), PODLINK_EINVAL);
        assert_memory_equal(s->err.message, "script", 6);
        for (const char *at = s->err.message; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
    assert_int_equal(add(s, NULL, "return 1", 0), PODLINK_EINVAL);
    longest[128] = 'n';
    assert_int_equal(add(s, longest, "return 1", 0), PODLINK_EINVAL);
}

static void a_source_is_text_of_at_most_one_mebibyte(void **state)
{
    setting *s = *state;
    enum { MOST = 1024 * 1024 };
    char *large = malloc(MOST + 2);
    memset(large, ' ', MOST + 1);
    large[MOST + 1] = '\0';
    assert_int_equal(add(s, "large", large, MOST), PODLINK_OK);
    assert_int_equal(add(s, "larger", large, MOST + 1), PODLINK_EINVAL);
    assert_int_equal(add(s, "larger", large, 0), PODLINK_EINVAL);
    assert_non_null(strstr(s->err.message, "larger"));
    free(large);
    assert_int_equal(add(s, "empty", "", 0), PODLINK_EINVAL);
    assert_int_equal(add(s, "none", NULL, 0), PODLINK_EINVAL);
    assert_int_equal(add(s, "latin", "return '\xe9'", 0), PODLINK_EINVAL);
    assert_int_equal(add(s, "nul", "return\0 1", 9), PODLINK_EINVAL);
    assert_int_equal(add(s, "utf8", "return '\xc3\xa9'", 0), PODLINK_OK);
}

static void a_length_without_a_source_is_refused(void **state)
{
    setting *s = *state;
    assert_int_equal(add(s, "none", NULL, 5), PODLINK_EINVAL);
}

static void many_scripts_keep_their_order(void **state)
{
    setting *s = *state;
    uint32_t first = pl_scripts_count(s->scripts);
    for (int i = 0; i < 100; i++) {
        char name[16], source[32];
        snprintf(name, sizeof name, "own%d", i);
        snprintf(source, sizeof source, "return %d", i);
        assert_int_equal(add(s, name, source, 0), PODLINK_OK);
    }
    for (uint32_t i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "own%u", i);
        assert_string_equal(pl_scripts_at(s->scripts, first + i)->name, name);
    }
}

static void a_failed_allocation_registers_nothing(void **state)
{
    setting *s = *state;
    char name[16];
    int taken = 0;
    for (size_t n = 1; n < 200; n++) {
        snprintf(name, sizeof name, "own%d", taken);
        uint32_t count = pl_scripts_count(s->scripts);
        test_heap_fail_at(&s->memory, 1 + n % 6, 1);
        podlink_status status = add(s, name, "return 1", 0);
        bool failed = s->memory.failed > 0;
        test_heap_fail_at(&s->memory, 0, 0);
        assert_int_equal(status, failed ? PODLINK_ENOMEM : PODLINK_OK);
        assert_int_equal(pl_scripts_count(s->scripts), count + (failed ? 0 : 1));
        assert_int_equal(pl_scripts_find(s->scripts, name) != NULL, !failed);
        taken += failed ? 0 : 1;
    }
    assert_true(taken > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_eleven_built_in_scripts_are_registered, begin, end),
        cmocka_unit_test_setup_teardown(their_sha1_matches_their_source, begin, end),
        cmocka_unit_test_setup_teardown(their_listed_commands_are_those_that_they_call, begin, end),
        cmocka_unit_test(sha1_matches_known_values),
        cmocka_unit_test_setup_teardown(a_script_is_copied, begin, end),
        cmocka_unit_test_setup_teardown(a_length_limits_the_source, begin, end),
        cmocka_unit_test_setup_teardown(a_name_can_be_registered_once, begin, end),
        cmocka_unit_test_setup_teardown(names_are_validated, begin, end),
        cmocka_unit_test_setup_teardown(a_source_is_text_of_at_most_one_mebibyte, begin, end),
        cmocka_unit_test_setup_teardown(a_length_without_a_source_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(many_scripts_keep_their_order, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_allocation_registers_nothing, begin, end),
    };
    return RUN_TESTS("registry", tests);
}
