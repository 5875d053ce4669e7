/* SPDX-License-Identifier: MIT */
/* Scripts by name: user scripts, scripts that a server has lost, and when scripts are loaded. */
#include "api_fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BUILT_IN = 11, MANY = 1000, UID_SIZE = 16 };

static const podlink_script echo = {.name = "echo", .source = "return {KEYS[1], ARGV[1], ARGV[2]}", .repeatable = 1};
static const podlink_script counter = {.name = "my.counter:1", .source = "return redis.call('INCR', KEYS[1])"};

static int clean(void **state)
{
    (void)state;
    api_ask(redis, "FLUSHALL");
    api_ask(redis, "SCRIPT FLUSH");
    return 0;
}

static int begin(void **state)
{
    clean(state);
    client = api_open_quiet(api_url(server));
    return 0;
}

static int64_t run_counter(const char *key)
{
    podlink_reply *reply = NULL;
    int64_t value = 0;
    podlink_status status = podlink_script_run(client, counter.name, &key, NULL, 1, NULL, NULL, 0, NULL, &reply, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    podlink_reply_free(reply);
    return value;
}

/* ---- registering ---- */

static void the_built_in_scripts_are_known_by_name_and_sha(void **state)
{
    (void)state;
    podlink_script_info info;
    assert_int_equal(podlink_script_count(client), BUILT_IN);
    for (size_t i = 0; i < BUILT_IN; i++) {
        assert_int_equal(podlink_script_at(client, i, &info), PODLINK_OK);
        assert_true(info.built_in);
        assert_int_equal(strncmp(info.name, "stateful", 8), 0);
        assert_int_equal(strlen(info.sha), 40);
        const redisReply *reply = api_ask(redis, "SCRIPT LOAD %b", info.source, info.source_length);
        assert_string_equal(reply->str, info.sha);
    }
    assert_int_equal(podlink_script_at(client, BUILT_IN, &info), PODLINK_ESCRIPT);
    assert_int_equal(podlink_script_at(client, SIZE_MAX, &info), PODLINK_ESCRIPT);
}

static void a_script_registered_before_the_open_is_loaded_at_the_open(void **state)
{
    (void)state;
    const podlink_script scripts[] = {echo, counter};
    podlink_options options = api_options(api_url(server));
    options.scripts = scripts;
    options.script_count = 2;
    podlink_client_free(client);
    client = api_open_with(&options);
    int held[BUILT_IN + 2] = {0};
    assert_int_equal(podlink_script_count(client), BUILT_IN + 2);
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, BUILT_IN + 2, NULL, &err), &err);
    for (size_t i = 0; i < BUILT_IN + 2; i++)
        assert_int_equal(held[i], 1);
    assert_int_equal(run_counter("a"), 1);
    assert_int_equal(api_stats(client).noscript_repairs, 0);
}

static void a_script_registered_after_the_open_is_loaded_by_its_first_call(void **state)
{
    (void)state;
    int held[BUILT_IN + 2] = {77, 77};
    podlink_script_info info;
    assert_status(PODLINK_OK, podlink_script_register(client, &counter, &err), &err);
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, BUILT_IN + 1, NULL, &err), &err);
    assert_int_equal(held[BUILT_IN - 1], 1);
    assert_int_equal(held[BUILT_IN], 0);
    assert_int_equal(run_counter("a"), 1);
    assert_int_equal(run_counter("a"), 2);
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, BUILT_IN + 1, NULL, &err), &err);
    assert_int_equal(held[BUILT_IN], api_masters() == 1); /* with several servers, the server that ran it has it */
    assert_int_equal(podlink_script_at(client, BUILT_IN, &info), PODLINK_OK);
    assert_string_equal(info.name, counter.name);
    assert_string_equal(info.source, counter.source);
    assert_false(info.built_in);
}

