/* SPDX-License-Identifier: MIT */
/* Replies of the types that scripts declare. */
#include "script_fixture.h"

#include <string.h>

static podlink_script_call plain(const char *name)
{
    return calling(name, NO_WORDS, NO_WORDS);
}

static void same_text(const char *expected, podlink_script_text text)
{
    assert_non_null(text.text);
    assert_int_equal(text.length, strlen(expected));
    assert_string_equal(text.text, expected);
}

static void an_integer_is_returned(void **state)
{
    struct setting *s = *state;
    int64_t value = 0;
    add_script(s->client, "integer", "--! reply: integer\nreturn 42");
    add_script(s->client, "digits", "return '-9223372036854775808'");
    podlink_script_call call = plain("integer");
    assert_status(PODLINK_OK, podlink_script_run_integer(s->client, &call, &value, NULL, &s->err), &s->err);
    assert_int_equal(value, 42);
    call = plain("digits");
    assert_status(PODLINK_OK, podlink_script_run_integer(s->client, &call, &value, NULL, &s->err), &s->err);
    assert_true(value == INT64_MIN);
}

static void a_string_is_returned(void **state)
{
    struct setting *s = *state;
    char *text = NULL;
    size_t length = 77;
    add_script(s->client, "echo", "--! reply: string\n--! args: text\nreturn ARGV[1]");
    add_script(s->client, "status", "return redis.status_reply('FINE')");
    add_script(s->client, "nil", "return false");
    const size_t lengths[] = {4};
    podlink_script_call call = calling("echo", NO_WORDS, WORDS("a\0\xff\n"));
    call.arg_lengths = lengths;
    assert_status(PODLINK_OK, podlink_script_run_string(s->client, &call, &text, &length, NULL, &s->err), &s->err);
    assert_int_equal(length, 4);
    assert_memory_equal(text, "a\0\xff\n", 5);
    podlink_free(text);
    call = plain("status");
    assert_status(PODLINK_OK, podlink_script_run_string(s->client, &call, &text, NULL, NULL, &s->err), &s->err);
    assert_string_equal(text, "FINE");
    podlink_free(text);
    call = plain("nil");
    assert_status(PODLINK_OK, podlink_script_run_string(s->client, &call, &text, &length, NULL, &s->err), &s->err);
    assert_null(text);
    assert_int_equal(length, 0);
}

static void a_list_is_returned(void **state)
{
    struct setting *s = *state;
    podlink_script_list *list = NULL;
    add_script(s->client, "list", "--! reply: list\nreturn {'a', -7, false, '', redis.status_reply('OK')}");
    add_script(s->client, "empty", "return {}");
    podlink_script_call call = plain("list");
    assert_status(PODLINK_OK, podlink_script_run_list(s->client, &call, &list, NULL, &s->err), &s->err);
    assert_int_equal(list->count, 5);
    same_text("a", list->items[0]);
    same_text("-7", list->items[1]);
    assert_null(list->items[2].text);
    same_text("", list->items[3]);
    same_text("OK", list->items[4]);
    podlink_free(list);
    call = plain("empty");
    assert_status(PODLINK_OK, podlink_script_run_list(s->client, &call, &list, NULL, &s->err), &s->err);
    assert_int_equal(list->count, 0);
    podlink_free(list);
}

static void a_map_is_returned(void **state)
{
    struct setting *s = *state;
    podlink_script_map *map = NULL;
    add_script(s->client, "map", "--! reply: map\nreturn {'pods', 3, 'name', 'chat', 7, false, 'name', 'later'}");
    podlink_script_call call = plain("map");
    assert_status(PODLINK_OK, podlink_script_run_map(s->client, &call, &map, NULL, &s->err), &s->err);
    assert_int_equal(map->count, 4);
    same_text("7", map->items[2].name);
    same_text("3", *podlink_script_map_get(map, "pods"));
    same_text("chat", *podlink_script_map_get(map, "name"));
    assert_null(podlink_script_map_get(map, "7")->text);
    assert_null(podlink_script_map_get(map, "pod"));
    podlink_free(map);
    api_ask(s->redis, "HSET sf:{n:lk:u} chat 3");
    call = calling("statefulGetLinkService", WORDS("sf:{n:lk:u}"), NO_WORDS);
    assert_status(PODLINK_OK, podlink_script_run_map(s->client, &call, &map, NULL, &s->err), &s->err);
    same_text("3", *podlink_script_map_get(map, "chat"));
    podlink_free(map);
}

