/* SPDX-License-Identifier: MIT */
/* A script of one's own that has written and then returns an error runs once, whatever the text of the error is. */
#include "script_fixture.h"

#include <stdio.h>
#include <string.h>

/* Each would lead to another attempt if the server itself had said it of a command. */
static const char *const texts[] = {
    "BUSY seat is taken",
    "TRYAGAIN later",
    "LOADING the level",
    "CLUSTERDOWN of the game",
    "MASTERDOWN of the game",
    "READONLY mode of the game",
    "NOSCRIPT for this scene",
    "MOVED 1 127.0.0.1:1",
    "ASK 1 127.0.0.1:1",
    "OOM of the game",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE. Or not",
    "READONLY You can't write against a read only replica.",
    "TRYAGAIN",
};

enum { TEXTS = COUNT_OF(texts) };

static void source_of(const char *text, char *source, size_t size)
{
    snprintf(source, size, "redis.call('INCR', KEYS[1]) return redis.error_reply(\"%s\")", text);
}

/* How often a script has run, and its counter is gone. */
static int64_t runs(struct setting *s)
{
    const redisReply *reply = api_ask(s->redis, "GETDEL counter");
    return reply->str ? strtoll(reply->str, NULL, 10) : 0;
}

static void assert_ran_once(struct setting *s, const char *text, const char *how, podlink_status status)
{
    const int64_t times = runs(s);
    if (times != 1)
        fail_msg("\"%s\" by %s: ran %d times", text, how, (int)times);
    if (status >= 0 || s->err.delivery != PODLINK_ANSWERED)
        fail_msg("\"%s\" by %s: %s, %s", text, how, podlink_status_name(status),
                 podlink_delivery_text(s->err.delivery));
    assert_non_null(strstr(s->err.server, text));
}

static podlink_status run_command(struct setting *s, const char *const words[], const podlink_call *call)
{
    size_t count = 0;
    while (words[count])
        count++;
    const podlink_command command = {.argv = words, .argc = count, .key_index = 3};
    return podlink_command_run(s->client, &command, call, NULL, &s->err);
}

static podlink_status run_script(struct setting *s, const char *name, const podlink_call *call)
{
    return podlink_script_run(s->client, name, WORDS("counter"), NULL, 1, NULL, NULL, 0, call, NULL, &s->err);
}

static void a_registered_script_runs_once_whatever_it_answers(void **state)
{
    struct setting *s = *state;
    char name[32], source[256];
    for (size_t i = 0; i < TEXTS; i++) {
        snprintf(name, sizeof name, "script%zu", i);
        source_of(texts[i], source, sizeof source);
        add_script(s->client, name, source);
        assert_ran_once(s, texts[i], "EVALSHA", run_script(s, name, NULL));
        podlink_call once = PODLINK_CALL_INIT;
        once.flags = PODLINK_NO_REPEAT;
        assert_ran_once(s, texts[i], "EVALSHA, no repeat", run_script(s, name, &once));
    }
}

static void eval_as_a_command_runs_once_whatever_it_answers(void **state)
{
    struct setting *s = *state;
    char source[256];
    podlink_call once = PODLINK_CALL_INIT;
    once.flags = PODLINK_NO_REPEAT;
    for (size_t i = 0; i < TEXTS; i++) {
        source_of(texts[i], source, sizeof source);
        assert_ran_once(s, texts[i], "EVAL", run_command(s, WORDS("eval", source, "1", "counter"), NULL));
        assert_ran_once(s, texts[i], "EVAL, no repeat", run_command(s, WORDS("EVAL", source, "1", "counter"), &once));
    }
}

