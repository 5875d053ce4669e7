/* SPDX-License-Identifier: MIT */
/* Nodes that are stopped, dead or replicas; nodes that announce a name, an IPv6 address or nothing; and nodes that
 * redirect to each other in a loop. */
#include "cluster_links.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MASTERS = 3, SILENCE_MS = 700, LATE_MS = 50, MS = 1000000, ITEMS = 300, READS = 200 };

static struct test_cluster *cluster;
static podlink_error err;

static podlink_call within(int64_t ms)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.timeout_ms = ms;
    return call;
}

/* A link on each master. */
static void fill(char uids[MASTERS][CLUSTER_UID_SIZE], podlink_link links[MASTERS])
{
    unsigned next = 0;
    for (size_t i = 0; i < MASTERS; i++)
        links[i] = cluster_link_on(cluster, i, &next, uids[i]);
}

static void assert_all_serve(podlink_client *client)
{
    char uids[MASTERS][CLUSTER_UID_SIZE];
    podlink_link links[MASTERS];
    fill(uids, links);
    for (size_t i = 0; i < MASTERS; i++) {
        int32_t pod = 77;
        podlink_status status = podlink_link_set(client, &links[i], (int32_t)i, PODLINK_FOREVER, NULL, NULL, &err);
        assert_status(PODLINK_OK, status, &err);
        assert_status(PODLINK_OK, podlink_link_get(client, &links[i], &pod, NULL, &err), &err);
        assert_int_equal(pod, i);
    }
}

/* ---- announced hosts ---- */

static void set_on_all(const char *name, const char *value)
{
    for (size_t i = 0; i < test_cluster_count(cluster); i++)
        assert_true(ask_ok(test_cluster_node(cluster, i), "CONFIG SET %s %s", name, value));
}

static bool announces(void)
{
    redisReply *reply = ask(test_cluster_node(cluster, 0), "CONFIG GET cluster-preferred-endpoint-type");
    const bool does = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
    freeReplyObject(reply);
    if (!does)
        print_message("# skipped: a server before 7.0 announces addresses only\n");
    return does;
}

/* Opens a client, and makes it meet a MOVED in that form as well. */
static void assert_all_serve_after_a_move(void)
{
    podlink_client *client = api_open(test_cluster_url(cluster));
    assert_all_serve(client);
    for (unsigned slot = 0; slot < 16384; slot += 128)
        assert_true(test_cluster_move(cluster, slot, (test_cluster_owner_index(cluster, slot) + 1) % MASTERS));
    static podlink_link_item items[2000];
    static char uids[2000][CLUSTER_UID_SIZE];
    for (size_t i = 0; i < 2000; i++) {
        snprintf(uids[i], sizeof uids[i], "moved-%zu", i);
        items[i] = (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = 1, .persist_s = 60};
    }
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, 2000, NULL, &err), &err);
    assert_true(api_stats(client).redirects_moved > 0);
    assert_int_equal(api_stats(client).nodes, MASTERS);
    podlink_client_free(client);
}

static void a_node_without_an_announced_host_has_the_address_of_the_question(void **state)
{
    (void)state;
    if (!announces())
        return;
    set_on_all("cluster-preferred-endpoint-type", "unknown-endpoint");
    assert_all_serve_after_a_move();
    set_on_all("cluster-preferred-endpoint-type", "ip");
}

/* Whether a node's answers have the names of all nodes. */
static bool returns_names(const struct test_server *asked)
{
    redisReply *reply = ask(asked, "CLUSTER SLOTS");
    size_t named = 0;
    for (size_t i = 0; reply && i < reply->elements; i++) {
        const redisReply *node = reply->element[i]->element[2];
        named += node->element[0]->str && strcmp(node->element[0]->str, "localhost") == 0;
    }
    const bool all = reply && named == reply->elements;
    freeReplyObject(reply);
    return all;
}

static bool all_return_names(void *context)
{
    (void)context;
    bool all = true;
    for (size_t i = 0; i < test_cluster_count(cluster); i++)
        all = all && returns_names(test_cluster_node(cluster, i));
    return all;
}

static bool returns_no_name_of_one(const struct test_server *asked)
{
    size_t unnamed = 0;
    redisReply *reply = ask(asked, "CLUSTER SLOTS");
    for (size_t i = 0; reply && i < reply->elements; i++) {
        const redisReply *host = reply->element[i]->element[2]->element[0];
        unnamed += host->str && strcmp(host->str, "?") == 0;
    }
    freeReplyObject(reply);
    return unnamed > 0;
}

static bool nobody_knows_the_name(void *context)
{
    (void)context;
    bool all = true;
    for (size_t i = 0; i < test_cluster_count(cluster); i++)
        all = all && returns_no_name_of_one(test_cluster_node(cluster, i));
    return all;
}

