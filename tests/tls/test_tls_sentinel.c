/* SPDX-License-Identifier: MIT */
/* Sentinels and their servers over TLS: both, or only one kind; each with its own login. */
#include "faulty_tls_server.h"
#include "real_sentinel.h"
#include "tls_deployment.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 200, SOON_MS = 20000, HEARD_MS = 2000, WORDS = 16 };

#define CANARY       "canary-0123456789"
#define LOGIN        "app:" CANARY "-app"
#define WATCH_SECRET CANARY "-watch"

static struct certificates *made;
static struct test_sentinel *sentinel; /* everything uses TLS, with one user for servers and one for sentinels */
static podlink_error err;

static const podlink_link the_link = {"test", "game", "user"};

static const char *ca(void)
{
    return certificates_path(made, "ca.pem");
}

static const char *other_ca(void)
{
    return certificates_path(made, "other-ca.pem");
}

static podlink_options options_of_all(void)
{
    podlink_options options = deployed_options(deployed_url(test_sentinel_url(sentinel), LOGIN), ca());
    options.sentinel_user = "watch";
    options.sentinel_password = WATCH_SECRET;
    return options;
}

static podlink_status set(podlink_client *client, int32_t pod)
{
    return podlink_link_set(client, &the_link, pod, PODLINK_FOREVER, NULL, NULL, &err);
}

static void assert_pod(podlink_client *client, int32_t expected)
{
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, expected);
}

/* ---- all by TLS ---- */

static uint16_t port_of(size_t i)
{
    return test_server_port(test_sentinel_server(sentinel, i));
}

static void assert_all_by_tls(void)
{
    const struct deployed_sight sight = deployed_sight(0);
    assert_true(sight.connections > 0);
    assert_int_equal(sight.by_tls, sight.connections);
}

static void links_and_batches_go_to_the_master_and_reads_to_replicas(void **state)
{
    (void)state;
    static char uids[ITEMS][16];
    static podlink_link_item items[ITEMS];
    podlink_options options = options_of_all();
    options.read_from = PODLINK_READ_REPLICA;
    podlink_client *client = api_open_with(&options);
    podlink_call call = PODLINK_CALL_INIT;
    call.acks = 2; /* so that replicas have the data that is read from them */
    for (int i = 0; i < ITEMS; i++) {
        snprintf(uids[i], sizeof uids[i], "user-%d", i);
        items[i] = (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = i, .persist_s = PODLINK_FOREVER};
    }
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, &call, &err), &err);
    for (int round = 0; round < 2; round++) /* each replica is used */
        assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(items[i].result, i);
    podlink_client_free(client);
    for (size_t i = 0; i < TEST_SENTINEL_NODES; i++)
        assert_true(deployed_sight(port_of(i)).connections > 0);
    assert_all_by_tls();
}

static void logins_are_separate_and_no_password_is_reported(void **state)
{
    (void)state;
    podlink_options options = options_of_all();
    options.sentinel_password = CANARY "-wrong";
    assert_holds(deployed_fails(&options, PODLINK_EAUTH, CANARY)->message, "no sentinel knows where master");
    options = options_of_all();
    options.sentinel_user = options.sentinel_password = NULL; /* sentinels do not get the servers' login */
    assert_holds(deployed_fails(&options, PODLINK_EAUTH, CANARY)->message, "no sentinel knows where master");
    options = options_of_all();
    options.url = deployed_url(test_sentinel_url(sentinel), "app:" CANARY "-wrong");
    assert_null(strstr(deployed_fails(&options, PODLINK_EAUTH, CANARY)->message, "no sentinel"));
    assert_all_by_tls();
}

static void sentinels_of_an_untrusted_ca_are_refused(void **state)
{
    (void)state;
    podlink_options options = options_of_all();
    options.tls_ca_file = other_ca();
    const podlink_error *fault = deployed_fails(&options, PODLINK_ETLS, CANARY);
    assert_holds(fault->message, "no sentinel knows where master \"" TEST_SENTINEL_MASTER "\" is");
    assert_holds(fault->message, "no trusted CA has signed the server's certificate");
    assert_int_equal(deployed_sight(0).connections, 0);
    char url[160]; /* with another sentinel that is down, the message would be less specific */
    snprintf(url, sizeof url, "sentinel+tls://127.0.0.1:%u,127.0.0.1:%u/mymaster", (unsigned)api_closed_port(),
             (unsigned)test_server_port(test_sentinel_sentinel(sentinel, 1)));
    options.url = url;
    assert_holds(deployed_fails(&options, PODLINK_ETLS, CANARY)->message, "no trusted CA");
}