static void unexpected(struct setting *s, const char *name, podlink_script_reply type, const char *why)
{
    int64_t value = 7;
    char *text = (char *)1;
    podlink_script_list *list = (podlink_script_list *)1;
    podlink_script_map *map = (podlink_script_map *)1;
    const podlink_script_call call = plain(name);
    podlink_status status = PODLINK_OK;
    if (type == PODLINK_SCRIPT_INTEGER)
        status = podlink_script_run_integer(s->client, &call, &value, NULL, &s->err);
    else if (type == PODLINK_SCRIPT_STRING)
        status = podlink_script_run_string(s->client, &call, &text, NULL, NULL, &s->err);
    else if (type == PODLINK_SCRIPT_LIST)
        status = podlink_script_run_list(s->client, &call, &list, NULL, &s->err);
    else
        status = podlink_script_run_map(s->client, &call, &map, NULL, &s->err);
    assert_failure(PODLINK_EREPLY, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.message, name);
    assert_holds(s->err.message, why);
}

static void a_reply_of_another_type_is_reported_with_its_type(void **state)
{
    struct setting *s = *state;
    add_script(s->client, "text", "return 'x'");
    add_script(s->client, "number", "return 1");
    add_script(s->client, "nothing", "return false");
    add_script(s->client, "nested", "return {'a', {'b'}}");
    add_script(s->client, "failing", "return {1, redis.error_reply('ERR so sorry')}");
    add_script(s->client, "odd", "return {1, 2, 3}");
    add_script(s->client, "unnamed", "return {1, 2, false, 4}");
    unexpected(s, "text", PODLINK_SCRIPT_INTEGER, "the reply is no integer: it is a string");
    unexpected(s, "nothing", PODLINK_SCRIPT_INTEGER, "it is nil");
    unexpected(s, "number", PODLINK_SCRIPT_STRING, "the reply is no string: it is an integer");
    unexpected(s, "nested", PODLINK_SCRIPT_STRING, "it is an array");
    unexpected(s, "number", PODLINK_SCRIPT_LIST, "the reply is no list: it is an integer");
    unexpected(s, "nested", PODLINK_SCRIPT_LIST, "its element 2 is an array");
    unexpected(s, "failing", PODLINK_SCRIPT_LIST, "its element 2 is an error: ERR so sorry");
    unexpected(s, "odd", PODLINK_SCRIPT_MAP, "the reply is no map: it has 3 elements, which is odd");
    unexpected(s, "unnamed", PODLINK_SCRIPT_MAP, "its element 3 is nil");
}

static void the_declared_reply_type_holds_for_every_caller(void **state)
{
    struct setting *s = *state;
    podlink_reply *reply = (podlink_reply *)1;
    add_script(s->client, "wrong", "--! reply: integer\nredis.call('SET', 'ran', 1) return {}");
    podlink_status status = podlink_script_run(s->client, "wrong", NULL, NULL, 0, NULL, NULL, 0, NULL, &reply, &s->err);
    assert_failure(PODLINK_EREPLY, PODLINK_ANSWERED, status, &s->err);
    assert_null(reply);
    assert_string_equal(api_ask(s->redis, "GET ran")->str, "1");
    assert_int_equal(stats_of(s->client, "wrong").errors, 1);
}

