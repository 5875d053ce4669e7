/* SPDX-License-Identifier: MIT */
/* User commands and reading their replies, on a real server. */
#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND(...)                                                                                                   \
    ((podlink_command){.argc = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                           \
                       .argv = (const char *const[]){__VA_ARGS__}})

/* The caller owns the reply. */
static podlink_reply *ask(podlink_command command)
{
    podlink_reply *reply = NULL;
    podlink_status status = podlink_command_run(client, &command, NULL, &reply, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_non_null(reply);
    return reply;
}

static void assert_text(const podlink_reply *reply, podlink_reply_type type, const char *expected)
{
    size_t length = 77;
    assert_int_equal(podlink_reply_type_of(reply), type);
    assert_string_equal(podlink_reply_text(reply, &length), expected);
    assert_int_equal(length, strlen(expected));
}

/* ---- replies ---- */

static void each_reply_type_has_an_accessor(void **state)
{
    (void)state;
    int64_t value = 77;
    podlink_reply *reply = ask(COMMAND("SET", "a", "42"));
    assert_text(reply, PODLINK_REPLY_STATUS, "OK");
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_EREPLY);
    assert_int_equal(value, 77);
    assert_int_equal(podlink_reply_count(reply), 0);
    assert_null(podlink_reply_at(reply, 0));
    podlink_reply_free(reply);
    reply = ask(COMMAND("INCR", "a"));
    assert_int_equal(podlink_reply_type_of(reply), PODLINK_REPLY_INTEGER);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, 43);
    assert_null(podlink_reply_text(reply, NULL));
    podlink_reply_free(reply);
    reply = ask(COMMAND("GET", "a"));
    assert_text(reply, PODLINK_REPLY_STRING, "43");
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, 43);
    podlink_reply_free(reply);
    reply = ask(COMMAND("GET", "none"));
    assert_int_equal(podlink_reply_type_of(reply), PODLINK_REPLY_NIL);
    assert_null(podlink_reply_text(reply, NULL));
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_EREPLY);
    podlink_reply_free(reply);
    reply = ask(COMMAND("MGET", "a", "{a}none"));
    assert_int_equal(podlink_reply_type_of(reply), PODLINK_REPLY_ARRAY);
    assert_int_equal(podlink_reply_count(reply), 2);
    assert_text(podlink_reply_at(reply, 0), PODLINK_REPLY_STRING, "43");
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(reply, 1)), PODLINK_REPLY_NIL);
    assert_null(podlink_reply_at(reply, 2));
    assert_null(podlink_reply_at(reply, SIZE_MAX));
    podlink_reply_free(reply);
}

static void missing_elements_read_as_nil(void **state)
{
    (void)state;
    int64_t value = 77;
    assert_int_equal(podlink_reply_type_of(NULL), PODLINK_REPLY_NIL);
    assert_null(podlink_reply_text(NULL, NULL));
    assert_int_equal(podlink_reply_integer(NULL, &value), PODLINK_EREPLY);
    assert_int_equal(podlink_reply_count(NULL), 0);
    assert_null(podlink_reply_at(NULL, 0));
    assert_int_equal(value, 77);
}

static void numbers_in_strings_are_parsed_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "1x", " 1", "+1", "01", "1.0", "9223372036854775808", "-0"};
    int64_t value = 77;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        podlink_reply *reply = ask(COMMAND("ECHO", bad[i]));
        assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_EREPLY);
        podlink_reply_free(reply);
    }
    assert_int_equal(value, 77);
    podlink_reply *reply = ask(COMMAND("ECHO", "-9223372036854775808"));
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_true(value == INT64_MIN);
    podlink_reply_free(reply);
}

