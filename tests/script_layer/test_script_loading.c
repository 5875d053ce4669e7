/* SPDX-License-Identifier: MIT */
/* Failed loads: an ACL, a syntax error, a missing reply, a restarted server. */
#include "faulty_server.h"
#include "script_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { CALLERS = 16 };

static podlink_status open_as(struct setting *s, const char *user, podlink_client **client)
{
    podlink_options options = api_options(api_url(s->server));
    options.user = user;
    options.password = "secret";
    return podlink_client_open(&options, client, &s->err);
}

/* ---- permissions ---- */

static void a_missing_permission_to_load_is_reported_with_the_script(void **state)
{
    struct setting *s = *state;
    podlink_client *client = (podlink_client *)1;
    api_ask(s->redis, "ACL SETUSER loads on >secret ~* +@all -script");
    podlink_status status = open_as(s, "loads", &client);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &s->err);
    assert_null(client);
    assert_holds(s->err.message, "loading script statefulSetLink on ");
    assert_holds(s->err.message, "script");
    assert_holds(s->err.message, "no permissions to run");
    assert_holds(s->err.server, "script|load");
}

static void a_user_without_permission_to_load_can_call_loaded_scripts(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    const podlink_link link = {"n", "chat", "u"};
    api_ask(s->redis, "ACL SETUSER loads on >secret ~* +@all -script");
    podlink_options options = api_options(api_url(s->server));
    options.user = "loads";
    options.password = "secret";
    options.script_loading = PODLINK_LOAD_IF_POSSIBLE;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_link_set(client, &link, 1, 60, &pod, NULL, &s->err), &s->err);
    api_ask(s->redis, "SCRIPT FLUSH");
    podlink_status status = podlink_link_set(client, &link, 1, 60, &pod, NULL, &s->err);
    assert_status(PODLINK_ENOPERM, status, &s->err);
    assert_holds(s->err.message, "loading script statefulSetLink");
    podlink_client_free(client);
}

static void a_missing_permission_for_evalsha_ro_is_reported_at_the_open(void **state)
{
    struct setting *s = *state;
    podlink_client *client = NULL;
    if (api_server_version(s->redis) < 700) {
        print_message("# skipped: this server has no EVALSHA_RO (Redis 7)\n");
        skip();
    }
    api_ask(s->redis, "ACL SETUSER reads on >secret ~* +@all -evalsha_ro");
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, open_as(s, "reads", &client), &s->err);
    assert_holds(s->err.message, "script statefulGetLinkIfPersist on ");
    assert_holds(s->err.message, "EVALSHA_RO");
}

static void the_permissions_in_the_docs_are_enough_to_open(void **state)
{
    struct setting *s = *state;
    podlink_client *client = NULL;
    api_ask(s->redis, "ACL SETUSER game on >secret ~sf:* +evalsha +script|load +get +set +getex +getdel +del +expire "
                      "+persist +pttl +hget +hset +hdel +hexists +hgetall +time +ping");
    if (api_server_version(s->redis) >= 700)
        api_ask(s->redis, "ACL SETUSER game +evalsha_ro");
    assert_status(PODLINK_OK, open_as(s, "game", &client), &s->err);
    podlink_client_free(client);
}

/* ---- syntax ---- */

static void a_syntax_error_reaches_the_user_with_its_line(void **state)
{
    struct setting *s = *state;
    size_t loaded = 77;
    add_script(s->client, "broken", "local a = 1\n\nlocal b = = 2\nreturn a\n");
    podlink_status status = podlink_script_run(s->client, "broken", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &s->err);
    assert_status(PODLINK_ESERVER, status, &s->err);
    assert_holds(s->err.message, "loading script broken on ");
    assert_holds(s->err.server, "user_script:3: unexpected symbol near '='");
    status = podlink_scripts_load(s->client, &loaded, NULL, &s->err);
    assert_status(PODLINK_ESERVER, status, &s->err);
    assert_holds(s->err.message, "broken");
    assert_int_equal(loaded, podlink_script_count(s->client) - 1);
}

/* ---- missing replies ---- */

static const char *const replies[] = {"*1\r\n$2\r\n-1\r\n", NULL};

static void a_load_whose_reply_is_lost_is_sent_again(void **state)
{
    (void)state;
    podlink_error err;
    int32_t pod;
    const podlink_link link = {"n", "chat", "u"};
    for (size_t at = 0; at < 11; at++) {
        const struct fault_plan plans[] = {{.stage = FAULT_AT_LOAD, .at = at, .then = FAULT_RESETS},
                                           {.stage = FAULT_NEVER}};
        struct faulty_server *server = faulty_server_start(FAKE_TCP, plans, 2, replies);
        assert_non_null(server);
        podlink_client *client = api_open(faulty_server_url(server));
        assert_int_equal(faulty_server_connections(server), 2);
        assert_status(PODLINK_OK, podlink_link_set(client, &link, 1, 60, &pod, NULL, &err), &err);
        podlink_client_free(client);
        faulty_server_stop(server);
    }
}

static void a_load_without_an_answer_is_reported_with_its_script(void **state)
{
    (void)state;
    podlink_error err;
    podlink_client *client;
    const struct fault_plan plan = {.stage = FAULT_AT_LOAD, .at = 2, .then = FAULT_GOES_SILENT};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, replies);
    podlink_options options = api_options(faulty_server_url(server));
    options.call_timeout_ms = 200;
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_status(PODLINK_ETIMEDOUT, status, &err);
    assert_holds(err.message, "loading script statefulTrySetLink");
    faulty_server_stop(server);
}

