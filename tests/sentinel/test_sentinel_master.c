/* SPDX-License-Identifier: MIT */
/* Finding the master by sentinels, some of which are dead or wrong, and following it when it changes. */
#include "api.h"
#include "real_sentinel.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000000, SOON_MS = 20000, LATE_MS = 50, READS = 100 };

static struct test_sentinel *sentinel;
static podlink_error err;

static const podlink_link the_link = {"test", "game", "user"};

static unsigned port_of(size_t i)
{
    return test_server_port(test_sentinel_sentinel(sentinel, i));
}

static podlink_status set(podlink_client *client, int32_t pod)
{
    return podlink_link_set(client, &the_link, pod, PODLINK_FOREVER, NULL, NULL, &err);
}

/* A failing open: its status, how long it took, and its message as a comment. */
static podlink_status open_fails(const podlink_options *options, int64_t *took_ms)
{
    podlink_client *client = (podlink_client *)&client;
    const int64_t began = api_now_ns();
    podlink_status status = podlink_client_open(options, &client, &err);
    *took_ms = (api_now_ns() - began) / MS;
    print_message("# %s after %d ms: %s\n", podlink_status_name(status), (int)*took_ms, err.message);
    assert_true(status < 0);
    assert_int_equal(err.status, status);
    assert_null(client);
    return status;
}

/* ---- finding the master ---- */

static void the_master_is_found_by_any_running_sentinel(void **state)
{
    (void)state;
    char url[160];
    snprintf(url, sizeof url, "sentinel://127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u/mymaster", (unsigned)api_closed_port(),
             port_of(1), port_of(2));
    podlink_client *client = api_open(url);
    assert_status(PODLINK_OK, set(client, 3), &err);
    assert_true(ask_ok(test_sentinel_master(sentinel), "GET sf:{test:lk:user}game"));
    podlink_client_free(client);
}

static void a_sentinel_that_does_not_answer_costs_a_bounded_time(void **state)
{
    (void)state;
    test_server_suspend(test_sentinel_sentinel(sentinel, 0));
    podlink_options options = api_options(test_sentinel_url(sentinel));
    options.dial_timeout_ms = 2000;
    const struct api_watch watch = api_watch_start();
    podlink_client *client = api_open_with(&options);
    const int64_t late_ms = api_late_ms(&watch, options.dial_timeout_ms);
    test_server_resume(test_sentinel_sentinel(sentinel, 0));
    print_message("# opened after %d ms\n", (int)(options.dial_timeout_ms + late_ms));
    assert_true(late_ms <= LATE_MS * api_slowness());
    assert_status(PODLINK_OK, set(client, 3), &err);
    podlink_client_free(client);
}

static void an_unknown_master_is_named(void **state)
{
    (void)state;
    char url[160];
    int64_t took_ms;
    snprintf(url, sizeof url, "sentinel://127.0.0.1:%u/nobody", port_of(0));
    const podlink_options options = api_options(url);
    open_fails(&options, &took_ms);
    assert_holds(err.message, "nobody");
    assert_true(took_ms <= 5000);
}

static void unreachable_sentinels_are_reported(void **state)
{
    (void)state;
    char url[160];
    int64_t took_ms;
    snprintf(url, sizeof url, "sentinel://127.0.0.1:%u,127.0.0.1:%u/mymaster", (unsigned)api_closed_port(),
             (unsigned)api_closed_port());
    const podlink_options options = api_options(url);
    assert_int_equal(open_fails(&options, &took_ms), PODLINK_ECONNECT);
    assert_true(took_ms <= 5000 + LATE_MS);
}

static void a_plain_server_in_place_of_a_sentinel_is_reported(void **state)
{
    (void)state;
    char url[160];
    int64_t took_ms;
    snprintf(url, sizeof url, "sentinel://127.0.0.1:%u/mymaster",
             (unsigned)test_server_port(test_sentinel_server(sentinel, 1)));
    const podlink_options options = api_options(url);
    open_fails(&options, &took_ms);
    assert_holds(err.server, "unknown command");
    assert_true(took_ms <= 5000 + LATE_MS);
}

/* ---- another master ---- */

struct heard {
    atomic_int masters;
};

static void hear(void *context, const podlink_event *event)
{
    struct heard *heard = context;
    if (event->kind == PODLINK_EVENT_MASTER_CHANGED)
        atomic_fetch_add(&heard->masters, 1);
}

static bool has_heard(void *context)
{
    return atomic_load(&((struct heard *)context)->masters) > 0;
}

