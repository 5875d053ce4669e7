/* SPDX-License-Identifier: MIT */
/* Declarations of scripts, in the struct or in the head of the source. No server is needed. */
#include "script_fixture.h"

#include <string.h>

static int begin(void **state)
{
    *state = offline_client();
    return 0;
}

static int end(void **state)
{
    podlink_client_free(*state);
    return 0;
}

static podlink_script_info info_of(podlink_client *client, const char *name)
{
    podlink_script_info info;
    assert_int_equal(podlink_script_find(client, name, &info), PODLINK_OK);
    return info;
}

static void refused(podlink_client *client, const podlink_script *script, const char *part)
{
    podlink_error err;
    const size_t before = podlink_script_count(client);
    podlink_status status = podlink_script_register(client, script, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, part);
    assert_int_equal(podlink_script_count(client), before);
}

/* ---- declarations ---- */

static void a_script_can_declare_in_its_head(void **state)
{
    add_script(*state, "own",
               "#!lua flags=no-writes\n"
               "-- Any comment.\r\n"
               "\n"
               "--! keys:  link\tindex \r\n"
               "--!args: service pod...\n"
               "--! reply : map\n"
               "--! read-only\n"
               "return {}\n"
               "--! nothing is declared here\n");
    const podlink_script_info info = info_of(*state, "own");
    assert_string_equal(info.keys, "link index");
    assert_string_equal(info.args, "service pod...");
    assert_int_equal(info.reply, PODLINK_SCRIPT_MAP);
    assert_int_equal(info.read_only, 1);
    assert_int_equal(info.repeatable, 1);
    assert_int_equal(info.built_in, 0);
}

static void declarations_in_the_struct_come_first(void **state)
{
    podlink_error err;
    const podlink_script script = {.name = "own",
                                   .source = "--! keys: a b\n--! reply: list\n--! args: c\nreturn 1",
                                   .keys = "one",
                                   .reply = PODLINK_SCRIPT_INTEGER,
                                   .repeatable = 1};
    assert_status(PODLINK_OK, podlink_script_register(*state, &script, &err), &err);
    const podlink_script_info info = info_of(*state, "own");
    assert_string_equal(info.keys, "one");
    assert_string_equal(info.args, "c");
    assert_int_equal(info.reply, PODLINK_SCRIPT_INTEGER);
    assert_int_equal(info.read_only, 0);
    assert_int_equal(info.repeatable, 1);
}

static void undeclared_properties_are_not_checked(void **state)
{
    add_script(*state, "own", "return 1");
    const podlink_script_info info = info_of(*state, "own");
    assert_null(info.keys);
    assert_null(info.args);
    assert_int_equal(info.reply, PODLINK_SCRIPT_ANY);
    assert_int_equal(info.read_only, 0);
    assert_int_equal(info.repeatable, 0);
}

static void the_built_in_scripts_have_declarations(void **state)
{
    static const char *const readers[] = {"statefulGetLinkIfPersist", "statefulGetServicePod", "statefulGetService",
                                          "statefulGetLinkService"};
    podlink_script_info info;
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        assert_int_equal(info_of(*state, readers[i]).read_only, 1);
    size_t read_only = 0;
    for (size_t i = 0; podlink_script_at(*state, i, &info) == PODLINK_OK; i++) {
        assert_non_null(info.keys);
        assert_non_null(info.args);
        assert_int_not_equal(info.reply, PODLINK_SCRIPT_ANY);
        read_only += (size_t)info.read_only;
    }
    assert_int_equal(read_only, COUNT_OF(readers));
    info = info_of(*state, "statefulRemoveLinkWithId");
    assert_string_equal(info.keys, "link index");
    assert_string_equal(info.args, "service persist pod");
    assert_int_equal(info.repeatable, 0);
}

static void an_invalid_name_is_not_found(void **state)
{
    podlink_script_info info;
    assert_int_equal(podlink_script_find(*state, "none", &info), PODLINK_ESCRIPT);
    assert_int_equal(podlink_script_find(*state, NULL, &info), PODLINK_ESCRIPT);
}

/* ---- refused declarations ---- */