/* Gives a node a name after a while. */
struct timed_naming {
    struct test_server *server;
    int after_ms;
    pthread_t thread;
    bool is_done;
};

static void *name_it(void *context)
{
    struct timed_naming *naming = context;
    ask_wait_ms(naming->after_ms);
    naming->is_done = ask_ok(naming->server, "CONFIG SET cluster-announce-hostname localhost");
    return NULL;
}

static void a_node_can_announce_a_host_name(void **state)
{
    (void)state;
    if (!announces())
        return;
    set_on_all("cluster-announce-hostname", "localhost");
    set_on_all("cluster-preferred-endpoint-type", "hostname");
    assert_true(ask_until(all_return_names, NULL, 10000));
    assert_all_serve_after_a_move();
    set_on_all("cluster-preferred-endpoint-type", "ip");
}

/* For a node without a name the others answer "?": until it has one, no client can know its address. */
static void a_node_with_an_unresolvable_name_is_retried(void **state)
{
    (void)state;
    enum { UNNAMED = 2, NAMED_MS = 400, LIMIT_MS = 300 };
    char uids[MASTERS][CLUSTER_UID_SIZE];
    podlink_link links[MASTERS];
    struct timed_naming naming = {.server = test_cluster_node(cluster, UNNAMED), .after_ms = NAMED_MS};
    int32_t pod;
    if (!announces())
        return;
    fill(uids, links);
    set_on_all("cluster-announce-hostname", "localhost");
    assert_true(ask_ok(naming.server, "CONFIG SET cluster-announce-hostname %s", ""));
    set_on_all("cluster-preferred-endpoint-type", "hostname");
    assert_true(ask_until(nobody_knows_the_name, NULL, 10000));
    podlink_client *client = api_open(test_cluster_url(cluster));
    const podlink_call brief = within(LIMIT_MS), patient = within(10000);
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_get(client, &links[UNNAMED], &pod, &brief, &err);
    const int64_t late_ms = api_late_ms(&watch, LIMIT_MS);
    print_message("# before it has a name: %s, %d ms late: %s\n", podlink_status_name(status), (int)late_ms,
                  err.message);
    assert_failure(PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, status, &err);
    assert_true(late_ms >= -LIMIT_MS / 2 && late_ms <= LATE_MS * api_slowness());
    assert_int_equal(pthread_create(&naming.thread, NULL, name_it, &naming), 0);
    status = podlink_link_get(client, &links[UNNAMED], &pod, &patient, &err);
    pthread_join(naming.thread, NULL);
    assert_true(naming.is_done);
    assert_status(PODLINK_OK, status, &err);
    podlink_client_free(client);
    set_on_all("cluster-preferred-endpoint-type", "ip");
}

static void a_node_can_announce_an_ipv6_address(void **state)
{
    (void)state;
    struct test_cluster *shared = cluster;
    cluster = test_cluster_start(&(struct test_cluster_plan){.hosts = {"127.0.0.1", "::1", "::1"}});
    assert_non_null(cluster);
    assert_all_serve_after_a_move();
    test_cluster_stop(cluster);
    cluster = shared;
}

/* ---- a redirect loop ---- */

/* Two nodes of which each considers the other one the master of all slots. */
static struct test_server *start_confused(uint16_t port, uint16_t other, char own_digit, char other_digit)
{
    char own_id[41], other_id[41], nodes[512];
    memset(own_id, own_digit, 40);
    memset(other_id, other_digit, 40);
    own_id[40] = other_id[40] = '\0';
    snprintf(nodes, sizeof nodes,
             "%s 127.0.0.1:%u@%u myself,master - 0 0 1 connected\n"
             "%s 127.0.0.1:%u@%u master - 0 0 2 connected 0-16383\nvars currentEpoch 2 lastVoteEpoch 0\n",
             own_id, (unsigned)port, (unsigned)port + 10000U, other_id, (unsigned)other, (unsigned)other + 10000U);
    const char *const args[] = {"--cluster-enabled", "yes", NULL};
    return test_server_start_as(&(struct test_server_plan){.port = port, .nodes = nodes, .args = args});
}

static bool sends_elsewhere(void *context)
{
    redisReply *reply = ask(context, "GET key");
    const bool moved = reply && reply->str && strncmp(reply->str, "MOVED", 5) == 0;
    freeReplyObject(reply);
    return moved;
}

static void *wake_soon(void *server)
{
    ask_wait_ms(SILENCE_MS);
    test_server_resume(server);
    return NULL;
}

