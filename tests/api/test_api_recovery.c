/* SPDX-License-Identifier: MIT */
/* Faults of a real server and its connections between and during calls: killed, restarted, stopped, disconnected. The
 * client recovers by itself, and late replies are dropped. */
#include "api_fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECOND = 1000000000, LATE_MS = 50 };

static struct api_clock clock_ahead;

static const podlink_link the_link = {"test", "game", "user"};

static podlink_options options_for(const char *url)
{
    podlink_options options = api_options(url);
    api_clock_init(&clock_ahead);
    options.clock = &clock_ahead.clock;
    return options;
}

static int begin(void **state)
{
    if (start_tcp_server(state) != 0)
        return -1;
    const podlink_options options = options_for(api_tcp_url(server));
    client = api_open_with(&options);
    return 0;
}

static void restart_by_kill(void)
{
    kill(test_server_pid(server), SIGKILL);
    assert_int_equal(test_server_restart(server), 0);
    redisFree(redis);
    redis = api_redis(server);
}

static podlink_status set(int32_t pod, int32_t *previous)
{
    return podlink_link_set(client, &the_link, pod, PODLINK_FOREVER, previous, NULL, &err);
}

static podlink_status increment(const podlink_call *call)
{
    static const char *const argv[] = {"INCR", "counter"};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1};
    return podlink_command_run(client, &command, call, NULL, &err);
}

/* ---- killed and restarted ---- */

static void the_next_call_uses_a_restarted_server(void **state)
{
    (void)state;
    int32_t pod = 77;
    for (int i = 0; i < 3; i++) {
        assert_status(PODLINK_OK, set(3, NULL), &err);
        restart_by_kill();
        assert_status(PODLINK_NOT_LINKED, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    }
    const podlink_stats stats = api_stats(client);
    assert_in_range(stats.connections_lost, 3, 6); /* there may be two, after a retry */
    assert_int_equal(stats.calls_unknown, 0);
    assert_int_equal(stats.calls_not_sent, 0);
}

static void scripts_are_loaded_into_a_restarted_server(void **state)
{
    (void)state;
    int32_t in_force = 77;
    restart_by_kill();
    podlink_status status = podlink_link_set_if_absent(client, &the_link, 3, PODLINK_FOREVER, &in_force, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(in_force, 3);
}

static void an_unrepeatable_call_succeeds_after_an_idle_second(void **state)
{
    (void)state;
    for (int64_t i = 1; i <= 3; i++) {
        assert_status(PODLINK_OK, increment(NULL), &err);
        api_ask(redis, "CLIENT KILL TYPE normal");
        clock_ahead.ahead_ns += 2 * (int64_t)SECOND;
        assert_status(PODLINK_OK, increment(NULL), &err);
        assert_int_equal(api_ask(redis, "GET counter")->integer, 0);
    }
    assert_string_equal(api_ask(redis, "GET counter")->str, "6");
    const podlink_stats stats = api_stats(client);
    assert_in_range(stats.connections_lost, 3, 6);
    assert_int_equal(stats.calls_unknown + stats.calls_not_sent + stats.calls_server_error, 0);
}

static void a_call_sent_on_a_dying_connection_is_unknown_and_runs_at_most_once(void **state)
{
    (void)state;
    assert_status(PODLINK_OK, increment(NULL), &err);
    api_ask(redis, "CLIENT KILL TYPE normal");
    podlink_status status = increment(NULL);
    if (status == PODLINK_OK) { /* the end of the connection was seen before anything was sent */
        assert_string_equal(api_ask(redis, "GET counter")->str, "2");
    } else {
        assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN, status, &err);
        assert_string_equal(api_ask(redis, "GET counter")->str, "1");
    }
    assert_status(PODLINK_OK, increment(NULL), &err);
}

static void a_call_fails_without_a_server_and_the_next_one_succeeds(void **state)
{
    (void)state;
    int32_t pod;
    const pid_t pid = test_server_pid(server);
    assert_status(PODLINK_OK, set(3, NULL), &err);
    kill(pid, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    podlink_status status = podlink_link_get(client, &the_link, &pod, NULL, &err);
    assert_true(status == PODLINK_ECONNECT || status == PODLINK_ECONNLOST);
    assert_int_equal(err.status, status);
    restart_by_kill();
    const int64_t began = api_now_ns();
    while ((status = podlink_link_get(client, &the_link, &pod, NULL, &err)) < 0 && api_now_ns() - began < SECOND)
        poll(NULL, 0, 1);
    assert_status(PODLINK_NOT_LINKED, status, &err);
}

static void a_lost_peer_raises_no_signal(void **state)
{
    (void)state;
    struct sigaction action;
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL); /* so a signal would have ended this program */
    podlink_client_free(client);
    const podlink_options options = options_for(api_url(server));
    client = api_open_with(&options);
    for (int i = 0; i < 10; i++) { /* a unix socket reports it at once: nothing is sent, so the command is sent again */
        api_ask(redis, "CLIENT KILL TYPE normal");
        assert_status(PODLINK_OK, increment(NULL), &err);
    }
    assert_string_equal(api_ask(redis, "GET counter")->str, "10");
}

/* ---- stopped servers ---- */

static void a_call_to_a_stopped_server_ends_at_its_deadline_and_its_reply_is_dropped(void **state)
{
    (void)state;
    const podlink_call call = {.size = sizeof call, .timeout_ms = 100};
    int32_t previous = 77;
    assert_status(PODLINK_OK, set(3, NULL), &err);
    test_server_suspend(server);
    const struct api_watch watch = api_watch_start();
    podlink_status status = increment(&call);
    const int64_t late_ms = api_late_ms(&watch, call.timeout_ms);
    test_server_resume(server);
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, status, &err);
    assert_in_range(late_ms, 0, LATE_MS * api_slowness());
    assert_status(PODLINK_OK, set(4, &previous), &err);
    assert_int_equal(previous, 3); /* not the reply of INCR */
    assert_string_equal(api_ask(redis, "GET counter")->str, "1");
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.timeouts, 1);
    assert_int_equal(stats.calls_unknown, 1);
    assert_int_equal(stats.dials, 1); /* the same connection */
}

