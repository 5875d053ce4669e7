/* SPDX-License-Identifier: MIT */
/* Three mistakes that a pool must not make, each with its shortest test. The library is built with each mistake (meson
 * -Dmutant=...) to prove that these tests find it. */
#include "pool_fixture.h"

static void a_connection_with_an_unread_answer_is_not_lent_again(void **state)
{
    (void)state;
    podlink_session *session;
    podlink_reply *reply;
    podlink_error err;
    const podlink_call call = within(20);
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    redisContext *redis = api_redis(server);
    podlink_client *client = api_open(api_url(server));
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    assert_int_equal(pool_session_run(session, &call, NULL, &err, WORDS("BLPOP", "late", "0")), PODLINK_ETIMEDOUT);
    podlink_session_release(session);
    api_ask(redis, "LPUSH late answer");
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    assert_int_equal(api_stats(client).dedicated_reused, 0);
    assert_status(PODLINK_OK, pool_session_run(session, NULL, &reply, &err, WORDS("ECHO", "mine")), &err);
    assert_non_null(podlink_reply_text(reply, NULL));
    assert_string_equal(podlink_reply_text(reply, NULL), "mine");
    podlink_reply_free(reply);
    podlink_session_release(session);
    podlink_client_free(client);
    redisFree(redis);
    test_server_stop(server);
}

static void a_command_that_may_have_run_is_not_repeated(void **state)
{
    (void)state;
    podlink_error err;
    const struct proxy_fault cut = {.cut = PROXY_FIN, .cut_at = 0};
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    struct proxy *proxy = proxy_start(test_server_socket(server), false);
    assert_non_null(proxy);
    redisContext *redis = api_redis(server);
    podlink_client *client = api_open(proxy_url(proxy));
    proxy_set(proxy, PROXY_TO_CLIENT, &cut);
    assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN, pool_run(client, NULL, NULL, &err, WORDS("INCR", "n")), &err);
    assert_string_equal(api_ask(redis, "GET n")->str, "1");
    podlink_client_free(client);
    redisFree(redis);
    proxy_stop(proxy);
    test_server_stop(server);
}

/* The server continues before a call without a deadline would hang the test. */
static void a_call_ends_at_its_deadline(void **state)
{
    (void)state;
    podlink_error err;
    const podlink_call call = within(100);
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    redisContext *redis = api_redis(server);
    podlink_options options = api_options(api_url(server));
    options.silence_timeout_ms = -1;
    podlink_client *client = api_open_with(&options);
    api_ask(redis, "CLIENT PAUSE 2000 ALL");
    const int64_t began = api_now_ns();
    const podlink_status status = pool_run(client, &call, NULL, &err, WORDS("GET", "n"));
    const int64_t took_ms = (api_now_ns() - began) / MS;
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, status, &err);
    assert_in_range(took_ms, 100, 1000); /* tests under load measure how exact a deadline is */
    podlink_client_free(client);
    redisFree(redis);
    test_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_with_an_unread_answer_is_not_lent_again),
        cmocka_unit_test(a_command_that_may_have_run_is_not_repeated),
        cmocka_unit_test(a_call_ends_at_its_deadline),
    };
    return RUN_TESTS("pool mutants", tests);
}
