/* SPDX-License-Identifier: MIT */
/* Answers of nodes that do not agree: a node is missing in one, reappears, or no node knows its address. Faulty servers
 * give them, because a real cluster cannot be made to do so. */
#include "ask.h"
#include "faulty_server.h"
#include "proxy.h"

#include "api.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LATE_MS = 1500,
    SOON_MS = 8000,
    MS = 1000000,
    TRUTHS_MAX = 8,
    LINGERS_MS = 1000,
    BETWEEN_MS = 150 /* the client does not ask the cluster more often */
};

static struct faulty_server *one, *two;
static struct proxy *to_two;
static podlink_client *client;
static podlink_error err;

/* Events of the client; the details are of the latest master that was replaced. */
static atomic_int events, changes;
static char replaced[128];
static int64_t window_ns, until_ns;

/* The replies of the first node, written when its port is known. */
static char both[256], alone[256], as_master[256], to_itself[64], to_replica[64];
static const char nowhere[] = "-MOVED 5061 ?:7000\r\n";
static const char nothing[] = "$-1\r\n";

static unsigned port_of(const char *url)
{
    return (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

static void note_event(void *context, const podlink_event *event)
{
    (void)context;
    atomic_fetch_add(&events, 1);
    if (event->kind != PODLINK_EVENT_MASTER_CHANGED)
        return;
    atomic_fetch_add(&changes, 1);
    snprintf(replaced, sizeof replaced, "%s > %s", event->old_server, event->new_server);
    window_ns = event->loss_until_ns - event->loss_from_ns;
    until_ns = event->loss_until_ns;
}

static void start(const char *const *replies)
{
    static const struct fault_plan honest = {.stage = FAULT_NEVER};
    static const char *const counts[] = {":7\r\n", NULL};
    char url[64];
    two = faulty_server_start(FAKE_TCP, &honest, 1, counts);
    one = faulty_server_start(FAKE_TCP, &honest, 1, replies);
    assert_non_null(one);
    assert_non_null(two);
    to_two = proxy_start_to_port((uint16_t)port_of(faulty_server_url(two)));
    assert_non_null(to_two);
    const unsigned port = port_of(faulty_server_url(one));
    snprintf(alone, sizeof alone, "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n", port);
    snprintf(both, sizeof both,
             "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n"
             "*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n",
             port, port_of(proxy_url(to_two)));
    snprintf(as_master, sizeof as_master,
             "*1\r\n*4\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n", port,
             port_of(proxy_url(to_two)));
    snprintf(to_replica, sizeof to_replica, "-MOVED 5061 127.0.0.1:%u\r\n", port_of(proxy_url(to_two)));
    snprintf(to_itself, sizeof to_itself, "-MOVED 5061 127.0.0.1:%u\r\n", port);
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u", port);
    podlink_options options = api_options(url);
    options.event = note_event;
    events = changes = 0;
    client = api_open_with(&options);
    ask_wait_ms(BETWEEN_MS);
}

static int end(void **state)
{
    (void)state;
    podlink_client_free(client);
    proxy_stop(to_two);
    faulty_server_stop(one);
    faulty_server_stop(two);
    client = NULL;
    to_two = NULL;
    one = two = NULL;
    return 0;
}

/* ---- calls ---- */

static podlink_status run(const char *verb, const char *key, int64_t timeout_ms, podlink_error *fault)
{
    const char *const argv[] = {verb, key};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1};
    podlink_call call = PODLINK_CALL_INIT;
    podlink_reply *reply = NULL;
    call.timeout_ms = timeout_ms;
    call.flags = PODLINK_NO_REPEAT;
    const podlink_status status = podlink_command_run(client, &command, &call, &reply, fault);
    podlink_reply_free(reply);
    return status;
}

/* Key bar is in slot 5061, on the first node. */
static podlink_status ask_one(int64_t timeout_ms)
{
    return run("GET", "bar", timeout_ms, &err);
}

struct counting {
    podlink_status status;
    podlink_error err;
};

/* Key foo is in slot 12182, on the second node. */
static void *count_on_two(void *context)
{
    struct counting *counting = context;
    counting->status = run("INCR", "foo", SOON_MS, &counting->err);
    return NULL;
}

static bool has_asked_two(void *context)
{
    (void)context;
    return faulty_server_commands(two) > 0;
}

static bool has_left_two(void *context)
{
    (void)context;
    return proxy_open(to_two) == 0;
}

/* ---- a node is missing in an answer ---- */

static void a_node_missing_in_an_answer_completes_its_in_flight_calls(void **state)
{
    (void)state;
    static const char *const replies[] = {both, to_itself, alone, nothing, NULL};
    struct counting counting;
    pthread_t thread;
    start(replies);
    proxy_set(to_two, PROXY_TO_CLIENT, &(struct proxy_fault){.delay_ms = LATE_MS});
    assert_int_equal(pthread_create(&thread, NULL, count_on_two, &counting), 0);
    assert_true(ask_until(has_asked_two, NULL, SOON_MS));
    const podlink_status status = ask_one(SOON_MS);
    const uint64_t nodes = api_stats(client).nodes;
    pthread_join(thread, NULL);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(nodes, 1);
    assert_status(PODLINK_OK, counting.status, &counting.err);
    assert_true(ask_until(has_left_two, NULL, SOON_MS));
    assert_int_equal(api_stats(client).calls_unknown, 0);
}

static void a_node_that_reappears_has_kept_its_connections(void **state)
{
    (void)state;
    static const char *const replies[] = {both, to_itself, alone, nothing, to_itself, both, nothing, NULL};
    start(replies);
    assert_status(PODLINK_OK, run("INCR", "foo", SOON_MS, &err), &err);
    const uint64_t accepted = proxy_accepted(to_two);
    assert_status(PODLINK_OK, ask_one(SOON_MS), &err);
    assert_int_equal(api_stats(client).nodes, 1);
    ask_wait_ms(BETWEEN_MS);
    assert_status(PODLINK_OK, ask_one(SOON_MS), &err);
    assert_int_equal(api_stats(client).nodes, 2);
    ask_wait_ms(LINGERS_MS + 2 * BETWEEN_MS);
    assert_status(PODLINK_OK, run("INCR", "foo", SOON_MS, &err), &err);
    assert_int_equal(proxy_accepted(to_two), accepted);
}

/* ---- a replica takes its master's place ---- */

static void a_promotion_is_reported_once_despite_a_later_stale_answer(void **state)
{
    (void)state;
    enum { REACH_MS = 15000 * 3 / 2 + 500 };
    static const char *const replies[] = {as_master, nothing, to_replica, as_master, to_replica, as_master, NULL};
    char expected[128];
    start(replies);
    assert_int_equal(events, 1); /* the first one: the cluster was found */
    assert_status(PODLINK_OK, run("INCR", "bar", SOON_MS, &err), &err);
    const int64_t acknowledged_ns = api_now_ns();
    assert_status(PODLINK_OK, ask_one(SOON_MS), &err); /* which is redirected */
    assert_int_equal(changes, 1);
    snprintf(expected, sizeof expected, "127.0.0.1:%u > 127.0.0.1:%u", port_of(faulty_server_url(one)),
             port_of(proxy_url(to_two)));
    assert_string_equal(replaced, expected);
    assert_int_equal(window_ns, (int64_t)REACH_MS * MS);
    assert_in_range(acknowledged_ns - until_ns, 0, (int64_t)BETWEEN_MS * MS * api_slowness());
    ask_wait_ms(BETWEEN_MS);
    assert_status(PODLINK_OK, ask_one(SOON_MS), &err); /* the map was the old one again */
    assert_int_equal(changes, 1);
    assert_true(events > 2);
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.redirects_moved, 2);
    assert_int_equal(stats.master_changes, 1);
    assert_int_equal(stats.loss_window_ns, (int64_t)REACH_MS * MS);
}