static void keys_and_arguments_of_a_script_are_bytes(void **state)
{
    (void)state;
    const char *const keys[] = {"k\0y"};
    const char *const args[] = {"", "\377\r\n"};
    const size_t key_lengths[] = {3}, arg_lengths[] = {0, 3};
    podlink_reply *reply = NULL;
    size_t length = 0;
    assert_status(PODLINK_OK, podlink_script_register(client, &echo, &err), &err);
    podlink_status status =
        podlink_script_run(client, "echo", keys, key_lengths, 1, args, arg_lengths, 2, NULL, &reply, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_memory_equal(podlink_reply_text(podlink_reply_at(reply, 0), &length), "k\0y", 3);
    assert_int_equal(length, 3);
    podlink_reply_text(podlink_reply_at(reply, 1), &length);
    assert_int_equal(length, 0);
    assert_memory_equal(podlink_reply_text(podlink_reply_at(reply, 2), &length), "\377\r\n", 3);
    podlink_reply_free(reply);
}

static void an_unknown_script_is_named_and_nothing_is_sent(void **state)
{
    (void)state;
    podlink_reply *reply = (podlink_reply *)&reply;
    const uint64_t sent = api_stats(client).bytes_sent;
    podlink_status status = podlink_script_run(client, "no\nsuch", NULL, NULL, 0, NULL, NULL, 0, NULL, &reply, &err);
    assert_failure(PODLINK_ESCRIPT, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, "\"no\\x0asuch\"");
    assert_null(reply);
    assert_int_equal(api_stats(client).bytes_sent, sent);
}

static void a_script_name_can_be_registered_once(void **state)
{
    (void)state;
    const podlink_script built_in = {.name = "statefulSetLink", .source = "return 1"};
    assert_status(PODLINK_OK, podlink_script_register(client, &echo, &err), &err);
    assert_failure(PODLINK_EEXIST, PODLINK_NOT_SENT, podlink_script_register(client, &echo, &err), &err);
    assert_holds(err.message, "echo");
    assert_failure(PODLINK_EEXIST, PODLINK_NOT_SENT, podlink_script_register(client, &built_in, &err), &err);
    assert_int_equal(podlink_script_count(client), BUILT_IN + 1);

    const podlink_script twice[] = {echo, echo};
    podlink_options options = api_options(api_url(server));
    podlink_client *other = (podlink_client *)&other;
    options.scripts = twice;
    options.script_count = 2;
    assert_failure(PODLINK_EEXIST, PODLINK_NOT_SENT, podlink_client_open(&options, &other, &err), &err);
    assert_null(other);
}

static void a_bad_name_or_source_is_refused(void **state)
{
    (void)state;
    static char long_name[130], long_source[1024 * 1024 + 2];
    memset(long_name, 'n', sizeof long_name - 1);
    memset(long_source, '-', sizeof long_source - 1);
    const podlink_script bad[] = {{.name = "", .source = "return 1"},
                                  {.name = long_name, .source = "return 1"},
                                  {.name = "a b", .source = "return 1"},
                                  {.name = "a\303\274", .source = "return 1"},
                                  {.name = "a", .source = ""},
                                  {.name = "a", .source = "return '\377'"},
                                  {.name = "a", .source = "a\0b", .source_length = 3},
                                  {.name = "a", .source = long_source}};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_script_register(client, &bad[i], &err), &err);
    assert_int_equal(podlink_script_count(client), BUILT_IN);
}

/* ---- errors of a script ---- */

static void a_syntax_error_reaches_the_caller_with_its_line(void **state)
{
    (void)state;
    const podlink_script broken = {.name = "broken", .source = "local a = 1\nlocal b = = 2\nreturn a"};
    podlink_reply *reply = (podlink_reply *)&reply;
    assert_status(PODLINK_OK, podlink_script_register(client, &broken, &err), &err);
    podlink_status status = podlink_script_run(client, "broken", NULL, NULL, 0, NULL, NULL, 0, NULL, &reply, &err);
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, status, &err);
    assert_holds(err.server, "user_script:2:");
    assert_holds(err.message, "broken");
    assert_holds(err.message, "user_script:2:");
    assert_null(reply);
    status = podlink_scripts_load(client, NULL, NULL, &err);
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "broken");

    podlink_options options = api_options(api_url(server));
    podlink_client *other = (podlink_client *)&other;
    options.scripts = &broken;
    options.script_count = 1;
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, podlink_client_open(&options, &other, &err), &err);
    assert_holds(err.message, "broken");
    assert_holds(err.server, "user_script:2:");
    assert_null(other);
}

static void an_error_at_run_time_reaches_the_caller(void **state)
{
    (void)state;
    const podlink_script failing = {.name = "failing", .source = "return redis.call('LPUSH', KEYS[1], 'x')"};
    const char *const keys[] = {"text"};
    api_ask(redis, "SET text x");
    assert_status(PODLINK_OK, podlink_script_register(client, &failing, &err), &err);
    podlink_status status = podlink_script_run(client, "failing", keys, NULL, 1, NULL, NULL, 0, NULL, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "failing");
}