/* Asking it times out before its pause ends, so that others could be asked; the call has more time. */
static void the_first_call_survives_a_pause_of_the_only_seed_node(void **state)
{
    (void)state;
    struct test_server *node = test_cluster_node(cluster, 0);
    char url[64];
    unsigned next = 0;
    char uid[CLUSTER_UID_SIZE];
    pthread_t waker;
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u", (unsigned)test_server_port(node));
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    podlink_client *client = api_open_with(&options);
    const podlink_link link = cluster_link_on(cluster, 0, &next, uid);
    const podlink_call call = within(5000);
    test_server_suspend(node);
    assert_int_equal(pthread_create(&waker, NULL, wake_soon, node), 0);
    const podlink_status status = podlink_link_set(client, &link, 1, PODLINK_FOREVER, NULL, &call, &err);
    pthread_join(waker, NULL);
    assert_status(PODLINK_OK, status, &err);
    podlink_client_free(client);
}

static void a_redirect_loop_ends_after_sixteen_redirects(void **state)
{
    (void)state;
    const uint16_t ports[] = {ask_free_port(), ask_free_port()};
    struct test_server *one = start_confused(ports[0], ports[1], 'a', 'b');
    struct test_server *two = start_confused(ports[1], ports[0], 'b', 'a');
    char url[64];
    assert_non_null(one);
    assert_non_null(two);
    assert_true(ask_until(sends_elsewhere, one, 10000));
    assert_true(ask_until(sends_elsewhere, two, 10000));
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u", (unsigned)ports[0]);
    podlink_client *client = api_open(url);
    const podlink_link link = {"test", "game", "user"};
    int32_t pod = 77;
    const uint64_t before = api_stats(client).redirects_moved;
    const int64_t began = api_now_ns();
    podlink_status status = podlink_link_get(client, &link, &pod, NULL, &err);
    assert_failure(PODLINK_EREDIRECT, PODLINK_ANSWERED, status, &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    print_message("# ended after %d ms: %s\n", (int)((api_now_ns() - began) / MS), err.message);
    assert_in_range(api_stats(client).redirects_moved - before, 16, 17);
    podlink_link_item item = {.link = link, .pod = 1, .persist_s = 60};
    status = podlink_link_set_batch(client, &item, 1, NULL, &err);
    assert_failure(PODLINK_EREDIRECT, PODLINK_ANSWERED, status, &err);
    podlink_client_free(client);
    test_server_stop(one);
    test_server_stop(two);
}

/* ---- stopped ---- */

static void a_stopped_node_fails_only_its_own_items_at_the_deadline(void **state)
{
    (void)state;
    static podlink_link_item items[ITEMS];
    static char uids[ITEMS][CLUSTER_UID_SIZE];
    static size_t owners[ITEMS];
    podlink_client *client = api_open(test_cluster_url(cluster));
    assert_all_serve(client);
    unsigned next = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        owners[i] = i % MASTERS;
        items[i].link = cluster_link_on(cluster, owners[i], &next, uids[i]);
        items[i].pod = 1;
        items[i].persist_s = 60;
    }
    const podlink_call call = within(300);
    test_server_suspend(test_cluster_node(cluster, 1));
    struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_set_batch(client, items, ITEMS, &call, &err);
    const int64_t batch_late_ms = api_late_ms(&watch, call.timeout_ms);
    int32_t pod = 77;
    watch = api_watch_start();
    podlink_status single = podlink_link_get(client, &items[1].link, &pod, &call, NULL);
    const int64_t single_late_ms = api_late_ms(&watch, call.timeout_ms);
    watch = api_watch_start();
    podlink_status elsewhere = podlink_link_get(client, &items[2].link, &pod, &call, NULL);
    const int64_t elsewhere_late_ms = api_late_ms(&watch, 0);
    test_server_resume(test_cluster_node(cluster, 1));
    assert_status(PODLINK_ETIMEDOUT, status, &err);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(items[i].status, owners[i] == 1 ? PODLINK_ETIMEDOUT : PODLINK_OK);
        if (owners[i] == 1)
            assert_int_not_equal(items[i].delivery, PODLINK_ANSWERED);
    }
    assert_in_range(batch_late_ms, 0, LATE_MS * api_slowness());
    assert_int_equal(single, PODLINK_ETIMEDOUT);
    assert_true(single_late_ms <= LATE_MS * api_slowness());
    assert_int_equal(elsewhere, PODLINK_OK);
    assert_true(elsewhere_late_ms <= 100 * api_slowness());
    assert_true(test_cluster_wait_stable(cluster));
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    podlink_client_free(client);
}

/* ---- opening ---- */

static void one_reachable_seed_node_is_enough(void **state)
{
    (void)state;
    char url[128];
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u,127.0.0.1:%u", (unsigned)api_closed_port(),
             (unsigned)test_server_port(test_cluster_node(cluster, 2)));
    podlink_client *client = api_open(url);
    assert_all_serve(client);
    podlink_client_free(client);
}

