/* SPDX-License-Identifier: MIT */
/* What a caller can do with a connection of its own, and that the next caller gets it in a clean state. */
#include "pool_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct world {
    struct test_server *server;
    podlink_client *client;
    redisContext *redis;
};

static podlink_options world_options(const struct world *world)
{
    podlink_options options = api_options(api_url(world->server));
    options.dedicated_max = 2;
    options.client_name = "under-test";
    return options;
}

static int set_up(void **state)
{
    static struct world world;
    world.server = test_server_start(NULL);
    if (!world.server)
        return -1;
    const podlink_options options = world_options(&world);
    world.client = api_open_with(&options);
    world.redis = api_redis(world.server);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    redisFree(world->redis);
    podlink_client_free(world->client);
    test_server_stop(world->server);
    return 0;
}

static podlink_session *borrow(podlink_client *client)
{
    podlink_session *session;
    podlink_error err;
    const podlink_call call = within(2000);
    const podlink_status status = podlink_session_acquire(client, &call, &session, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_non_null(session);
    return session;
}

/* Runs a command that must succeed. The reply is valid until the next call. */
static const podlink_reply *run(podlink_session *session, const char *const words[])
{
    static podlink_reply *reply;
    podlink_error err;
    podlink_reply_free(reply);
    const podlink_status status = pool_session_run(session, NULL, &reply, &err, words);
    assert_status(PODLINK_OK, status, &err);
    return reply;
}

static void run_done(podlink_session *session, const char *const words[])
{
    podlink_error err;
    const podlink_status status = pool_session_run(session, NULL, NULL, &err, words);
    assert_status(PODLINK_OK, status, &err);
}

static void assert_text(const podlink_reply *reply, const char *expected)
{
    const char *text = podlink_reply_text(reply, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void assert_number(const podlink_reply *reply, int64_t expected)
{
    int64_t number = 0;
    assert_int_equal(podlink_reply_integer(reply, &number), PODLINK_OK);
    assert_int_equal(number, expected);
}

static int64_t id_of(podlink_session *session)
{
    podlink_reply *reply;
    podlink_error err;
    int64_t id = 0;
    const podlink_status status = pool_session_run(session, NULL, &reply, &err, WORDS("CLIENT", "ID"));
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(podlink_reply_integer(reply, &id), PODLINK_OK);
    podlink_reply_free(reply);
    return id;
}

/* How many connections of the tested client the server has. */
static unsigned connections(redisContext *redis)
{
    unsigned count = 0;
    const redisReply *reply = api_ask(redis, "CLIENT LIST");
    for (const char *at = reply->str; (at = strstr(at, " name=under-test ")); at++)
        count++;
    return count;
}

/* ---- transactions ---- */

static void a_transaction_runs_all_its_commands_at_once(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    assert_text(run(session, WORDS("MULTI")), "OK");
    assert_text(run(session, WORDS("SET", "a", "1")), "QUEUED");
    assert_text(run(session, WORDS("INCR", "a")), "QUEUED");
    assert_int_equal(api_ask(world->redis, "EXISTS a")->integer, 0);
    const podlink_reply *reply = run(session, WORDS("EXEC"));
    assert_int_equal(podlink_reply_count(reply), 2);
    assert_text(podlink_reply_at(reply, 0), "OK");
    assert_number(podlink_reply_at(reply, 1), 2);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
}

static void an_error_of_one_command_is_its_element_in_the_reply_of_exec(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("MULTI"));
    run_done(session, WORDS("SET", "text", "x"));
    run_done(session, WORDS("INCR", "text"));
    const podlink_reply *reply = run(session, WORDS("EXEC"));
    assert_int_equal(podlink_reply_count(reply), 2);
    assert_int_equal(podlink_reply_type_of(podlink_reply_at(reply, 1)), PODLINK_REPLY_ERROR);
    assert_holds(podlink_reply_text(podlink_reply_at(reply, 1), NULL), "not an integer");
    podlink_session_release(session);
}

static void a_discarded_transaction_changes_nothing_and_its_connection_is_reused(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    run_done(session, WORDS("MULTI"));
    run_done(session, WORDS("SET", "never", "1"));
    run_done(session, WORDS("DISCARD"));
    podlink_session_release(session);
    assert_int_equal(api_ask(world->redis, "EXISTS never")->integer, 0);
    session = borrow(world->client);
    assert_int_equal(id_of(session), id);
    podlink_session_release(session);
}

static void exec_answers_nil_if_a_watched_key_has_changed(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("WATCH", "watched"));
    api_ask(world->redis, "SET watched other");
    run_done(session, WORDS("MULTI"));
    run_done(session, WORDS("SET", "watched", "mine"));
    assert_int_equal(podlink_reply_type_of(run(session, WORDS("EXEC"))), PODLINK_REPLY_NIL);
    assert_string_equal(api_ask(world->redis, "GET watched")->str, "other");
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
}

static void a_transaction_with_a_command_that_does_not_exist_is_aborted(void **state)
{
    struct world *world = *state;
    podlink_error err;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("MULTI"));
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, pool_session_run(session, NULL, NULL, &err, WORDS("NOSUCH")),
                   &err);
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, pool_session_run(session, NULL, NULL, &err, WORDS("EXEC")), &err);
    assert_holds(err.server, "EXECABORT");
    podlink_session_release(session);
}