/* ---- scripts that a server has lost ---- */

static void a_flush_between_two_calls_is_repaired(void **state)
{
    (void)state;
    assert_status(PODLINK_OK, podlink_script_register(client, &counter, &err), &err);
    for (int64_t i = 1; i <= 20; i++) {
        assert_int_equal(run_counter("a"), i);
        api_ask(redis, "SCRIPT FLUSH");
    }
    assert_string_equal(api_ask(redis, "GET a")->str, "20");
    assert_int_equal(api_stats(client).noscript_repairs, 20);
}

static void a_batch_after_a_flush_runs_exactly_once(void **state)
{
    (void)state;
    static podlink_link_item items[MANY];
    static char uids[MANY][UID_SIZE];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(uids[i], sizeof uids[i], "user-%zu", i);
        items[i] =
            (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = (int32_t)i, .persist_s = PODLINK_FOREVER};
    }
    api_ask(redis, "SCRIPT FLUSH");
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++) {
        char pod[16];
        snprintf(pod, sizeof pod, "%zu", i);
        assert_int_equal(items[i].status, PODLINK_OK);
        assert_int_equal(items[i].result, PODLINK_NO_POD); /* a second run would return our own pod */
        assert_string_equal(api_ask(redis, "GET sf:{test:lk:%s}game", uids[i])->str, pod);
    }
    assert_true(api_stats(client).noscript_repairs >= 1);
}

static void a_batch_on_one_key_after_a_flush_keeps_its_order(void **state)
{
    (void)state;
    static podlink_link_item items[MANY];
    for (size_t i = 0; i < MANY; i++)
        items[i] =
            (podlink_link_item){.link = {"test", "game", "user"}, .pod = (int32_t)i, .persist_s = PODLINK_FOREVER};
    api_ask(redis, "SCRIPT FLUSH");
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(items[i].result, (int32_t)i - 1);
}

static void scripts_loaded_reports_a_deleted_script(void **state)
{
    (void)state;
    int held[BUILT_IN];
    size_t loaded = 77;
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, BUILT_IN, NULL, &err), &err);
    for (size_t i = 0; i < BUILT_IN; i++)
        assert_int_equal(held[i], 1);
    api_ask(redis, "SCRIPT FLUSH");
    held[1] = 77;
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, 1, NULL, &err), &err);
    assert_int_equal(held[0], 0);
    assert_int_equal(held[1], 77);
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, NULL, 0, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_scripts_load(client, &loaded, NULL, &err), &err);
    assert_int_equal(loaded, BUILT_IN);
    assert_status(PODLINK_OK, podlink_scripts_loaded(client, held, BUILT_IN, NULL, &err), &err);
    for (size_t i = 0; i < BUILT_IN; i++)
        assert_int_equal(held[i], 1);
}

/* ---- when they are loaded ---- */

static podlink_options limited(const char *rules, podlink_script_loading loading, struct api_log *log)
{
    api_ask(redis, "ACL SETUSER limited reset on >secret ~* &* %s", "+@all");
    api_ask(redis, "ACL SETUSER limited %s", rules);
    podlink_options options = api_options(api_url(server));
    options.user = "limited";
    options.password = "secret";
    options.script_loading = loading;
    options.log = api_log_write;
    options.log_context = log;
    log->count = 0;
    return options;
}

static void an_open_fails_if_a_script_cannot_be_loaded(void **state)
{
    (void)state;
    static struct api_log log;
    const podlink_options options = limited("-script", PODLINK_LOAD_ON_OPEN, &log);
    podlink_client *other = (podlink_client *)&other;
    const int descriptors = api_descriptors();
    podlink_status status = podlink_client_open(&options, &other, &err);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &err);
    assert_null(other);
    assert_holds(err.message, "stateful");
    assert_holds(err.server, "NOPERM");
    assert_int_equal(api_descriptors(), descriptors);
    const struct api_log_record *record = api_log_find(&log, "scripts_not_loaded", NULL, 0);
    assert_non_null(record);
    assert_int_equal(record->level, PODLINK_LOG_ERROR);
    assert_int_equal(record->status, PODLINK_ENOPERM);
}