static void arguments_and_replies_are_binary_safe(void **state)
{
    (void)state;
    static char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    const char *const argv[] = {"SET", bytes, bytes};
    const size_t lengths[] = {3, sizeof bytes, sizeof bytes};
    podlink_command command = {.argc = 3, .argv = argv, .argv_lengths = lengths, .key_index = 1};
    podlink_reply_free(ask(command));
    const char *const get[] = {"GET", bytes};
    command = (podlink_command){.argc = 2, .argv = get, .argv_lengths = lengths, .key_index = 1, .repeatable = 1};
    podlink_reply *reply = ask(command);
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    assert_int_equal(length, sizeof bytes);
    assert_memory_equal(text, bytes, sizeof bytes);
    assert_int_equal(text[length], '\0');
    podlink_reply_free(reply);
}

static void an_argument_can_be_empty(void **state)
{
    (void)state;
    podlink_reply_free(ask(COMMAND("SET", "", "")));
    podlink_reply *reply = ask(COMMAND("GET", ""));
    assert_text(reply, PODLINK_REPLY_STRING, "");
    podlink_reply_free(reply);
}

static void arrays_can_be_nested(void **state)
{
    (void)state;
    podlink_reply_free(ask(COMMAND("XADD", "stream", "1-1", "a", "1")));
    podlink_reply_free(ask(COMMAND("XADD", "stream", "1-2", "b", "2", "c", "3")));
    podlink_reply_free(ask(COMMAND("XADD", "stream", "1-3", "d", "4")));
    podlink_reply *reply = ask(COMMAND("XRANGE", "stream", "-", "+"));
    assert_int_equal(podlink_reply_count(reply), 3);
    const podlink_reply *second = podlink_reply_at(reply, 1);
    assert_int_equal(podlink_reply_count(second), 2);
    assert_text(podlink_reply_at(second, 0), PODLINK_REPLY_STRING, "1-2");
    assert_int_equal(podlink_reply_count(podlink_reply_at(second, 1)), 4);
    assert_text(podlink_reply_at(podlink_reply_at(second, 1), 3), PODLINK_REPLY_STRING, "3");
    const podlink_reply *third = podlink_reply_at(podlink_reply_at(reply, 2), 1);
    assert_text(podlink_reply_at(third, 0), PODLINK_REPLY_STRING, "d");
    podlink_reply_free(reply);
}

/* Deeper nesting, with nils, empty arrays and statuses. */
static void the_reply_of_command_docs_is_read(void **state)
{
    (void)state;
    podlink_reply *reply = ask(COMMAND("COMMAND", "INFO", "get", "nothing", "set"));
    assert_int_equal(podlink_reply_count(reply), 3);
    assert_text(podlink_reply_at(podlink_reply_at(reply, 0), 0), PODLINK_REPLY_STRING, "get");
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(reply, 1)), PODLINK_REPLY_NIL);
    assert_text(podlink_reply_at(podlink_reply_at(reply, 2), 0), PODLINK_REPLY_STRING, "set");
    const podlink_reply *flags = podlink_reply_at(podlink_reply_at(reply, 2), 2);
    assert_text(podlink_reply_at(flags, 0), PODLINK_REPLY_STATUS, "write");
    podlink_reply_free(reply);
}

static void an_array_of_empty_arrays_is_walked(void **state)
{
    (void)state;
    podlink_reply *reply = ask(COMMAND("EVAL", "return {{}, {}, {{}, 'x'}, {}, 'y'}", "0"));
    assert_int_equal(podlink_reply_count(reply), 5);
    assert_int_equal(podlink_reply_count(podlink_reply_at(reply, 0)), 0);
    assert_int_equal(podlink_reply_count(podlink_reply_at(reply, 2)), 2);
    assert_text(podlink_reply_at(podlink_reply_at(reply, 2), 1), PODLINK_REPLY_STRING, "x");
    assert_text(podlink_reply_at(reply, 4), PODLINK_REPLY_STRING, "y");
    podlink_reply_free(reply);
}

