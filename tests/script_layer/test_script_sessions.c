/* SPDX-License-Identifier: MIT */
/* Scripts in sessions, inside MULTI and outside. */
#include "script_fixture.h"

#include <string.h>

static const char count_source[] = "--! keys: counter\n--! args: by\n--! reply: integer\n"
                                   "return redis.call('INCRBY', KEYS[1], ARGV[1])";

static podlink_session *acquire(struct setting *s)
{
    podlink_session *session;
    assert_status(PODLINK_OK, podlink_session_acquire(s->client, NULL, &session, &s->err), &s->err);
    return session;
}

static podlink_reply *ask(struct setting *s, podlink_session *session, const char *const words[])
{
    podlink_reply *reply = NULL;
    assert_status(PODLINK_OK, pool_session_run(session, NULL, &reply, &s->err, words), &s->err);
    return reply;
}

static void run_quietly(struct setting *s, podlink_session *session, const char *const words[])
{
    podlink_reply_free(ask(s, session, words));
}

static podlink_reply *count(struct setting *s, podlink_session *session, const char *by)
{
    podlink_reply *reply = NULL;
    const podlink_script_call call = calling("count", WORDS("counter"), WORDS(by));
    podlink_status status = podlink_session_run_script(session, &call, NULL, &reply, &s->err);
    assert_status(PODLINK_OK, status, &s->err);
    return reply;
}

static void counted(struct setting *s, podlink_session *session, const char *by, int64_t expected)
{
    int64_t value = 0;
    podlink_reply *reply = count(s, session, by);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, expected);
    podlink_reply_free(reply);
}

static void queued(struct setting *s, podlink_session *session, const char *by)
{
    podlink_reply *reply = count(s, session, by);
    assert_int_equal(podlink_reply_type_of(reply), PODLINK_REPLY_STATUS);
    assert_string_equal(podlink_reply_text(reply, NULL), "QUEUED");
    podlink_reply_free(reply);
}

static void a_script_runs_in_a_session_and_is_reloaded_there(void **state)
{
    struct setting *s = *state;
    podlink_session *session = acquire(s);
    add_script(s->client, "count", count_source);
    counted(s, session, "1", 1); /* not loaded before */
    api_ask(s->redis, "SCRIPT FLUSH");
    counted(s, session, "1", 2);
    run_quietly(s, session, WORDS("WATCH", "counter"));
    api_ask(s->redis, "SCRIPT FLUSH");
    counted(s, session, "1", 3);
    podlink_session_release(session);
    const podlink_script_stats stats = stats_of(s->client, "count");
    assert_int_equal(stats.loads, 3);
    assert_int_equal(stats.repairs, 3);
}

static void a_script_is_queued_inside_multi(void **state)
{
    struct setting *s = *state;
    int64_t value = 0;
    static const char *const names[] = {"count"};
    podlink_session *session = acquire(s);
    add_script(s->client, "count", count_source);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, names, 1, NULL, &s->err), &s->err);
    run_quietly(s, session, WORDS("MULTI"));
    queued(s, session, "2");
    run_quietly(s, session, WORDS("SET", "other", "x"));
    queued(s, session, "3");
    podlink_reply *reply = ask(s, session, WORDS("EXEC"));
    assert_int_equal(podlink_reply_count(reply), 3);
    assert_int_equal(podlink_reply_integer(podlink_reply_at(reply, 2), &value), PODLINK_OK);
    assert_int_equal(value, 5);
    podlink_reply_free(reply);
    podlink_session_release(session);
}