/* Sentinels have no port of clear text here, so there is nothing else that they could answer. */
static void sentinels_with_tls_are_not_reached_in_clear_text(void **state)
{
    (void)state;
    podlink_options options = options_of_all();
    options.sentinel_tls = 0;
    podlink_client *client = api_open_with(&options);
    const podlink_call call = {.size = sizeof call, .timeout_ms = 300};
    assert_true(podlink_ping(client, NULL, &call, &err) < 0);
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_holds(err.message, "no sentinel knows where master");
    podlink_client_free(client);
}

static void nothing_is_sent_in_clear_text_to_a_server_without_tls(void **state)
{
    (void)state;
    struct faulty_tls_server *odd = faulty_tls_server_start(made, &(struct faulty_tls_plan){.fault = FAULTY_TLS_TEXT});
    assert_non_null(odd);
    char url[128];
    snprintf(url, sizeof url, "sentinel+tls://%s@127.0.0.1:%u/mymaster", LOGIN, (unsigned)faulty_tls_server_port(odd));
    podlink_options options = deployed_options(url, ca());
    options.sentinel_password = WATCH_SECRET;
    const podlink_error *fault = deployed_fails(&options, PODLINK_ETLS, CANARY);
    assert_holds(fault->message, "no sentinel knows where master");
    assert_holds(fault->message, "the server does not speak TLS on this port");
    assert_int_equal(faulty_tls_server_seen(odd).first_byte, 0x16); /* a handshake record */
    faulty_tls_server_stop(odd);
}

/* ---- another master ---- */

static void hear(void *context, const podlink_event *event)
{
    if (event->kind == PODLINK_EVENT_MASTER_CHANGED)
        atomic_fetch_add((atomic_int *)context, 1);
}

static bool has_heard(void *context)
{
    return atomic_load((atomic_int *)context) > 0;
}

/* No call runs meanwhile: the client learns of it from the sentinels, over TLS. */
static void a_failover_is_noticed_and_followed(void **state)
{
    (void)state;
    atomic_int heard = 0;
    podlink_options options = options_of_all();
    options.event = hear;
    options.event_context = &heard;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 3), &err);
    struct test_server *old = test_sentinel_master(sentinel);
    assert_true(test_sentinel_failover(sentinel));
    struct test_server *master = test_sentinel_new_master(sentinel, old, SOON_MS);
    assert_non_null(master);
    assert_true(ask_until(has_heard, &heard, HEARD_MS));
    assert_status(PODLINK_OK, set(client, 4), &err);
    assert_pod(client, 4);
    redisReply *reply = ask(master, "GET sf:{test:lk:user}game");
    assert_non_null(reply);
    assert_string_equal(reply->str, "4");
    freeReplyObject(reply);
    assert_int_equal(api_stats(client).master_changes, 1);
    podlink_client_free(client);
    assert_true(deployed_sight(test_server_port(master)).by_tls > 0);
    assert_all_by_tls();
}

/* ---- one kind of them ---- */

enum { TICKS = 3 };

/* The client subscribes to the sentinels of its URL. The ports that sentinels announce of each other are those for
 * traffic between servers, where TLS is used if and only if it is not used here. */
static void assert_that_only_reachable_sentinels_are_called(const podlink_options *options)
{
    podlink_options own = *options;
    own.no_janitor_thread = 1;
    podlink_client *client = api_open_with(&own);
    assert_status(PODLINK_OK, set(client, 3), &err);
    assert_pod(client, 3);
    for (int i = 0; i < TICKS; i++)
        podlink_client_tick(client);
    assert_int_equal(deployed_sight(0).failures, 0);
    podlink_client_free(client);
}