static void an_error_reply_is_a_status_and_the_connection_survives(void **state)
{
    struct world *world = *state;
    podlink_error err;
    podlink_session *session = borrow(world->client);
    api_ask(world->redis, "SET string x");
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED,
                   pool_session_run(session, NULL, NULL, &err, WORDS("LPUSH", "string", "1")), &err);
    assert_text(run(session, WORDS("PING")), "PONG");
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
}

static void commands_that_would_mix_up_replies_are_refused(void **state)
{
    struct world *world = *state;
    podlink_error err;
    podlink_session *session = borrow(world->client);
    const char *const *const refused[] = {
        WORDS("CLIENT", "REPLY", "OFF"), WORDS("HELLO", "3"),          WORDS("QUIT"), WORDS("RESET"), WORDS("SYNC"),
        WORDS("PSYNC", "?", "-1"),       WORDS("REPLCONF", "ACK", "0")};
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, pool_session_run(session, NULL, NULL, &err, refused[i]), &err);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
}

/* ---- blocking ---- */

static bool a_client_is_blocked(void *redis)
{
    return pool_info(redis, "clients", "blocked_clients") == 1;
}

static void *pop(void *session)
{
    podlink_reply *reply = NULL;
    podlink_error err;
    const podlink_call call = within(10000);
    if (pool_session_run(session, &call, &reply, &err, WORDS("BLPOP", "list", "0")) != PODLINK_OK)
        record_failure("BLPOP: %s", err.message);
    return reply;
}

static void a_blocking_pop_delays_no_other_call(void **state)
{
    struct world *world = *state;
    podlink_error err;
    void *popped = NULL;
    pthread_t thread;
    podlink_session *session = borrow(world->client);
    assert_int_equal(pthread_create(&thread, NULL, pop, session), 0);
    assert_true(eventually(a_client_is_blocked, world->redis, 5000));
    assert_status(PODLINK_OK, podlink_ping(world->client, NULL, NULL, &err), &err);
    assert_status(PODLINK_OK, pool_run(world->client, NULL, NULL, &err, WORDS("LPUSH", "list", "job")), &err);
    pthread_join(thread, &popped);
    assert_no_failure();
    assert_text(podlink_reply_at(popped, 1), "job");
    podlink_reply_free(popped);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
}

/* ---- subscriptions ---- */

static podlink_reply *receive(podlink_session *session)
{
    podlink_reply *reply;
    podlink_error err;
    const podlink_call call = within(5000);
    const podlink_status status = podlink_session_receive(session, &call, &reply, &err);
    assert_status(PODLINK_OK, status, &err);
    return reply;
}

static void expect_message(podlink_session *session, const char *const parts[])
{
    podlink_reply *reply = receive(session);
    for (size_t i = 0; parts[i]; i++)
        assert_text(podlink_reply_at(reply, i), parts[i]);
    podlink_reply_free(reply);
}

static void a_subscriber_gets_its_confirmations_and_every_message_in_order(void **state)
{
    struct world *world = *state;
    char text[16];
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("SUBSCRIBE", "news", "more"));
    expect_message(session, WORDS("subscribe", "news"));
    expect_message(session, WORDS("subscribe", "more"));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(api_ask(world->redis, "PUBLISH %s %d", i % 2 ? "news" : "more", i)->integer, 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%d", i);
        expect_message(session, WORDS("message", i % 2 ? "news" : "more", text));
    }
    podlink_session_release(session);
}