static void a_flush_before_exec_is_reported_for_each_command(void **state)
{
    struct setting *s = *state;
    podlink_session *session = acquire(s);
    add_script(s->client, "count", count_source);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err), &s->err);
    run_quietly(s, session, WORDS("MULTI"));
    queued(s, session, "2");
    run_quietly(s, session, WORDS("SET", "other", "x"));
    api_ask(s->redis, "SCRIPT FLUSH");
    podlink_reply *reply = ask(s, session, WORDS("EXEC"));
    assert_int_equal(podlink_reply_count(reply), 2);
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(reply, 0)), PODLINK_REPLY_ERROR);
    assert_memory_equal(podlink_reply_text(podlink_reply_at(reply, 0), NULL), "NOSCRIPT", 8);
    assert_string_equal(podlink_reply_text(podlink_reply_at(reply, 1), NULL), "OK");
    podlink_reply_free(reply);
    counted(s, session, "1", 1); /* it had not run; now it is loaded again */
    podlink_session_release(session);
}

static void only_missing_scripts_are_loaded(void **state)
{
    struct setting *s = *state;
    podlink_session *session = acquire(s);
    add_script(s->client, "count", count_source);
    const podlink_stats before = api_stats(s->client);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err), &s->err);
    assert_int_equal(api_stats(s->client).script_loads - before.script_loads, 1);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err), &s->err);
    assert_int_equal(api_stats(s->client).script_loads - before.script_loads, 1);
    api_ask(s->redis, "SCRIPT FLUSH");
    static const char *const names[] = {"statefulSetLink", "count"};
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, names, 2, NULL, &s->err), &s->err);
    assert_int_equal(api_stats(s->client).script_loads - before.script_loads, 3);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, names, 0, NULL, &s->err), &s->err);
    podlink_session_release(session);
}

static void invalid_script_calls_in_a_session_are_refused(void **state)
{
    struct setting *s = *state;
    static const char *const names[] = {"statefulSetLink", "none"};
    static const char *const no_name[] = {NULL};
    podlink_session *session = acquire(s);
    podlink_status status = podlink_session_ensure_scripts(session, names, 2, NULL, &s->err);
    assert_failure(PODLINK_ESCRIPT, PODLINK_NOT_SENT, status, &s->err);
    assert_holds(s->err.message, "\"none\"");
    status = podlink_session_ensure_scripts(session, no_name, 1, NULL, &s->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &s->err);
    const podlink_script_call call = calling("none", NO_WORDS, NO_WORDS);
    status = podlink_session_run_script(session, &call, NULL, NULL, &s->err);
    assert_failure(PODLINK_ESCRIPT, PODLINK_NOT_SENT, status, &s->err);
    run_quietly(s, session, WORDS("MULTI"));
    status = podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &s->err);
    assert_holds(s->err.message, "MULTI");
    podlink_session_release(session);
    session = acquire(s);
    podlink_reply_free(NULL);
    assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &s->err, WORDS("SUBSCRIBE", "news")), &s->err);
    status = podlink_session_run_script(session, &call, NULL, NULL, &s->err);
    assert_failure(PODLINK_ESCRIPT, PODLINK_NOT_SENT, status, &s->err);
    status = podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &s->err);
    assert_holds(s->err.message, "only listens");
    podlink_session_release(session);
}

static void a_script_that_cannot_be_loaded_is_reported(void **state)
{
    struct setting *s = *state;
    podlink_session *session = acquire(s);
    add_script(s->client, "broken", "return +");
    const podlink_script_call call = calling("broken", NO_WORDS, NO_WORDS);
    podlink_status status = podlink_session_run_script(session, &call, NULL, NULL, &s->err);
    assert_status(PODLINK_ESERVER, status, &s->err);
    assert_holds(s->err.message, "loading script broken");
    assert_holds(s->err.server, "user_script:1:");
    podlink_session_release(session);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin_setting, end_setting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_script_runs_in_a_session_and_is_reloaded_there),
        WITH_SERVER(a_script_is_queued_inside_multi),
        WITH_SERVER(a_flush_before_exec_is_reported_for_each_command),
        WITH_SERVER(only_missing_scripts_are_loaded),
        WITH_SERVER(invalid_script_calls_in_a_session_are_refused),
        WITH_SERVER(a_script_that_cannot_be_loaded_is_reported),
    };
    return RUN_TESTS("script sessions", tests);
}
