/* SPDX-License-Identifier: MIT */
/* Runs one test case. Only this file reads and writes the notation of the cases. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "script_case_run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TTL_SLACK_MS = 10000, /* how long a case may take on a loaded machine; the TTLs of the cases differ by more */
    STAMP_SLACK_MS = 10000,
    COMMAND_ARGS_MAX = 4
};

struct run {
    redisContext *redis;
    int64_t now_ms; /* the server's clock when the case began */
    char *why;
};

static bool fail(struct run *run, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(run->why, 2 * CASE_TEXT_MAX, format, list);
    va_end(list);
    return false;
}

/* ---- text ---- */

/* Copies text with {now} and {now-N} replaced. A text that does not fit is a mistake in the table. */
static void fill_in(const struct run *run, const char *text, char out[CASE_TEXT_MAX])
{
    size_t length = 0;
    while (*text != '\0' && length < CASE_TEXT_MAX - 32) {
        if (strncmp(text, "{now", 4) == 0) {
            char *end;
            const int64_t offset = strtoll(text + 4, &end, 10); /* 0 without a number */
            length += (size_t)snprintf(out + length, 32, "%" PRId64, run->now_ms + offset);
            text = end + 1; /* after the brace */
        } else {
            out[length++] = *text++;
        }
    }
    out[length] = '\0';
}

/* Cuts "@60" off the end of text. @return the seconds, or -1 for no TTL */
static int64_t cut_ttl(char *text)
{
    char *at = strrchr(text, '@');
    if (at == NULL)
        return -1;
    *at = '\0';
    return strtoll(at + 1, NULL, 10);
}

/* ---- commands ---- */

/* @return the reply, which may be an error; aborts if there is none, because then no case can be judged */
static redisReply *command(const struct run *run, size_t count, const char *const args[])
{
    const char *argv[COMMAND_ARGS_MAX];
    memcpy(argv, args, count * sizeof *args);
    redisReply *reply = redisCommandArgv(run->redis, (int)count, argv, NULL);
    if (reply == NULL) {
        fprintf(stderr, "no answer to %s: %s\n", args[0], run->redis->errstr);
        abort();
    }
    return reply;
}

#define COMMAND(run, ...)                                                                                              \
    command((run), sizeof(const char *[]){__VA_ARGS__} / sizeof(const char *), (const char *[]){__VA_ARGS__})

static int64_t integer_of(redisReply *reply)
{
    const int64_t value = reply->integer;
    freeReplyObject(reply);
    return value;
}

static int64_t server_ms(const struct run *run)
{
    redisReply *reply = COMMAND(run, "TIME");
    const int64_t ms =
        strtoll(reply->element[0]->str, NULL, 10) * 1000 + strtoll(reply->element[1]->str, NULL, 10) / 1000;
    freeReplyObject(reply);
    return ms;
}

/* ---- before ---- */

static void put_hash(const struct run *run, const char *key, char *fields)
{
    char *rest = NULL;
    for (char *field = strtok_r(fields, ",", &rest); field != NULL; field = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(field, '=');
        assert(value != NULL);
        *value++ = '\0';
        freeReplyObject(COMMAND(run, "HSET", key, field, value));
    }
}

static void put_key(const struct run *run, const char *key, const char *content)
{
    char text[CASE_TEXT_MAX];
    char seconds[24];
    if (content == NULL)
        return;
    fill_in(run, content, text);
    const int64_t ttl = cut_ttl(text);
    if (strcmp(text, "list") == 0)
        freeReplyObject(COMMAND(run, "RPUSH", key, "wrong", "type"));
    else if (strchr(text, '=') != NULL)
        put_hash(run, key, text);
    else
        freeReplyObject(COMMAND(run, "SET", key, text));
    if (ttl >= 0) {
        snprintf(seconds, sizeof seconds, "%" PRId64, ttl);
        freeReplyObject(COMMAND(run, "EXPIRE", key, seconds));
    }
}

/* ---- afterwards ---- */

static bool is_stamp(const struct run *run, const char *text, size_t length)
{
    char *end;
    const int64_t stamp = strtoll(text, &end, 10);
    const int64_t now = server_ms(run);
    return end == text + length && length == 13 && stamp >= now - STAMP_SLACK_MS && stamp <= now;
}

/* Compares a value with the expected one, or with the text around one {stamp}. */
static bool same_value(const struct run *run, const char *expected, const char *found)
{
    static const char token[] = "{stamp}";
    const char *at = strstr(expected, token);
    if (at == NULL)
        return strcmp(expected, found) == 0;
    const size_t before = (size_t)(at - expected);
    const char *behind = at + sizeof token - 1;
    const size_t length = strlen(found);
    return length > before + strlen(behind) && strncmp(expected, found, before) == 0 &&
           strcmp(behind, found + length - strlen(behind)) == 0 &&
           is_stamp(run, found + before, length - before - strlen(behind));
}

