/* SPDX-License-Identifier: MIT */
/* The eleven scripts of lua/ on a real server: every case of script_cases.c by SCRIPT LOAD and EVALSHA, and tests that
 * a case cannot express. The server is the one that PODLINK_TEST_SERVER names; the scripts are read from
 * PODLINK_LUA_DIR. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "real_server.h"
#include "script_case_run.h"
#include "script_cases.h"

#ifndef PODLINK_LUA_DIR
#define PODLINK_LUA_DIR "lua"
#endif

enum { SCRIPT_BYTES_MAX = 16384, ARGV_MAX = 3 + CASE_KEYS_MAX + CASE_ARGS_MAX };

static struct {
    const char *name;
    char sha[41];
} scripts[] = {
    {"statefulSetLink", ""},          {"statefulSetLinkIfAbsent", ""},
    {"statefulTrySetLink", ""},       {"statefulRemoveLink", ""},
    {"statefulRemoveLinkWithId", ""}, {"statefulGetLinkIfPersist", ""},
    {"statefulGetLinkService", ""},   {"statefulComputeLinkIfAbsent", ""},
    {"statefulGetServicePod", ""},    {"statefulGetService", ""},
    {"statefulSetState", ""},
};
enum { SCRIPT_COUNT = sizeof scripts / sizeof scripts[0] };

static struct test_server *server;
static redisContext *redis;

/* ---- the back end: EVALSHA ---- */

static size_t read_script(const char *name, char text[SCRIPT_BYTES_MAX])
{
    const char *dir = getenv("PODLINK_LUA_DIR");
    char path[512];
    snprintf(path, sizeof path, "%s/%s.lua", dir != NULL ? dir : PODLINK_LUA_DIR, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot open %s\n", path);
        return 0;
    }
    const size_t length = fread(text, 1, SCRIPT_BYTES_MAX, file);
    fclose(file);
    return length;
}

static int load_script(size_t i)
{
    static char text[SCRIPT_BYTES_MAX];
    const size_t length = read_script(scripts[i].name, text);
    redisReply *reply = redisCommand(redis, "SCRIPT LOAD %b", text, length);
    const bool loaded = length > 0 && reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == 40;
    if (loaded)
        memcpy(scripts[i].sha, reply->str, sizeof scripts[i].sha);
    else
        fprintf(stderr, "%s is not loaded: %s\n", scripts[i].name, reply != NULL ? reply->str : redis->errstr);
    freeReplyObject(reply);
    return loaded ? 0 : -1;
}

static const char *sha_of(const char *name)
{
    for (size_t i = 0; i < SCRIPT_COUNT; i++)
        if (strcmp(scripts[i].name, name) == 0)
            return scripts[i].sha;
    fail_msg("no script %s", name);
    return "";
}

/* Writes a reply in the notation of script_cases.h. A reply that no script may give is written so that no case expects
 * it. */
static void write_reply(const redisReply *reply, char *out, size_t room)
{
    size_t used = 0;
    switch (reply->type) {
    case REDIS_REPLY_ERROR:
        snprintf(out, room, "!%s", reply->str);
        break;
    case REDIS_REPLY_STRING:
        snprintf(out, room, "'%s'", reply->str);
        break;
    case REDIS_REPLY_INTEGER:
        snprintf(out, room, "%lld", reply->integer);
        break;
    case REDIS_REPLY_ARRAY:
        used += (size_t)snprintf(out, room, "[");
        for (size_t i = 0; i < reply->elements && used + 64 < room; i++) {
            if (i > 0)
                out[used++] = ' ';
            write_reply(reply->element[i], out + used, room - used - 2);
            used += strlen(out + used);
        }
        snprintf(out + used, room - used, "]");
        break;
    default:
        snprintf(out, room, "<type %d>", reply->type);
        break;
    }
}