static void a_pattern_is_subscribed_and_unsubscribed(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("PSUBSCRIBE", "n*"));
    expect_message(session, WORDS("psubscribe", "n*"));
    api_ask(world->redis, "PUBLISH night 1");
    expect_message(session, WORDS("pmessage", "n*", "night", "1"));
    run_done(session, WORDS("PUNSUBSCRIBE", "n*"));
    expect_message(session, WORDS("punsubscribe", "n*"));
    podlink_session_release(session);
}

static void a_monitor_sees_other_clients_commands(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("MONITOR"));
    podlink_reply *reply = receive(session);
    assert_text(reply, "OK");
    podlink_reply_free(reply);
    api_ask(world->redis, "ECHO seen");
    reply = receive(session);
    assert_holds(podlink_reply_text(reply, NULL), "\"ECHO\" \"seen\"");
    podlink_reply_free(reply);
    podlink_session_release(session);
}

static void a_subscriber_without_messages_ends_at_its_deadline_and_can_continue(void **state)
{
    struct world *world = *state;
    podlink_reply *reply;
    podlink_error err;
    const podlink_call call = within(30);
    podlink_session *session = borrow(world->client);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_session_receive(session, &call, &reply, &err), &err);
    run_done(session, WORDS("SUBSCRIBE", "quiet"));
    expect_message(session, WORDS("subscribe", "quiet"));
    const int64_t began = api_now_ns();
    assert_int_equal(podlink_session_receive(session, &call, &reply, &err), PODLINK_ETIMEDOUT);
    assert_null(reply);
    assert_true(api_now_ns() - began >= 30 * MS);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, pool_session_run(session, NULL, NULL, &err, WORDS("PING")), &err);
    api_ask(world->redis, "PUBLISH quiet now");
    expect_message(session, WORDS("message", "quiet", "now"));
    podlink_session_release(session);
}

static void a_subscriber_gets_an_error_if_its_connection_is_lost(void **state)
{
    struct world *world = *state;
    podlink_reply *reply;
    podlink_error err;
    podlink_session *session = borrow(world->client);
    run_done(session, WORDS("SUBSCRIBE", "news"));
    expect_message(session, WORDS("subscribe", "news"));
    api_ask(world->redis, "CLIENT KILL TYPE pubsub");
    assert_status(PODLINK_ECONNLOST, podlink_session_receive(session, NULL, &reply, &err), &err);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
}

/* ---- connections that never return to the pool ---- */

/* Releases it, and checks that the next session gets another connection in a clean state. */
static void expect_renewed(struct world *world, podlink_session *session, int64_t id)
{
    const uint64_t dials = api_stats(world->client).dials;
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
    session = borrow(world->client);
    assert_int_equal(api_stats(world->client).dials, dials + 1);
    assert_int_not_equal(id_of(session), id);
    assert_text(run(session, WORDS("ECHO", "mine")), "mine");
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
    assert_int_equal(connections(world->redis), 2); /* one of them is shared */
}

static void a_connection_is_not_used_again_after(struct world *world, const char *const words[])
{
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    run_done(session, words);
    expect_renewed(world, session, id);
}

static void a_connection_with_an_open_multi_is_not_reused(void **state)
{
    a_connection_is_not_used_again_after(*state, WORDS("MULTI"));
}

static void a_connection_with_a_watch_is_not_reused(void **state)
{
    a_connection_is_not_used_again_after(*state, WORDS("WATCH", "key"));
}

static void a_connection_on_another_database_is_not_reused(void **state)
{
    a_connection_is_not_used_again_after(*state, WORDS("SELECT", "3"));
}

static void a_connection_under_another_name_is_not_reused(void **state)
{
    a_connection_is_not_used_again_after(*state, WORDS("CLIENT", "SETNAME", "another"));
}

static void a_connection_with_no_evict_is_not_reused(void **state)
{
    a_connection_is_not_used_again_after(*state, WORDS("CLIENT", "NO-EVICT", "on"));
}