/* ---- no node knows the address ---- */

static void a_redirect_without_an_address_causes_a_refresh(void **state)
{
    (void)state;
    static const char *const replies[] = {alone, nowhere, alone, nowhere, nothing, NULL};
    start(replies);
    assert_status(PODLINK_OK, ask_one(SOON_MS), &err);
}

static void redirects_without_an_address_end_at_the_deadline(void **state)
{
    (void)state;
    enum { LIMIT_MS = 300, TRIES = 5 };
    static const char *const replies[] = {alone, nowhere, NULL};
    podlink_status status = PODLINK_ETIMEDOUT; /* if the deadline comes during the last attempt */
    start(replies);
    for (int i = 0; i < TRIES && status == PODLINK_ETIMEDOUT; i++) {
        const int64_t began = api_now_ns();
        status = ask_one(LIMIT_MS);
        const int64_t ms = (api_now_ns() - began) / MS;
        assert_in_range(ms, LIMIT_MS / 2, LIMIT_MS + 50 * api_slowness());
    }
    assert_failure(PODLINK_EREDIRECT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.server, "?:7000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_node_missing_in_an_answer_completes_its_in_flight_calls, end),
        cmocka_unit_test_teardown(a_node_that_reappears_has_kept_its_connections, end),
        cmocka_unit_test_teardown(a_promotion_is_reported_once_despite_a_later_stale_answer, end),
        cmocka_unit_test_teardown(a_redirect_without_an_address_causes_a_refresh, end),
        cmocka_unit_test_teardown(redirects_without_an_address_end_at_the_deadline, end),
    };
    return RUN_TESTS("cluster inconsistent views", tests);
}