/* EVALSHA (or EVALSHA_RO) with arguments of given lengths; lengths may be NULL. The caller frees the reply. */
static redisReply *evalsha(const char *verb, const char *script, const char *const args[], const size_t lengths[])
{
    const char *keys[CASE_KEYS_MAX];
    const char *argv[ARGV_MAX] = {verb, sha_of(script)};
    size_t length[ARGV_MAX];
    size_t count = 2;
    const size_t key_count = script_case_keys(script, keys);

    argv[count++] = key_count == 2 ? "2" : "1";
    for (size_t i = 0; i < key_count; i++)
        argv[count++] = keys[i];
    for (size_t i = 0; i < count; i++)
        length[i] = strlen(argv[i]);
    for (size_t i = 0; args[i] != NULL; i++, count++) {
        argv[count] = args[i];
        length[count] = lengths != NULL ? lengths[i] : strlen(args[i]);
    }
    redisReply *reply = redisCommandArgv(redis, (int)count, argv, length);
    assert_non_null(reply);
    return reply;
}

static bool by_evalsha(void *verb, const struct script_case_call *call, char answer[CASE_TEXT_MAX])
{
    redisReply *reply = evalsha(verb, call->test_case->script, call->args, NULL);
    write_reply(reply, answer, CASE_TEXT_MAX);
    freeReplyObject(reply);
    return true;
}

/* ---- the test cases ---- */

static void run_case(const struct script_case *test_case, char *verb)
{
    char why[2 * CASE_TEXT_MAX];
    switch (script_case_run(redis, test_case, by_evalsha, verb, why)) {
    case CASE_PASSED:
        break;
    case CASE_FAILED:
        fail_msg("%s: %s", test_case->script, why);
        break;
    case CASE_SKIPPED:
        skip();
        break;
    }
}

static void the_script_case_passes(void **state)
{
    char verb[] = "EVALSHA";
    run_case(*state, verb);
}

/* ---- tests that a case cannot express ---- */

static long long info(const char *section, const char *field)
{
    redisReply *reply = redisCommand(redis, "INFO %s", section);
    assert_non_null(reply);
    const char *at = strstr(reply->str, field);
    assert_non_null(at);
    const long long value = strtoll(at + strlen(field), NULL, 10);
    freeReplyObject(reply);
    return value;
}