static void an_error_of_the_script_is_not_a_reply(void **state)
{
    struct setting *s = *state;
    podlink_script_list *list = (podlink_script_list *)1;
    add_script(s->client, "failing", "--! reply: list\nreturn redis.error_reply('ERR so sorry')");
    const podlink_script_call call = plain("failing");
    podlink_status status = podlink_script_run_list(s->client, &call, &list, NULL, &s->err);
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.server, "so sorry");
    assert_null(list);
}

/* It is checked and converted after the connection's lock is released. */
static void a_large_reply_is_read_like_a_small_one(void **state)
{
    struct setting *s = *state;
    enum { COUNT = 20000 };
    podlink_script_list *list = NULL;
    podlink_script_map *map = NULL;
    podlink_reply *reply = NULL;
    char *text = NULL;
    size_t length = 0;
    add_script(s->client, "numbers",
               "--! reply: list\nlocal t = {} for i = 1, 20000 do t[i] = tostring(i) end return t");
    add_script(s->client, "pairs", "local t = {} for i = 1, 20000 do t[i] = i end return t");
    add_script(s->client, "long", "--! reply: string\nreturn string.rep('x', 100000)");
    podlink_script_call call = plain("numbers");
    assert_status(PODLINK_OK, podlink_script_run_list(s->client, &call, &list, NULL, &s->err), &s->err);
    assert_int_equal(list->count, COUNT);
    same_text("1", list->items[0]);
    same_text("20000", list->items[COUNT - 1]);
    podlink_free(list);
    call = plain("pairs");
    assert_status(PODLINK_OK, podlink_script_run_map(s->client, &call, &map, NULL, &s->err), &s->err);
    assert_int_equal(map->count, COUNT / 2);
    same_text("20000", *podlink_script_map_get(map, "19999"));
    podlink_free(map);
    call = plain("long");
    assert_status(PODLINK_OK, podlink_script_run_string(s->client, &call, &text, &length, NULL, &s->err), &s->err);
    assert_int_equal(length, 100000);
    assert_int_equal(strspn(text, "x"), 100000);
    podlink_free(text);
    assert_status(PODLINK_OK,
                  podlink_script_run(s->client, "numbers", NULL, NULL, 0, NULL, NULL, 0, NULL, &reply, &s->err),
                  &s->err);
    assert_int_equal(podlink_reply_count(reply), COUNT);
    assert_string_equal(podlink_reply_text(podlink_reply_at(reply, COUNT - 1), NULL), "20000");
    podlink_reply_free(reply);
    assert_status(PODLINK_OK,
                  podlink_script_run(s->client, "numbers", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &s->err), &s->err);
}

static void a_large_reply_of_another_shape_is_refused(void **state)
{
    struct setting *s = *state;
    podlink_reply *reply = (podlink_reply *)1;
    add_script(s->client, "wide", "local t = {} for i = 1, 20000 do t[i] = 1 end t[20000] = {1} return t");
    unexpected(s, "wide", PODLINK_SCRIPT_LIST, "its element 20000 is an array");
    assert_int_equal(stats_of(s->client, "wide").errors, 1);
    add_script(s->client, "wrong", "--! reply: integer\nreturn string.rep('x', 100000)");
    podlink_status status = podlink_script_run(s->client, "wrong", NULL, NULL, 0, NULL, NULL, 0, NULL, &reply, &s->err);
    assert_failure(PODLINK_EREPLY, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.message, "script wrong on ");
    assert_null(reply);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin_setting, end_setting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_integer_is_returned),
        WITH_SERVER(a_string_is_returned),
        WITH_SERVER(a_list_is_returned),
        WITH_SERVER(a_map_is_returned),
        WITH_SERVER(a_reply_of_another_type_is_reported_with_its_type),
        WITH_SERVER(the_declared_reply_type_holds_for_every_caller),
        WITH_SERVER(an_error_of_the_script_is_not_a_reply),
        WITH_SERVER(a_large_reply_is_read_like_a_small_one),
        WITH_SERVER(a_large_reply_of_another_shape_is_refused),
    };
    return RUN_TESTS("script replies", tests);
}