static void an_unreachable_cluster_fails_the_open(void **state)
{
    (void)state;
    char url[128];
    podlink_client *client = (podlink_client *)&client;
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u,127.0.0.1:%u", (unsigned)api_closed_port(),
             (unsigned)api_closed_port());
    const podlink_options options = api_options(url);
    assert_status(PODLINK_ECONNECT, podlink_client_open(&options, &client, &err), &err);
    assert_null(client);
}

static void a_server_without_cluster_mode_fails_the_open(void **state)
{
    (void)state;
    char url[64];
    podlink_client *client = (podlink_client *)&client;
    struct test_server *server = test_server_start_tcp(NULL);
    assert_non_null(server);
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u", (unsigned)test_server_port(server));
    const podlink_options options = api_options(url);
    const int64_t began = api_now_ns();
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_true(status < 0);
    assert_null(client);
    print_message("# %s after %d ms: %s\n", podlink_status_name(status), (int)((api_now_ns() - began) / MS),
                  err.message);
    assert_holds(err.server, "cluster support disabled");
    test_server_stop(server);
}

/* ---- replicas ---- */

static int64_t calls_on(size_t first, size_t last, const char *command)
{
    int64_t calls = 0;
    for (size_t i = first; i < last; i++)
        if (test_server_pid(test_cluster_node(cluster, i)) != 0)
            calls += ask_calls(test_cluster_node(cluster, i), command, NULL);
    return calls;
}

static void read_all(podlink_client *client, const podlink_link links[MASTERS])
{
    for (int i = 0; i < READS; i++) {
        int32_t pod = 77;
        podlink_status status = podlink_link_get(client, &links[i % MASTERS], &pod, NULL, &err);
        assert_status(PODLINK_OK, status, &err);
        assert_int_equal(pod, i % MASTERS);
    }
}

static void reads_can_go_to_replicas_and_writes_never_do(void **state)
{
    (void)state;
    char uids[MASTERS][CLUSTER_UID_SIZE];
    podlink_link links[MASTERS];
    struct test_cluster *shared = cluster;
    cluster = test_cluster_start(&(struct test_cluster_plan){.replicas = 1});
    assert_non_null(cluster);
    podlink_options options = api_options(test_cluster_url(cluster));
    options.read_from = PODLINK_READ_REPLICA;
    podlink_client *client = api_open_with(&options);
    fill(uids, links);
    podlink_call call = within(5000);
    uint32_t acked = 0;
    call.acks = 1;
    call.acked = &acked;
    for (size_t i = 0; i < MASTERS; i++) {
        podlink_status status = podlink_link_set(client, &links[i], (int32_t)i, PODLINK_FOREVER, NULL, &call, &err);
        assert_status(PODLINK_OK, status, &err);
        assert_int_equal(acked, 1);
    }
    const int64_t on_masters = calls_on(0, MASTERS, "get");
    const int64_t on_replicas = calls_on(MASTERS, 2 * MASTERS, "get");
    read_all(client, links);
    assert_int_equal(calls_on(0, MASTERS, "get") - on_masters, 0);
    assert_int_equal(calls_on(MASTERS, 2 * MASTERS, "get") - on_replicas, READS);
    assert_int_equal(calls_on(MASTERS, 2 * MASTERS, "evalsha"), 0);
    test_server_kill(test_cluster_node(cluster, MASTERS + 1)); /* reads fall back on its master */
    read_all(client, links);
    podlink_client_free(client);
    test_cluster_stop(cluster);
    cluster = shared;
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    cluster = test_cluster_start(&(struct test_cluster_plan){.node_timeout_ms = 5000});
    return cluster ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_cluster_stop(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reachable_seed_node_is_enough),
        cmocka_unit_test(an_unreachable_cluster_fails_the_open),
        cmocka_unit_test(a_server_without_cluster_mode_fails_the_open),
        cmocka_unit_test(the_first_call_survives_a_pause_of_the_only_seed_node),
        cmocka_unit_test(a_redirect_loop_ends_after_sixteen_redirects),
        cmocka_unit_test(a_stopped_node_fails_only_its_own_items_at_the_deadline),
        cmocka_unit_test(reads_can_go_to_replicas_and_writes_never_do),
        cmocka_unit_test(a_node_without_an_announced_host_has_the_address_of_the_question),
        cmocka_unit_test(a_node_can_announce_a_host_name),
        cmocka_unit_test(a_node_with_an_unresolvable_name_is_retried),
        cmocka_unit_test(a_node_can_announce_an_ipv6_address),
    };
    return RUN_TESTS_BETWEEN("cluster nodes", tests, start, stop);
}