static void several_late_replies_are_dropped(void **state)
{
    (void)state;
    const podlink_call call = {.size = sizeof call, .timeout_ms = 20};
    podlink_client_free(client);
    podlink_options options = options_for(api_tcp_url(server));
    options.timeouts_max = 1000;
    options.silence_timeout_ms = -1;
    client = api_open_with(&options);
    assert_status(PODLINK_OK, set(3, NULL), &err);
    test_server_suspend(server);
    for (int i = 0; i < 10; i++) {
        int32_t pod = 77;
        podlink_status status = i % 2 ? increment(&call) : podlink_link_get(client, &the_link, &pod, &call, &err);
        assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, status, &err);
    }
    test_server_resume(server);
    int32_t previous = 77;
    assert_status(PODLINK_OK, set(4, &previous), &err);
    assert_int_equal(previous, 3);
    assert_string_equal(api_ask(redis, "GET counter")->str, "5");
    assert_int_equal(api_stats(client).dials, 1);
}

static void a_call_to_a_server_that_accepts_no_connection_is_not_sent(void **state)
{
    (void)state;
    const podlink_call call = {.size = sizeof call, .timeout_ms = 100};
    podlink_client_free(client);
    podlink_options options = options_for(api_tcp_url(server));
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    client = api_open_with(&options);
    test_server_suspend(server);
    const struct api_watch watch = api_watch_start();
    podlink_status status = increment(&call);
    const int64_t late_ms = api_late_ms(&watch, call.timeout_ms);
    test_server_resume(server);
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, status, &err);
    assert_in_range(late_ms, 0, LATE_MS * api_slowness());
    assert_status(PODLINK_OK, increment(NULL), &err);
    assert_string_equal(api_ask(redis, "GET counter")->str, "1");
}

/* A server in an endless script answers other clients with BUSY. */
static void a_call_waits_for_a_busy_server_until_its_deadline(void **state)
{
    (void)state;
    const podlink_call call = {.size = sizeof call, .timeout_ms = 200};
    api_ask(redis, "CONFIG SET lua-time-limit 1");
    redisAppendCommand(redis, "EVAL %s 0", "while true do end");
    int done = 0;
    while (!done)
        assert_int_equal(redisBufferWrite(redis, &done), REDIS_OK);
    redisContext *killer = api_redis(server);
    podlink_status status;
    const int64_t began = api_now_ns();
    do { /* the first calls may come before the server reports BUSY */
        status = increment(&call);
    } while (status == PODLINK_OK && api_now_ns() - began < SECOND);
    assert_true(status == PODLINK_EBUSY || status == PODLINK_ETIMEDOUT);
    assert_holds(api_ask(killer, "SCRIPT KILL")->str, "OK");
    assert_status(PODLINK_OK, increment(NULL), &err);
    redisFree(killer);
    if (status == PODLINK_EBUSY)
        assert_string_equal(podlink_status_name(status), "PODLINK_EBUSY");
}

/* ---- the program ---- */

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        own_test(the_next_call_uses_a_restarted_server),
        own_test(scripts_are_loaded_into_a_restarted_server),
        own_test(an_unrepeatable_call_succeeds_after_an_idle_second),
        own_test(a_call_sent_on_a_dying_connection_is_unknown_and_runs_at_most_once),
        own_test(a_call_fails_without_a_server_and_the_next_one_succeeds),
        own_test(a_lost_peer_raises_no_signal),
        own_test(a_call_to_a_stopped_server_ends_at_its_deadline_and_its_reply_is_dropped),
        own_test(several_late_replies_are_dropped),
        own_test(a_call_to_a_server_that_accepts_no_connection_is_not_sent),
        own_test(a_call_waits_for_a_busy_server_until_its_deadline),
    };
    return RUN_TESTS("api recovery", tests);
}