static void ten_megabytes_are_sent_and_received(void **state)
{
    (void)state;
    enum { SIZE = 10 * 1024 * 1024 };
    char *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    const char *const set[] = {"SET", "big", bytes};
    const size_t lengths[] = {3, 3, SIZE};
    const podlink_command command = {.argc = 3, .argv = set, .argv_lengths = lengths, .key_index = 1};
    podlink_reply_free(ask(command));
    podlink_reply *reply = ask(COMMAND("GET", "big"));
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    assert_int_equal(length, SIZE);
    assert_int_equal(memcmp(text, bytes, SIZE), 0);
    podlink_reply_free(reply);
    free(bytes);
}

static void a_reply_of_a_hundred_thousand_elements_is_read(void **state)
{
    (void)state;
    podlink_reply *reply = ask(COMMAND("EVAL", "local t = {} for i = 1, 100000 do t[i] = i end return t", "0"));
    assert_int_equal(podlink_reply_count(reply), 100000);
    for (size_t i = 0; i < 100000; i++) {
        int64_t value = 0;
        assert_int_equal(podlink_reply_integer(podlink_reply_at(reply, i), &value), PODLINK_OK);
        assert_int_equal(value, i + 1);
    }
    podlink_reply_free(reply);
}

static void a_command_of_ten_thousand_arguments_is_sent(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    const char **argv = malloc((COUNT + 2) * sizeof *argv);
    argv[0] = "RPUSH";
    argv[1] = "list";
    for (size_t i = 0; i < COUNT; i++)
        argv[2 + i] = "element";
    podlink_reply *reply = ask((podlink_command){.argc = COUNT + 2, .argv = argv, .key_index = 1});
    int64_t value = 0;
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, COUNT);
    podlink_reply_free(reply);
    free(argv);
}

/* ---- errors ---- */

static void fails(podlink_command command, podlink_status expected, const char *words)
{
    podlink_reply *reply = (podlink_reply *)&reply;
    podlink_status status = podlink_command_run(client, &command, NULL, &reply, &err);
    assert_failure(expected, PODLINK_ANSWERED, status, &err);
    assert_null(reply);
    assert_holds(err.server, words);
    assert_holds(err.message, words);
}

static void an_error_reply_becomes_a_status_with_its_text(void **state)
{
    (void)state;
    api_ask(redis, "RPUSH list a");
    fails(COMMAND("GET", "list"), PODLINK_EWRONGTYPE, "WRONGTYPE");
    fails(COMMAND("NOSUCHCOMMAND"), PODLINK_ESERVER, "unknown command");
    fails(COMMAND("GET"), PODLINK_ESERVER, "wrong number of arguments");
    fails(COMMAND("EVALSHA", "0123456789012345678901234567890123456789", "0"), PODLINK_ENOSCRIPT, "NOSCRIPT");
    fails(COMMAND("EVAL", "return redis.error_reply('ERR of mine')", "0"), PODLINK_ESERVER, "of mine");
    fails(COMMAND("EVAL", "return redis.call('LLEN', 'none', 'x')", "0"), PODLINK_ESERVER, "number of arg");
    api_ask(redis, "SET a text");
    fails(COMMAND("INCR", "a"), PODLINK_ESERVER, "not an integer");
}

static void a_reply_need_not_be_read(void **state)
{
    (void)state;
    const podlink_command command = COMMAND("SET", "a", "1");
    assert_status(PODLINK_OK, podlink_command_run(client, &command, NULL, NULL, &err), &err);
    assert_int_equal(podlink_command_run(client, &command, NULL, NULL, NULL), PODLINK_OK);
}