static void a_connection_that_was_subscribed_is_not_reused(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    run_done(session, WORDS("SUBSCRIBE", "news"));
    expect_message(session, WORDS("subscribe", "news"));
    run_done(session, WORDS("UNSUBSCRIBE", "news"));
    expect_message(session, WORDS("unsubscribe", "news"));
    expect_renewed(world, session, id);
}

static void a_connection_after_unwatch_is_reused(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    run_done(session, WORDS("WATCH", "key"));
    run_done(session, WORDS("UNWATCH"));
    podlink_session_release(session);
    session = borrow(world->client);
    assert_int_equal(id_of(session), id);
    podlink_session_release(session);
}

static void a_connection_whose_call_timed_out_is_not_reused(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN,
                   pool_session_run(session, &call, NULL, &err, WORDS("BLPOP", "empty", "0")), &err);
    expect_renewed(world, session, id);
}

/* The answer has arrived meanwhile, but no caller has read it. */
static void a_connection_with_an_unread_answer_is_not_reused(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    assert_int_equal(pool_session_run(session, &call, NULL, &err, WORDS("BLPOP", "late", "0")), PODLINK_ETIMEDOUT);
    api_ask(world->redis, "LPUSH late answer");
    api_ask(world->redis, "PING");
    expect_renewed(world, session, id);
}

static void a_late_answer_is_not_given_to_the_next_call_of_the_session(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    podlink_session *session = borrow(world->client);
    assert_int_equal(pool_session_run(session, &call, NULL, &err, WORDS("BLPOP", "late", "0")), PODLINK_ETIMEDOUT);
    api_ask(world->redis, "LPUSH late answer");
    assert_text(run(session, WORDS("ECHO", "mine")), "mine");
    podlink_session_release(session);
}

static void expect_auth_refused(podlink_session *session)
{
    podlink_error err;
    const podlink_status status = pool_session_run(session, NULL, NULL, &err, WORDS("AUTH", "nobody", "wrong"));
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, "AUTH");
}

/* If it might stay unanswered it is not sent. */
static void auth_runs_alone_in_a_session(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    podlink_session *session = borrow(world->client);
    const podlink_status status = pool_session_run(session, NULL, NULL, &err, WORDS("AUTH", "nobody", "wrong"));
    assert_failure(PODLINK_EAUTH, PODLINK_ANSWERED, status, &err);
    run_done(session, WORDS("MULTI"));
    expect_auth_refused(session);
    run_done(session, WORDS("DISCARD"));
    assert_int_equal(pool_session_run(session, &call, NULL, &err, WORDS("BLPOP", "late", "0")), PODLINK_ETIMEDOUT);
    expect_auth_refused(session);
    api_ask(world->redis, "LPUSH late answer");
    assert_text(run(session, WORDS("ECHO", "mine")), "mine");
    podlink_session_release(session);
}

static void a_connection_that_the_server_has_closed_is_not_lent(void **state)
{
    struct world *world = *state;
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    podlink_session_release(session);
    assert_int_equal(api_ask(world->redis, "CLIENT KILL ID %lld", (long long)id)->integer, 1);
    session = borrow(world->client);
    assert_text(run(session, WORDS("PING")), "PONG");
    podlink_session_release(session);
    assert_true(api_stats(world->client).stale >= 1);
}

static void a_session_with_a_lost_connection_fails_and_repeats_nothing(void **state)
{
    struct world *world = *state;
    podlink_error err;
    podlink_session *session = borrow(world->client);
    assert_int_equal(api_ask(world->redis, "CLIENT KILL ID %lld", (long long)id_of(session))->integer, 1);
    podlink_status status = pool_session_run(session, NULL, NULL, &err, WORDS("INCR", "n"));
    assert_status(PODLINK_ECONNLOST, status, &err);
    assert_failure(PODLINK_ECONNLOST, PODLINK_NOT_SENT, pool_session_run(session, NULL, NULL, &err, WORDS("INCR", "n")),
                   &err);
    assert_int_equal(api_ask(world->redis, "EXISTS n")->integer, 0);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
}

/* ---- a command that ends a transaction, but was not sent ---- */

/* A clock that can be made to advance by a second at each reading: then the deadline of a call has passed when the call
 * next looks. */