static void sentinels_can_use_tls_without_the_servers(void **state)
{
    (void)state;
    const struct test_server_tls tls = certificates_tls(made, "server");
    struct test_sentinel *mixed = test_sentinel_start(
        &(struct test_sentinel_plan){.tls = &tls, .has_clear_servers = true, .password = CANARY "-servers"});
    assert_non_null(mixed);
    podlink_options options = deployed_options(test_sentinel_url(mixed), ca());
    options.sentinel_tls = 1;
    options.password = CANARY "-servers";
    assert_that_only_reachable_sentinels_are_called(&options);
    const uint16_t master = test_server_port(test_sentinel_server(mixed, 0));
    assert_int_equal(deployed_sight(master).by_tls, 0);
    assert_true(deployed_sight(0).by_tls > 0);

    /* A client that wants TLS for both is not content with TLS for the sentinels. */
    char url[256];
    snprintf(url, sizeof url, "sentinel+tls%s", strstr(test_sentinel_url(mixed), "://"));
    options = deployed_options(url, ca());
    options.password = CANARY "-servers";
    options.dial_timeout_ms = 300;
    options.retries = 0;
    podlink_client *client = api_open_with(&options);
    const podlink_status status = podlink_ping(client, NULL, NULL, &err);
    podlink_client_free(client);
    assert_true(status == PODLINK_ETLS ||
                status == PODLINK_ETIMEDOUT); /* whether its hello contains a line end or not */
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_holds(err.message, "speak TLS on this port");
    assert_null(strstr(err.message, "no sentinel"));
    assert_int_equal(deployed_sight(master).connections, 0);
    test_sentinel_stop(mixed);
}

/* The certificate of the servers is for a name, but sentinels announce addresses. */
static void servers_can_use_tls_without_the_sentinels_and_share_one_name(void **state)
{
    (void)state;
    const struct test_server_tls tls = certificates_tls(made, "named");
    struct test_sentinel *mixed =
        test_sentinel_start(&(struct test_sentinel_plan){.tls = &tls, .has_clear_sentinels = true});
    assert_non_null(mixed);
    podlink_options options = deployed_options(test_sentinel_url(mixed), ca());
    options.sentinel_tls = 0;
    const podlink_error *fault = deployed_fails(&options, PODLINK_ETLS, CANARY);
    assert_holds(fault->message, "the server's certificate is not for 127.0.0.1");
    options = deployed_options(test_sentinel_url(mixed), ca());
    options.sentinel_tls = 0;
    options.tls_server_name = "redis.example";
    assert_that_only_reachable_sentinels_are_called(&options);
    const struct deployed_sight master = deployed_sight(test_server_port(test_sentinel_server(mixed, 0)));
    assert_true(master.connections > 0);
    assert_int_equal(master.by_tls, master.connections);
    assert_true(deployed_sight(0).by_tls < deployed_sight(0).connections);
    test_sentinel_stop(mixed);
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make(made, &(struct certificate){.name = "other-ca", .from_days = -1, .to_days = 365});
    certificate_make_good(made, "server", "IP:127.0.0.1");
    certificate_make_good(made, "named", "DNS:redis.example");
    const struct test_server_tls tls = certificates_tls(made, "server");
    const char *const users[] = {"--user", "app", "on", (">" CANARY "-app"), "~*", "&*", "+@all", NULL};
    sentinel = test_sentinel_start(&(struct test_sentinel_plan){
        .tls = &tls,
        .password = CANARY "-default",
        .args = users,
        .sentinel_password = CANARY "-sentinels",
        .sentinel_lines = "user watch on >" WATCH_SECRET " ~* &* +@all\n",
    });
    return sentinel ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_sentinel_stop(sentinel);
    certificates_free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_and_batches_go_to_the_master_and_reads_to_replicas),
        cmocka_unit_test(logins_are_separate_and_no_password_is_reported),
        cmocka_unit_test(sentinels_of_an_untrusted_ca_are_refused),
        cmocka_unit_test(sentinels_with_tls_are_not_reached_in_clear_text),
        cmocka_unit_test(nothing_is_sent_in_clear_text_to_a_server_without_tls),
        cmocka_unit_test(a_failover_is_noticed_and_followed),
        cmocka_unit_test(sentinels_can_use_tls_without_the_servers),
        cmocka_unit_test(servers_can_use_tls_without_the_sentinels_and_share_one_name),
    };
    return RUN_TESTS_BETWEEN("tls sentinel", tests, start, stop);
}