static void an_unknown_declaration_is_refused(void **state)
{
    static const struct {
        const char *source;
        const char *part;
    } table[] = {
        {"-- a\n--! key: a\nreturn 1", "script own, line 2: \"--! key: a\" is none of"},
        {"--!\nreturn 1", "line 1"},
        {"--! read-only: yes\nreturn 1", "line 1"},
        {"--! keys\nreturn 1", "line 1"},
        {"--! keys: a\n\n--! keys: b\nreturn 1", "line 3: keys stands there twice"},
        {"--! reply: number\nreturn 1", "\"number\", which is none of integer"},
        {"--! reply:\nreturn 1", "which is none of integer"},
        {"--! keys: a, b\nreturn 1", "\"a,\" is no name"},
        {"--! args: a... b\nreturn 1", "\"b\" stands behind a name that ends in \"...\""},
        {"--! args: \xc3\xa4\nreturn 1", "\"\\xc3\\xa4\" is no name"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const podlink_script script = {.name = "own", .source = table[i].source};
        refused(*state, &script, table[i].part);
    }
}

static void bad_names_in_the_struct_are_refused(void **state)
{
    const podlink_script bad_keys = {.name = "own", .source = "return 1", .keys = "a/b"};
    const podlink_script bad_args = {.name = "own", .source = "return 1", .args = "{a}"};
    const podlink_script bad_reply = {.name = "own", .source = "return 1", .reply = (podlink_script_reply)5};
    refused(*state, &bad_keys, "script own: keys: \"a/b\"");
    refused(*state, &bad_args, "script own: args: \"{a}\"");
    refused(*state, &bad_reply, "reply");
}

/* ---- calls ---- */

static void called_with(podlink_client *client, const podlink_script_call *script, podlink_status expected,
                        const char *part)
{
    podlink_error err;
    const podlink_call call = within(100);
    podlink_status status = podlink_script_run(client, script->name, script->keys, NULL, script->key_count,
                                               script->args, NULL, script->arg_count, &call, NULL, &err);
    assert_failure(expected, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, part);
}

/* Correct calls fail only because there is no server. */
static void the_number_of_keys_and_arguments_is_checked(void **state)
{
    const char *const *const one = WORDS("a"), *const *const two = WORDS("a", "b");
    add_script(*state, "own", "--! keys: link index\n--! args:\nreturn 1");
    add_script(*state, "many", "--! keys: first\n--! args: pod rest...\nreturn 1");
    add_script(*state, "any", "return 1");
    podlink_script_call call = calling("own", one, NO_WORDS);
    called_with(*state, &call, PODLINK_EINVAL, "script own: it takes 2 keys (link index), not 1");
    call = calling("own", two, one);
    called_with(*state, &call, PODLINK_EINVAL, "script own: it takes no argument, not 1");
    call = calling("own", two, NO_WORDS);
    called_with(*state, &call, PODLINK_ECONNECT, "");
    call = calling("many", two, one);
    called_with(*state, &call, PODLINK_EINVAL, "script many: it takes 1 key (first), not 2");
    call = calling("many", one, NO_WORDS);
    called_with(*state, &call, PODLINK_EINVAL, "script many: it takes at least 1 argument (pod rest...), not 0");
    call = calling("many", one, two);
    called_with(*state, &call, PODLINK_ECONNECT, "");
    call = calling("any", two, two);
    called_with(*state, &call, PODLINK_ECONNECT, "");
    call = calling("statefulSetLink", two, two);
    called_with(*state, &call, PODLINK_EINVAL, "it takes 3 arguments (service pod persist), not 2");
}

static void a_call_for_another_reply_type_than_declared_is_refused(void **state)
{
    podlink_error err;
    int64_t value = 7;
    char *text = (char *)1;
    podlink_script_list *list = (podlink_script_list *)1;
    podlink_script_map *map = (podlink_script_map *)1;
    add_script(*state, "integer", "--! reply: integer\nreturn 1");
    add_script(*state, "list", "--! reply: list\nreturn {}");
    const podlink_script_call integer = calling("integer", NO_WORDS, NO_WORDS);
    const podlink_script_call other = calling("list", NO_WORDS, NO_WORDS);
    podlink_status status = podlink_script_run_integer(*state, &other, &value, NULL, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, "script list: it is declared to answer list, not integer");
    assert_int_equal(value, 0);
    status = podlink_script_run_string(*state, &integer, &text, NULL, NULL, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_null(text);
    status = podlink_script_run_list(*state, &integer, &list, NULL, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_null(list);
    status = podlink_script_run_map(*state, &other, &map, NULL, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_null(map);
    status = podlink_script_run_integer(*state, NULL, &value, NULL, &err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_script_can_declare_in_its_head, begin, end),
        cmocka_unit_test_setup_teardown(declarations_in_the_struct_come_first, begin, end),
        cmocka_unit_test_setup_teardown(undeclared_properties_are_not_checked, begin, end),
        cmocka_unit_test_setup_teardown(the_built_in_scripts_have_declarations, begin, end),
        cmocka_unit_test_setup_teardown(an_invalid_name_is_not_found, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_declaration_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(bad_names_in_the_struct_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_number_of_keys_and_arguments_is_checked, begin, end),
        cmocka_unit_test_setup_teardown(a_call_for_another_reply_type_than_declared_is_refused, begin, end),
    };
    return RUN_TESTS("script declarations", tests);
}