static void a_script_in_a_session_runs_once_whatever_it_answers(void **state)
{
    struct setting *s = *state;
    char name[32], source[256];
    podlink_session *session;
    assert_status(PODLINK_OK, podlink_session_acquire(s->client, NULL, &session, &s->err), &s->err);
    for (size_t i = 0; i < TEXTS; i++) {
        snprintf(name, sizeof name, "script%zu", i);
        source_of(texts[i], source, sizeof source);
        add_script(s->client, name, source);
        const podlink_script_call call = calling(name, WORDS("counter"), NO_WORDS);
        const podlink_status status = podlink_session_run_script(session, &call, NULL, NULL, &s->err);
        assert_ran_once(s, texts[i], "EVALSHA in a session", status);
    }
    podlink_session_release(session);
}

static void a_function_runs_once_whatever_it_answers(void **state)
{
    struct setting *s = *state;
    char source[512];
    for (size_t i = 0; i < TEXTS; i++) {
        snprintf(source, sizeof source,
                 "#!lua name=game\nredis.register_function('step', function(keys) redis.call('INCR', keys[1]) "
                 "return redis.error_reply(\"%s\") end)",
                 texts[i]);
        podlink_status status = run_command(s, WORDS("FUNCTION", "LOAD", "REPLACE", source), NULL);
        assert_status(PODLINK_OK, status, &s->err);
        assert_ran_once(s, texts[i], "FCALL", run_command(s, WORDS("FCALL", "step", "1", "counter"), NULL));
    }
}

/* The exact text of the server: one repair, and then the server is asked whether it lacks the script. */
static void a_script_that_answers_noscript_itself_is_loaded_once_more_at_most(void **state)
{
    struct setting *s = *state;
    add_script(s->client, "liar",
               "redis.call('INCR', KEYS[1]) return redis.error_reply('NOSCRIPT No matching script. Please use EVAL.')");
    const podlink_script_call call = calling("liar", WORDS("counter"), NO_WORDS);
    podlink_status status = run_script(s, "liar", NULL);
    assert_failure(PODLINK_ENOSCRIPT, PODLINK_ANSWERED, status, &s->err);
    assert_true(runs(s) <= 2);
    podlink_session *session;
    assert_status(PODLINK_OK, podlink_session_acquire(s->client, NULL, &session, &s->err), &s->err);
    status = podlink_session_run_script(session, &call, NULL, NULL, &s->err);
    assert_failure(PODLINK_ENOSCRIPT, PODLINK_ANSWERED, status, &s->err);
    assert_true(runs(s) <= 2);
    podlink_session_release(session);
}

/* A write in the script fails on a replica: another attempt is harmless, and ends where the server is a master again.
 */
static void a_write_that_a_replica_refuses_is_not_taken_for_the_script_s_own_error(void **state)
{
    struct setting *s = *state;
    add_script(s->client, "writes", "return redis.call('INCR', KEYS[1])");
    api_ask(s->redis, "REPLICAOF 127.0.0.1 1");
    const podlink_status status = run_script(s, "writes", NULL);
    assert_failure(PODLINK_EREADONLY, PODLINK_ANSWERED, status, &s->err);
    api_ask(s->redis, "REPLICAOF NO ONE");
    assert_status(PODLINK_OK, run_script(s, "writes", NULL), &s->err);
    assert_int_equal(runs(s), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_registered_script_runs_once_whatever_it_answers, begin_setting, end_setting),
        cmocka_unit_test_setup_teardown(eval_as_a_command_runs_once_whatever_it_answers, begin_setting, end_setting),
        cmocka_unit_test_setup_teardown(a_script_in_a_session_runs_once_whatever_it_answers, begin_setting,
                                        end_setting),
        cmocka_unit_test_setup_teardown(a_function_runs_once_whatever_it_answers, begin_setting, end_setting),
        cmocka_unit_test_setup_teardown(a_script_that_answers_noscript_itself_is_loaded_once_more_at_most,
                                        begin_setting, end_setting),
        cmocka_unit_test_setup_teardown(a_write_that_a_replica_refuses_is_not_taken_for_the_script_s_own_error,
                                        begin_setting, end_setting),
    };
    return RUN_TESTS("script errors", tests);
}