static bool check_type(struct run *run, const char *key, const char *expected)
{
    redisReply *reply = COMMAND(run, "TYPE", key);
    const bool same = strcmp(reply->str, expected) == 0;
    if (!same)
        fail(run, "%s: expected type %s, found %s", key, expected, reply->str);
    freeReplyObject(reply);
    return same;
}

static bool check_value(struct run *run, const char *key, const char *expected, redisReply *reply)
{
    const char *found = reply->type == REDIS_REPLY_STRING ? reply->str : "nothing";
    const bool same = same_value(run, expected, found);
    if (!same)
        fail(run, "%s: expected %s, found %s", key, expected, found);
    freeReplyObject(reply);
    return same;
}

static bool check_hash(struct run *run, const char *key, char *fields)
{
    int64_t count = 0;
    char *rest = NULL;
    if (!check_type(run, key, "hash"))
        return false;
    for (char *field = strtok_r(fields, ",", &rest); field != NULL; field = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(field, '=');
        assert(value != NULL);
        *value++ = '\0';
        if (!check_value(run, field, value, COMMAND(run, "HGET", key, field)))
            return false;
        count++;
    }
    const int64_t found = integer_of(COMMAND(run, "HLEN", key));
    return found == count || fail(run, "%s: expected %d fields, found %d", key, (int)count, (int)found);
}

static bool check_ttl(struct run *run, const char *key, int64_t seconds)
{
    const int64_t found = integer_of(COMMAND(run, "PTTL", key));
    if (seconds < 0)
        return found == -1 || fail(run, "%s: expected no TTL, found %" PRId64 " ms", key, found);
    return (found > seconds * 1000 - TTL_SLACK_MS && found >= 0 && found <= seconds * 1000) ||
           fail(run, "%s: expected a TTL of %" PRId64 " s, found %" PRId64 " ms", key, seconds, found);
}

static bool check_key(struct run *run, const char *key, const char *content)
{
    char text[CASE_TEXT_MAX];
    if (content == NULL)
        return check_type(run, key, "none");
    fill_in(run, content, text);
    const int64_t ttl = cut_ttl(text);
    bool same;
    if (strcmp(text, "list") == 0)
        same = check_type(run, key, "list") && integer_of(COMMAND(run, "LLEN", key)) == 2;
    else if (strchr(text, '=') != NULL)
        same = check_hash(run, key, text);
    else
        same = check_type(run, key, "string") && check_value(run, key, text, COMMAND(run, "GET", key));
    return same && check_ttl(run, key, ttl);
}

static bool check_reply(struct run *run, const char *expected, const char *answer)
{
    char text[CASE_TEXT_MAX];
    fill_in(run, expected, text);
    const bool same = text[0] == '!' ? answer[0] == '!' && strstr(answer, text + 1) != NULL : strcmp(text, answer) == 0;
    return same || fail(run, "reply: expected %s, found %s", text, answer);
}

/* ---- one case ---- */

enum script_case_result script_case_run(redisContext *redis, const struct script_case *test_case,
                                        script_case_invoke *invoke, void *backend, char why[2 * CASE_TEXT_MAX])
{
    struct run run = {.redis = redis, .why = why};
    struct script_case_call call = {.test_case = test_case};
    char args[CASE_ARGS_MAX][CASE_TEXT_MAX];
    char answer[CASE_TEXT_MAX] = "";

    run.now_ms = server_ms(&run);
    freeReplyObject(COMMAND(&run, "FLUSHALL"));
    put_key(&run, CASE_LINK_KEY, test_case->before.link);
    put_key(&run, CASE_INDEX_KEY, test_case->before.index);
    put_key(&run, CASE_STATE_KEY, test_case->before.state);
    for (size_t i = 0; test_case->args[i] != NULL; i++) {
        fill_in(&run, test_case->args[i], args[i]);
        call.args[i] = args[i];
    }
    if (!invoke(backend, &call, answer))
        return CASE_SKIPPED;
    const bool passed = check_reply(&run, test_case->reply, answer) &&
                        check_key(&run, CASE_LINK_KEY, test_case->after.link) &&
                        check_key(&run, CASE_INDEX_KEY, test_case->after.index) &&
                        check_key(&run, CASE_STATE_KEY, test_case->after.state);
    return passed ? CASE_PASSED : CASE_FAILED;
}