/* The master changes while no call runs: the client learns of it nevertheless. */
static void an_idle_client_learns_of_a_new_master(void **state)
{
    (void)state;
    struct heard heard = {0};
    podlink_options options = api_options(test_sentinel_url(sentinel));
    options.event = hear;
    options.event_context = &heard;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 3), &err);
    struct test_server *old = test_sentinel_master(sentinel);
    assert_true(test_sentinel_failover(sentinel));
    assert_non_null(test_sentinel_new_master(sentinel, old, SOON_MS));
    assert_true(ask_until(has_heard, &heard, 2000));
    assert_status(PODLINK_OK, set(client, 4), &err);
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 4);
    redisReply *reply = ask(test_sentinel_master(sentinel), "GET sf:{test:lk:user}game");
    assert_non_null(reply);
    assert_string_equal(reply->str, "4");
    freeReplyObject(reply);
    assert_int_equal(api_stats(client).master_changes, 1);
    podlink_client_free(client);
    assert_true(test_sentinel_demote(sentinel, old));
    assert_true(test_sentinel_wait_stable(sentinel));
}

/* By hand, so that no sentinel reports it before the client meets it. */
static void a_call_to_a_demoted_master_succeeds_on_the_new_one(void **state)
{
    (void)state;
    podlink_client *client = api_open(test_sentinel_url(sentinel));
    assert_status(PODLINK_OK, set(client, 3), &err);
    struct test_server *old = test_sentinel_master(sentinel);
    assert_true(test_sentinel_failover(sentinel));
    assert_non_null(test_sentinel_new_master(sentinel, old, SOON_MS));
    assert_true(test_sentinel_demote(sentinel, old));
    for (int i = 0; i < 20; i++)
        assert_status(PODLINK_OK, set(client, i), &err);
    podlink_client_free(client);
    assert_true(test_sentinel_wait_stable(sentinel));
}

/* ---- replicas ---- */

static int64_t calls_of_replicas(const char *command)
{
    int64_t calls = 0;
    struct test_server *master = test_sentinel_master(sentinel);
    for (size_t i = 0; i < TEST_SENTINEL_NODES; i++) {
        struct test_server *server = test_sentinel_server(sentinel, i);
        if (server != master && test_server_pid(server) != 0)
            calls += ask_calls(server, command, NULL);
    }
    return calls;
}

static void read_all(podlink_client *client)
{
    for (int i = 0; i < READS; i++) {
        int32_t pod = 77;
        assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
        assert_int_equal(pod, 5);
    }
}

static void reads_can_go_to_replicas_and_survive_a_dead_one(void **state)
{
    (void)state;
    podlink_options options = api_options(test_sentinel_url(sentinel));
    options.read_from = PODLINK_READ_REPLICA;
    podlink_client *client = api_open_with(&options);
    podlink_call call = PODLINK_CALL_INIT;
    uint32_t acked = 0;
    call.acks = 2;
    call.acked = &acked;
    podlink_status status = podlink_link_set(client, &the_link, 5, PODLINK_FOREVER, NULL, &call, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(acked, 2);
    struct test_server *master = test_sentinel_master(sentinel);
    const int64_t before = calls_of_replicas("get"), master_before = ask_calls(master, "get", NULL);
    const int64_t scripts = calls_of_replicas("evalsha");
    read_all(client);
    assert_int_equal(calls_of_replicas("get") - before, READS);
    assert_int_equal(ask_calls(master, "get", NULL) - master_before, 0);
    for (int i = 0; i < 10; i++)
        assert_status(PODLINK_OK, set(client, 5), &err);
    assert_int_equal(calls_of_replicas("evalsha") - scripts, 0);
    struct test_server *dead = test_sentinel_server(sentinel, master == test_sentinel_server(sentinel, 1) ? 2 : 1);
    test_server_kill(dead);
    read_all(client);
    podlink_client_free(client);
    assert_true(test_sentinel_revive(sentinel, dead));
    assert_true(test_sentinel_wait_stable(sentinel));
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    sentinel = test_sentinel_start(NULL);
    return sentinel ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_sentinel_stop(sentinel);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_master_is_found_by_any_running_sentinel),
        cmocka_unit_test(a_sentinel_that_does_not_answer_costs_a_bounded_time),
        cmocka_unit_test(an_unknown_master_is_named),
        cmocka_unit_test(unreachable_sentinels_are_reported),
        cmocka_unit_test(a_plain_server_in_place_of_a_sentinel_is_reported),
        cmocka_unit_test(an_idle_client_learns_of_a_new_master),
        cmocka_unit_test(a_call_to_a_demoted_master_succeeds_on_the_new_one),
        cmocka_unit_test(reads_can_go_to_replicas_and_survive_a_dead_one),
    };
    return RUN_TESTS_BETWEEN("sentinel master", tests, start, stop);
}