static void commands_that_change_or_block_a_shared_connection_are_refused(void **state)
{
    (void)state;
    static const char *const refused[][8] = {
        {"SUBSCRIBE", "c"},
        {"UNSUBSCRIBE"},
        {"PSUBSCRIBE", "c*"},
        {"PUNSUBSCRIBE"},
        {"SSUBSCRIBE", "c"},
        {"SUNSUBSCRIBE"},
        {"MONITOR"},
        {"MULTI"},
        {"EXEC"},
        {"DISCARD"},
        {"WATCH", "a"},
        {"UNWATCH"},
        {"AUTH", "x"},
        {"HELLO", "3"},
        {"SELECT", "1"},
        {"RESET"},
        {"QUIT"},
        {"SYNC"},
        {"PSYNC", "?", "-1"},
        {"CLIENT", "REPLY", "OFF"},
        {"client", "reply", "skip"},
        {"CLIENT", "TRACKING", "ON"},
        {"BLPOP", "a", "0"},
        {"brpop", "a", "0"},
        {"BRPOPLPUSH", "a", "b", "0"},
        {"BLMOVE", "a", "b"},
        {"BLMPOP", "0", "1"},
        {"BZPOPMIN", "a", "0"},
        {"BZPOPMAX", "a", "0"},
        {"BZMPOP", "0", "1"},
        {"XREAD", "BLOCK", "0", "STREAMS"},
        {"XREADGROUP", "GROUP", "g", "c", "block", "0"},
        {"WAIT", "1", "0"},
    };
    const uint64_t sent = api_stats(client).bytes_sent;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        podlink_command command = {.argc = 8, .argv = refused[i]};
        while (!command.argv[command.argc - 1])
            command.argc--;
        podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
        if (status != PODLINK_EINVAL)
            print_error("%s\n", refused[i][0]);
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    }
    assert_int_equal(api_stats(client).bytes_sent, sent);
}

static void harmless_variants_of_refused_commands_are_accepted(void **state)
{
    (void)state;
    podlink_reply_free(ask(COMMAND("CLIENT", "ID")));
    podlink_reply_free(ask(COMMAND("LPOP", "a")));
    podlink_reply_free(ask(COMMAND("PUBLISH", "c", "MONITOR")));
    podlink_reply_free(ask(COMMAND("SET", "BLOCK", "MULTI")));
    podlink_reply_free(ask(COMMAND("XADD", "stream", "1-1", "a", "1")));
    podlink_reply_free(ask(COMMAND("XREAD", "COUNT", "1", "STREAMS", "stream", "0")));
    podlink_reply_free(ask(COMMAND("XREAD", "STREAMS", "block", "0")));
    podlink_reply_free(ask(COMMAND("INFO", "server")));
}

static void ping_returns_its_round_trip_time(void **state)
{
    (void)state;
    int64_t round_trip_ns = -1;
    const int64_t began = api_now_ns();
    assert_status(PODLINK_OK, podlink_ping(client, &round_trip_ns, NULL, &err), &err);
    assert_in_range(round_trip_ns, 1, api_now_ns() - began);
    assert_int_equal(podlink_ping(client, NULL, NULL, NULL), PODLINK_OK);
}

/* ---- the program ---- */

#define clean_test(f) cmocka_unit_test_setup(f, flush_keys)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(each_reply_type_has_an_accessor),
        clean_test(missing_elements_read_as_nil),
        clean_test(numbers_in_strings_are_parsed_strictly),
        clean_test(arguments_and_replies_are_binary_safe),
        clean_test(an_argument_can_be_empty),
        clean_test(arrays_can_be_nested),
        clean_test(the_reply_of_command_docs_is_read),
        clean_test(an_array_of_empty_arrays_is_walked),
        clean_test(ten_megabytes_are_sent_and_received),
        clean_test(a_reply_of_a_hundred_thousand_elements_is_read),
        clean_test(a_command_of_ten_thousand_arguments_is_sent),
        clean_test(an_error_reply_becomes_a_status_with_its_text),
        clean_test(a_reply_need_not_be_read),
        clean_test(commands_that_change_or_block_a_shared_connection_are_refused),
        clean_test(harmless_variants_of_refused_commands_are_accepted),
        clean_test(ping_returns_its_round_trip_time),
    };
    return RUN_TESTS_BETWEEN("api commands", tests, start_with_quiet_client, stop);
}