static void an_open_can_leave_loading_to_the_first_call(void **state)
{
    (void)state;
    static struct api_log log;
    const podlink_link link = {"test", "game", "user"};
    int32_t pod;
    const podlink_options options = limited("-script", PODLINK_LOAD_IF_POSSIBLE, &log);
    podlink_client *other = api_open_with(&options);
    const struct api_log_record *record = api_log_find(&log, "scripts_not_loaded", NULL, 0);
    assert_non_null(record);
    assert_int_equal(record->level, PODLINK_LOG_WARN);
    assert_holds(record->message, "NOPERM");
    api_ask(redis, "SCRIPT FLUSH");
    podlink_status status = podlink_link_set(other, &link, 3, PODLINK_FOREVER, NULL, NULL, &err);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "statefulSetLink");
    assert_status(PODLINK_NOT_LINKED, podlink_link_get(other, &link, &pod, NULL, &err), &err);
    podlink_client_free(other);
}

static void an_open_on_demand_does_not_connect(void **state)
{
    (void)state;
    const podlink_link link = {"test", "game", "user"};
    podlink_options options = api_options(api_url(server));
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.no_janitor_thread = 1; /* which subscribes to sentinels at once */
    podlink_client *other = api_open_with(&options);
    assert_int_equal(api_stats(other).dials, 0);
    assert_status(PODLINK_OK, podlink_link_set(other, &link, 3, PODLINK_FOREVER, NULL, NULL, &err), &err);
    const podlink_stats stats = api_stats(other);
    assert_int_equal(stats.dials, api_kind() == API_SENTINEL ? 4 : 1); /* each sentinel is asked */
    assert_int_equal(stats.script_loads, 1);
    assert_int_equal(stats.noscript_repairs, 1);
    podlink_client_free(other);
    options.url = "unix:///nonexistent/socket";
    other = api_open_with(&options);
    podlink_client_free(other);
}

/* In the middle of a script it would be too late. */
static void a_missing_permission_of_a_script_is_found_at_the_open(void **state)
{
    (void)state;
    static struct api_log log;
    static const char *const commands[] = {"hset", "getdel", "pttl"};
    if (api_server_version(redis) < 700) {
        print_message("skipped: servers before 7.0 do not report that\n");
        skip();
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        char rule[16];
        snprintf(rule, sizeof rule, "-%s", commands[i]);
        const podlink_options options = limited(rule, PODLINK_LOAD_ON_OPEN, &log);
        podlink_client *other = (podlink_client *)&other;
        podlink_status status = podlink_client_open(&options, &other, &err);
        assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &err);
        assert_null(other);
        char lower[sizeof err.message];
        for (size_t j = 0; j < sizeof lower; j++)
            lower[j] = (char)(err.message[j] >= 'A' && err.message[j] <= 'Z' ? err.message[j] + 32 : err.message[j]);
        assert_holds(lower, commands[i]);
        assert_holds(err.message, "stateful");
    }
    const podlink_options all = limited("+@all", PODLINK_LOAD_ON_OPEN, &log);
    podlink_client_free(api_open_with(&all));
}

/* ---- the program ---- */

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, free_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        own_test(the_built_in_scripts_are_known_by_name_and_sha),
        own_test(a_script_registered_before_the_open_is_loaded_at_the_open),
        own_test(a_script_registered_after_the_open_is_loaded_by_its_first_call),
        own_test(keys_and_arguments_of_a_script_are_bytes),
        own_test(an_unknown_script_is_named_and_nothing_is_sent),
        own_test(a_script_name_can_be_registered_once),
        own_test(a_bad_name_or_source_is_refused),
        own_test(a_syntax_error_reaches_the_caller_with_its_line),
        own_test(an_error_at_run_time_reaches_the_caller),
        own_test(a_flush_between_two_calls_is_repaired),
        own_test(a_batch_after_a_flush_runs_exactly_once),
        own_test(a_batch_on_one_key_after_a_flush_keeps_its_order),
        own_test(scripts_loaded_reports_a_deleted_script),
        cmocka_unit_test_setup(an_open_fails_if_a_script_cannot_be_loaded, clean), /* it counts descriptors */
        own_test(an_open_can_leave_loading_to_the_first_call),
        cmocka_unit_test_setup(an_open_on_demand_does_not_connect, clean),
        own_test(a_missing_permission_of_a_script_is_found_at_the_open),
    };
    return RUN_TESTS_BETWEEN("api own scripts", tests, start_deployment, stop);
}