struct hasty_clock {
    podlink_clock clock;
    _Atomic bool hurries;
    _Atomic int64_t ahead_ns;
};

static int64_t hasty_now(void *context)
{
    struct hasty_clock *clock = context;
    if (clock->hurries)
        clock->ahead_ns += 1000 * MS;
    return api_now_ns() + clock->ahead_ns;
}

static void an_end_that_was_not_sent_leaves_it_open(struct world *world, const char *const begin[],
                                                    const char *const end[])
{
    podlink_error err;
    podlink_client *client;
    struct hasty_clock clock = {.clock = {.now_ns = hasty_now, .context = &clock}};
    podlink_options options = world_options(world);
    options.clock = &clock.clock;
    options.no_janitor_thread = 1;
    assert_status(PODLINK_OK, podlink_client_open(&options, &client, &err), &err);
    podlink_session *session = borrow(client);
    run_done(session, begin);
    const podlink_call call = within(10);
    clock.hurries = true;
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, pool_session_run(session, &call, NULL, &err, end), &err);
    clock.hurries = false;
    podlink_session_release(session);
    assert_int_equal(api_stats(client).dedicated_idle, 0);
    podlink_client_free(client);
}

static void a_multi_whose_exec_was_not_sent_is_still_open(void **state)
{
    an_end_that_was_not_sent_leaves_it_open(*state, WORDS("MULTI"), WORDS("EXEC"));
}

static void a_multi_whose_discard_was_not_sent_is_still_open(void **state)
{
    an_end_that_was_not_sent_leaves_it_open(*state, WORDS("MULTI"), WORDS("DISCARD"));
}

static void a_watch_whose_unwatch_was_not_sent_is_still_active(void **state)
{
    an_end_that_was_not_sent_leaves_it_open(*state, WORDS("WATCH", "k"), WORDS("UNWATCH"));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_transaction_runs_all_its_commands_at_once),
        WITH_WORLD(an_error_of_one_command_is_its_element_in_the_reply_of_exec),
        WITH_WORLD(a_discarded_transaction_changes_nothing_and_its_connection_is_reused),
        WITH_WORLD(exec_answers_nil_if_a_watched_key_has_changed),
        WITH_WORLD(a_transaction_with_a_command_that_does_not_exist_is_aborted),
        WITH_WORLD(an_error_reply_is_a_status_and_the_connection_survives),
        WITH_WORLD(commands_that_would_mix_up_replies_are_refused),
        WITH_WORLD(a_blocking_pop_delays_no_other_call),
        WITH_WORLD(a_subscriber_gets_its_confirmations_and_every_message_in_order),
        WITH_WORLD(a_pattern_is_subscribed_and_unsubscribed),
        WITH_WORLD(a_monitor_sees_other_clients_commands),
        WITH_WORLD(a_subscriber_without_messages_ends_at_its_deadline_and_can_continue),
        WITH_WORLD(a_subscriber_gets_an_error_if_its_connection_is_lost),
        WITH_WORLD(a_connection_with_an_open_multi_is_not_reused),
        WITH_WORLD(a_connection_with_a_watch_is_not_reused),
        WITH_WORLD(a_connection_on_another_database_is_not_reused),
        WITH_WORLD(a_connection_under_another_name_is_not_reused),
        WITH_WORLD(a_connection_with_no_evict_is_not_reused),
        WITH_WORLD(a_connection_that_was_subscribed_is_not_reused),
        WITH_WORLD(a_connection_after_unwatch_is_reused),
        WITH_WORLD(a_connection_whose_call_timed_out_is_not_reused),
        WITH_WORLD(a_connection_with_an_unread_answer_is_not_reused),
        WITH_WORLD(a_late_answer_is_not_given_to_the_next_call_of_the_session),
        WITH_WORLD(auth_runs_alone_in_a_session),
        WITH_WORLD(a_connection_that_the_server_has_closed_is_not_lent),
        WITH_WORLD(a_session_with_a_lost_connection_fails_and_repeats_nothing),
        WITH_WORLD(a_multi_whose_exec_was_not_sent_is_still_open),
        WITH_WORLD(a_multi_whose_discard_was_not_sent_is_still_open),
        WITH_WORLD(a_watch_whose_unwatch_was_not_sent_is_still_active),
    };
    return RUN_TESTS("pool sessions", tests);
}