static void command(const char *text)
{
    redisReply *reply = redisCommand(redis, text);
    assert_non_null(reply);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

/* The sum of the calls in INFO commandstats, without the two commands around the script. */
static int calls_made(void)
{
    int calls = 0;
    redisReply *reply = redisCommand(redis, "INFO commandstats");
    assert_non_null(reply);
    char *rest = NULL;
    for (char *line = strtok_r(reply->str, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        const char *count = strstr(line, ":calls=");
        if (count != NULL && strstr(line, "cmdstat_evalsha") == NULL && strstr(line, "cmdstat_config") == NULL)
            calls += atoi(count + strlen(":calls="));
    }
    freeReplyObject(reply);
    return calls;
}

static void expect_calls(int expected, const char *script, const char *const args[])
{
    command("CONFIG RESETSTAT");
    redisReply *reply = evalsha("EVALSHA", script, args, NULL);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    assert_int_equal(calls_made(), expected);
}

static void common_calls_run_only_the_documented_commands(void **state)
{
    static const char *const for_ever[] = {CASE_SERVICE, "3", "-1", NULL};
    static const char *const for_a_time[] = {CASE_SERVICE, "3", "60", NULL};
    static const char *const moved[] = {CASE_SERVICE, "4", "-1", NULL};
    static const char *const remove_later[] = {CASE_SERVICE, "60", NULL};
    static const char *const remove_now[] = {CASE_SERVICE, "-1", NULL};
    static const char *const any_age[] = {"0", NULL};
    static const char *const none[] = {NULL};
    (void)state;
    command("FLUSHALL");
    expect_calls(3, "statefulSetLink", for_ever);
    expect_calls(2, "statefulSetLink", for_ever);
    expect_calls(3, "statefulSetLink", moved);
    expect_calls(1, "statefulSetLinkIfAbsent", for_ever);
    expect_calls(2, "statefulTrySetLink", for_ever);
    expect_calls(2, "statefulGetLinkIfPersist", none);
    expect_calls(3, "statefulRemoveLink", remove_later);
    expect_calls(2, "statefulRemoveLink", remove_later);
    expect_calls(2, "statefulRemoveLink", remove_now);
    expect_calls(3, "statefulSetLink", for_a_time);
    expect_calls(2, "statefulSetLink", for_a_time);
    expect_calls(1, "statefulGetServicePod", any_age);
    expect_calls(1, "statefulGetService", any_age);
    expect_calls(1, "statefulGetLinkService", none);
}

static void setting_a_persistent_link_again_writes_nothing(void **state)
{
    static const char *const args[] = {CASE_SERVICE, "3", "-1", NULL};
    (void)state;
    command("FLUSHALL");
    freeReplyObject(evalsha("EVALSHA", "statefulSetLink", args, NULL));
    const long long before = info("persistence", "rdb_changes_since_last_save:");
    freeReplyObject(evalsha("EVALSHA", "statefulSetLink", args, NULL));
    assert_int_equal(info("persistence", "rdb_changes_since_last_save:"), before);
}

static int64_t server_ms(void)
{
    redisReply *reply = redisCommand(redis, "TIME");
    assert_non_null(reply);
    const int64_t ms =
        strtoll(reply->element[0]->str, NULL, 10) * 1000 + strtoll(reply->element[1]->str, NULL, 10) / 1000;
    freeReplyObject(reply);
    return ms;
}

/* The text of the milliseconds must be padded in the first tenth of a second: the test continues until it has been
 * there. */
static void a_stamp_is_right_in_the_first_tenth_of_a_second(void **state)
{
    static const char *const args[] = {"3", "17", "1", NULL};
    bool padded = false;
    (void)state;
    command("FLUSHALL");
    for (const int64_t end = server_ms() + 2000; !padded;) {
        const int64_t before = server_ms();
        freeReplyObject(evalsha("EVALSHA", "statefulSetState", args, NULL));
        const int64_t after = server_ms();
        redisReply *reply = redisCommand(redis, "HGET %s 3", CASE_STATE_KEY);
        assert_non_null(reply);
        const int64_t stamp = strtoll(reply->str + strlen("17-"), NULL, 10);
        freeReplyObject(reply);
        assert_true(stamp >= before && stamp <= after);
        assert_true(after < end);
        padded = stamp % 1000 < 100;
    }
}

static void a_number_with_a_nul_byte_is_refused(void **state)
{
    static const char *const args[] = {CASE_SERVICE, "3\0", "60\0", NULL};
    static const size_t nul_in_pod[] = {sizeof CASE_SERVICE - 1, 2, 2};
    static const size_t nul_in_time[] = {sizeof CASE_SERVICE - 1, 1, 3};
    const size_t *const lengths[] = {nul_in_pod, nul_in_time};
    (void)state;
    command("FLUSHALL");
    for (size_t i = 0; i < 2; i++) {
        redisReply *reply = evalsha("EVALSHA", "statefulSetLink", args, lengths[i]);
        assert_int_equal(reply->type, REDIS_REPLY_ERROR);
        assert_non_null(strstr(reply->str, i == 0 ? "pod '3?'" : "persist '60?'"));
        freeReplyObject(reply);
    }
    redisReply *size = redisCommand(redis, "DBSIZE");
    assert_non_null(size);
    assert_int_equal(size->integer, 0);
    freeReplyObject(size);
}

static void an_error_quotes_at_most_40_printable_bytes_of_the_argument(void **state)
{
    static const char *const args[] = {CASE_SERVICE, "\r\n\x1b\xff%s0123456789012345678901234567890123456789", "-1",
                                       NULL};
    (void)state;
    redisReply *reply = evalsha("EVALSHA", "statefulSetLink", args, NULL);
    assert_int_equal(reply->type, REDIS_REPLY_ERROR);
    assert_string_equal(reply->str, "ERR podlink: pod '????%s0123456789012345678901234567890123' is not a whole number "
                                    "from 0 to 2147483647");
    freeReplyObject(reply);
}

static void a_call_with_a_missing_argument_changes_nothing(void **state)
{
    static const char *const writers[] = {
        "statefulSetLink",          "statefulSetLinkIfAbsent", "statefulTrySetLink",         "statefulRemoveLink",
        "statefulRemoveLinkWithId", "statefulSetState",        "statefulComputeLinkIfAbsent"};
    static const char *const args[] = {CASE_SERVICE, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        command("FLUSHALL");
        const long long before = info("persistence", "rdb_changes_since_last_save:");
        redisReply *reply = evalsha("EVALSHA", writers[i], args, NULL);
        assert_int_equal(reply->type, REDIS_REPLY_ERROR);
        freeReplyObject(reply);
        assert_int_equal(info("persistence", "rdb_changes_since_last_save:"), before);
    }
}

/* A read-only script can be sent to a replica only if it never calls a command that writes. */
static void read_only_scripts_run_by_evalsha_ro(void **state)
{
    static const char *const readers[] = {"statefulGetLinkIfPersist", "statefulGetServicePod", "statefulGetService",
                                          "statefulGetLinkService"};
    char verb[] = "EVALSHA_RO";
    size_t count;
    const struct script_case *all = script_cases(&count);
    (void)state;
    redisReply *known = redisCommand(redis, "COMMAND INFO EVALSHA_RO");
    const bool has_verb = known != NULL && known->elements == 1 && known->element[0]->type == REDIS_REPLY_ARRAY;
    freeReplyObject(known);
    if (!has_verb) {
        print_message("skipped: this server has no EVALSHA_RO (Redis 7)\n");
        skip();
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof readers / sizeof readers[0]; j++)
            if (strcmp(all[i].script, readers[j]) == 0)
                run_case(&all[i], verb);
    }
}

static void every_script_has_cases(void **state)
{
    size_t count;
    const struct script_case *all = script_cases(&count);
    (void)state;
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        size_t found = 0;
        for (size_t j = 0; j < count; j++)
            found += strcmp(all[j].script, scripts[i].name) == 0;
        assert_true(found >= 5);
    }
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    server = test_server_start(NULL);
    if (server == NULL)
        return -1;
    redis = redisConnectUnix(test_server_socket(server));
    if (redis == NULL || redis->err != 0)
        return -1;
    for (size_t i = 0; i < SCRIPT_COUNT; i++)
        if (load_script(i) != 0)
            return -1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (redis != NULL)
        redisFree(redis);
    test_server_stop(server);
    return 0;
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(common_calls_run_only_the_documented_commands),
    cmocka_unit_test(setting_a_persistent_link_again_writes_nothing),
    cmocka_unit_test(a_stamp_is_right_in_the_first_tenth_of_a_second),
    cmocka_unit_test(a_number_with_a_nul_byte_is_refused),
    cmocka_unit_test(an_error_quotes_at_most_40_printable_bytes_of_the_argument),
    cmocka_unit_test(a_call_with_a_missing_argument_changes_nothing),
    cmocka_unit_test(read_only_scripts_run_by_evalsha_ro),
    cmocka_unit_test(every_script_has_cases),
};
enum { OTHER_COUNT = sizeof others / sizeof others[0] };

int main(void)
{
    size_t case_count;
    const struct script_case *all = script_cases(&case_count);
    struct CMUnitTest *tests = calloc(case_count + OTHER_COUNT, sizeof *tests);
    if (tests == NULL)
        return 1;
    for (size_t i = 0; i < case_count; i++) {
        /* cmocka passes the state to the test, which only reads it */
        tests[i] = (struct CMUnitTest){all[i].name, the_script_case_passes, NULL, NULL, (void *)(uintptr_t)&all[i]};
    }
    memcpy(tests + case_count, others, sizeof others);
    const int failed = _cmocka_run_group_tests("scripts", tests, case_count + OTHER_COUNT, start, stop);
    free(tests);
    return failed == 0 ? 0 : 1;
}