static void a_server_that_never_keeps_the_script_fails_the_call(void **state)
{
    (void)state;
    podlink_error err;
    static const char *const never[] = {"-NOSCRIPT No matching script.\r\n", NULL};
    const struct fault_plan plan = {.stage = FAULT_NEVER};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, never);
    podlink_client *client = api_open(faulty_server_url(server));
    add_script(client, "own", "return 1");
    podlink_status status = podlink_script_run(client, "own", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &err);
    assert_failure(PODLINK_ENOSCRIPT, PODLINK_ANSWERED, status, &err);
    podlink_session *session;
    const podlink_script_call call = calling("own", NO_WORDS, NO_WORDS);
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    status = podlink_session_run_script(session, &call, NULL, NULL, &err);
    assert_failure(PODLINK_ENOSCRIPT, PODLINK_ANSWERED, status, &err);
    podlink_session_release(session);
    podlink_client_free(client);
    faulty_server_stop(server);
}

struct call {
    pthread_t thread;
    podlink_client *client;
    podlink_status status;
    int64_t took_ns;
    podlink_error err;
};

static void *call_own(void *argument)
{
    struct call *c = argument;
    const podlink_call within_limit = within(300);
    const int64_t began = api_now_ns();
    c->status = podlink_script_run(c->client, "own", NULL, NULL, 0, NULL, NULL, 0, &within_limit, NULL, &c->err);
    c->took_ns = api_now_ns() - began;
    return NULL;
}

/* The first caller to load gets no answer. Callers that wait for it end at their deadlines, and the next call loads
 * again. */
static void waiters_for_a_load_without_an_answer_end_in_time(void **state)
{
    (void)state;
    static struct call calls[CALLERS];
    const struct fault_plan plans[] = {
        {.stage = FAULT_AT_COMMAND, .reply = "-NOSCRIPT No matching script.\r\n", .then = FAULT_GOES_SILENT},
        {.stage = FAULT_NEVER}};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, plans, 2, replies);
    podlink_options options = api_options(faulty_server_url(server));
    options.shared_connections = 1;
    podlink_client *client = api_open_with(&options);
    add_script(client, "own", "return 1");
    for (size_t i = 0; i < CALLERS; i++) {
        calls[i] = (struct call){.client = client};
        assert_int_equal(pthread_create(&calls[i].thread, NULL, call_own, &calls[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(calls[i].thread, NULL);
        assert_true(calls[i].status == PODLINK_ETIMEDOUT || calls[i].status == PODLINK_ECONNLOST ||
                    calls[i].status == PODLINK_OK);
        assert_true(calls[i].took_ns < (300 + ROUNDS(100, 1000)) * MS);
    }
    faulty_server_recover(server);
    struct call last = {.client = client};
    call_own(&last);
    assert_status(PODLINK_OK, last.status, &last.err);
    podlink_client_free(client);
    faulty_server_stop(server);
}

/* ---- a restarted server ---- */

static void after_a_restart_scripts_are_loaded_before_the_first_call(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    const podlink_link link = {"n", "chat", "u"};
    assert_int_equal(test_server_restart(s->server), 0);
    redisFree(s->redis);
    s->redis = api_redis(s->server);
    const podlink_call call = within(5000);
    assert_status(PODLINK_OK, podlink_link_set(s->client, &link, 1, 60, &pod, &call, &s->err), &s->err);
    const podlink_stats stats = api_stats(s->client);
    assert_int_equal(stats.noscript_repairs, 0);
    assert_int_equal(stats.script_loads, 22);
    assert_int_equal(stats_of(s->client, "statefulGetService").loads, 2);
}

/* ---- a distant server ---- */

/* Connecting takes no time here. The handshake takes one round trip, loading the eleven scripts one, the call one. */
static void a_cold_start_takes_two_round_trips_after_the_handshake(void **state)
{
    enum { DELAY_MS = 100 };
    struct setting *s = *state;
    int32_t pod;
    const podlink_link link = {"n", "chat", "u"};
    const struct proxy_fault delay = {.delay_ms = DELAY_MS};
    struct proxy *proxy = proxy_start(test_server_socket(s->server), false);
    assert_non_null(proxy);
    proxy_set(proxy, PROXY_TO_CLIENT, &delay);
    api_ask(s->redis, "SCRIPT FLUSH");
    const int64_t began = api_now_ns();
    podlink_client *client = api_open(proxy_url(proxy));
    assert_status(PODLINK_OK, podlink_link_set(client, &link, 1, 60, &pod, NULL, &s->err), &s->err);
    const int64_t took_ns = api_now_ns() - began;
    assert_true(took_ns >= 3 * DELAY_MS * MS);
    assert_true(took_ns < 4 * DELAY_MS * MS);
    podlink_client_free(client);
    proxy_stop(proxy);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin_setting, end_setting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_missing_permission_to_load_is_reported_with_the_script),
        WITH_SERVER(a_user_without_permission_to_load_can_call_loaded_scripts),
        WITH_SERVER(a_missing_permission_for_evalsha_ro_is_reported_at_the_open),
        WITH_SERVER(the_permissions_in_the_docs_are_enough_to_open),
        WITH_SERVER(a_syntax_error_reaches_the_user_with_its_line),
        cmocka_unit_test(a_load_whose_reply_is_lost_is_sent_again),
        cmocka_unit_test(a_load_without_an_answer_is_reported_with_its_script),
        cmocka_unit_test(a_server_that_never_keeps_the_script_fails_the_call),
        cmocka_unit_test(waiters_for_a_load_without_an_answer_end_in_time),
        WITH_SERVER(after_a_restart_scripts_are_loaded_before_the_first_call),
        WITH_SERVER(a_cold_start_takes_two_round_trips_after_the_handshake),
    };
    return RUN_TESTS("script loading", tests);
}
