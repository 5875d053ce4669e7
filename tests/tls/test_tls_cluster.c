/* SPDX-License-Identifier: MIT */
/* A cluster in which every port uses TLS: redirects, logins, names and sessions. */
#include "cluster_links.h"
#include "tls_deployment.h"

#include <stdio.h>
#include <string.h>

enum { MASTERS = 3, ITEMS = 300, KNOWN_WITHIN_MS = 15000 };

#define CANARY "canary-0123456789"
#define LOGIN  "app:" CANARY "-app"

static struct certificates *made;
static struct test_cluster
    *cluster; /* announces addresses, as its certificate has them; has a user of its own for clients */
static podlink_error err;
static char uid[CLUSTER_UID_SIZE];

static const char *ca(void)
{
    return certificates_path(made, "ca.pem");
}

static uint16_t port_of(size_t i)
{
    return test_server_port(test_cluster_node(cluster, i));
}

/* Only one seed node, so the client knows all others from its answers. */
static podlink_options options_of(const char *host, size_t node)
{
    static char url[128];
    snprintf(url, sizeof url, "cluster+tls://%s@%s:%u", LOGIN, host, (unsigned)port_of(node));
    return deployed_options(url, ca());
}

static podlink_link link_on(size_t node)
{
    static unsigned next;
    return cluster_link_on(cluster, node, &next, uid);
}

static void assert_pod(podlink_client *client, const podlink_link *link, int32_t expected)
{
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_get(client, link, &pod, NULL, &err), &err);
    assert_int_equal(pod, expected);
}

static void assert_all_by_tls(void)
{
    const struct deployed_sight sight = deployed_sight(0);
    assert_true(sight.connections > 0);
    assert_int_equal(sight.by_tls, sight.connections);
    assert_int_equal(sight.failures, 0);
}

static void fill(podlink_link_item items[ITEMS])
{
    static char uids[ITEMS][CLUSTER_UID_SIZE];
    for (int i = 0; i < ITEMS; i++) {
        snprintf(uids[i], sizeof uids[i], "many-%d", i);
        items[i] = (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = i, .persist_s = PODLINK_FOREVER};
    }
}

/* ---- all nodes ---- */

static void links_and_batches_go_to_all_nodes(void **state)
{
    (void)state;
    static podlink_link_item items[ITEMS];
    const podlink_options options = options_of("127.0.0.1", 0);
    podlink_client *client = api_open_with(&options);
    fill(items);
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(items[i].result, i);
    for (size_t i = 0; i < MASTERS; i++) {
        const podlink_link link = link_on(i);
        assert_status(PODLINK_OK, podlink_link_set(client, &link, 7, 60, NULL, NULL, &err), &err);
        assert_pod(client, &link, 7);
        assert_true(deployed_sight(port_of(i)).by_tls > 0);
        redisReply *list = ask(test_cluster_node(cluster, i), "CLIENT LIST");
        assert_non_null(list);
        assert_non_null(strstr(list->str, "user=app")); /* the user of clients on each node */
        freeReplyObject(list);
    }
    podlink_client_free(client);
    assert_all_by_tls();
}

static void a_wrong_ca_or_password_is_reported_without_the_password(void **state)
{
    (void)state;
    podlink_options options = options_of("127.0.0.1", 0);
    options.tls_ca_file = certificates_path(made, "other-ca.pem");
    assert_holds(deployed_fails(&options, PODLINK_ETLS, CANARY)->message, "no trusted CA has signed");
    assert_int_equal(deployed_sight(0).connections, 0);
    options = options_of("127.0.0.1", 0);
    options.url = deployed_url(test_cluster_url(cluster), "app:" CANARY "-wrong");
    deployed_fails(&options, PODLINK_EAUTH, CANARY);
    options = options_of("localhost", 0); /* their certificate has no name */
    assert_holds(deployed_fails(&options, PODLINK_ETLS, CANARY)->message, "is not for localhost");
}

/* ---- redirects ---- */

/* Each redirect is to a node without a connection: the redirect makes it, and it must use TLS and log in, since the
 * nodes accept nothing else. */
static void redirects_are_followed_over_tls_with_a_login(void **state)
{
    (void)state;
    const podlink_link asked = link_on(0);
    char moved_uid[CLUSTER_UID_SIZE];
    memcpy(moved_uid, uid, sizeof moved_uid);
    const podlink_link asks = {asked.ns, asked.service, moved_uid};
    const podlink_link moves = link_on(0);
    const unsigned slot = cluster_slot_of(cluster, &asks);
    const podlink_options options = options_of("127.0.0.1", 0);
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_link_set(client, &asks, 5, 600, NULL, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_set(client, &moves, 6, 600, NULL, NULL, &err), &err);
    assert_int_equal(deployed_sight(port_of(1)).connections, 0);

    assert_true(test_cluster_move_begin(cluster, slot, 1));
    assert_true(test_cluster_move_key(cluster, cluster_key_of(&asks), 1));
    assert_pod(client, &asks, 5);
    assert_int_equal(api_stats(client).redirects_ask, 1);
    assert_int_equal(deployed_sight(port_of(1)).by_tls, 1);
    assert_true(test_cluster_move_end(cluster, slot, 1));

    assert_int_equal(deployed_sight(port_of(2)).connections, 0);
    assert_true(test_cluster_move(cluster, cluster_slot_of(cluster, &moves), 2));
    assert_pod(client, &moves, 6);
    assert_int_equal(api_stats(client).redirects_moved, 1);
    assert_int_equal(deployed_sight(port_of(2)).by_tls, 1);
    podlink_client_free(client);
    assert_all_by_tls();
}

/* ---- sessions ---- */

/* With one session for all, each node would be offered a session of another, which it does not know. */
static void each_node_has_its_own_tls_session_which_the_next_connection_resumes(void **state)
{
    (void)state;
    static podlink_link_item items[ITEMS];
    const podlink_options options = options_of("127.0.0.1", 0);
    podlink_client *client = api_open_with(&options);
    fill(items);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (size_t i = 0; i < MASTERS; i++) {
        assert_int_equal(deployed_sight(port_of(i)).connections, 1);
        assert_int_equal(deployed_sight(port_of(i)).resumed, 0);
        assert_true(ask_ok(test_cluster_node(cluster, i), "CLIENT KILL TYPE normal"));
    }
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (size_t i = 0; i < MASTERS; i++) {
        assert_int_equal(deployed_sight(port_of(i)).connections, 2);
        assert_int_equal(deployed_sight(port_of(i)).resumed, 1);
    }
    podlink_client_free(client);
}

/* ---- names ---- */

static bool returns_names(void *context)
{
    const struct test_cluster *named = context;
    bool all = true;
    for (size_t i = 0; i < test_cluster_count(named); i++) {
        redisReply *slots = ask(test_cluster_node(named, i), "CLUSTER SLOTS");
        for (size_t n = 0; slots && n < slots->elements; n++) {
            const redisReply *host = slots->element[n]->element[2]->element[0];
            all = all && host->str && strcmp(host->str, "localhost") == 0;
        }
        all = all && slots && slots->elements > 0;
        freeReplyObject(slots);
    }
    return all;
}

static void set_on_all(const struct test_cluster *named, const char *setting)
{
    for (size_t i = 0; i < test_cluster_count(named); i++)
        assert_true(ask_ok(test_cluster_node(named, i), setting));
}

static podlink_options options_of_named(const struct test_cluster *named)
{
    static char url[128];
    snprintf(url, sizeof url, "cluster+tls://localhost:%u", (unsigned)test_server_port(test_cluster_node(named, 0)));
    return deployed_options(url, ca());
}

static void works_on_all(const struct test_cluster *named, const podlink_options *options)
{
    static podlink_link_item items[ITEMS];
    podlink_client *client = api_open_with(options);
    fill(items);
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    podlink_client_free(client);
    for (size_t i = 0; i < test_cluster_count(named); i++)
        assert_true(deployed_sight(test_server_port(test_cluster_node(named, i))).by_tls > 0);
    assert_all_by_tls();
}

/* Its certificate has a name and no address. */
static void nodes_are_verified_by_the_host_that_they_announce(void **state)
{
    (void)state;
    static podlink_link_item items[ITEMS];
    static const char *const by_name[] = {"--cluster-announce-hostname", "localhost",
                                          "--cluster-preferred-endpoint-type", "hostname", NULL};
    const struct test_server_tls tls = certificates_tls(made, "named");
    struct test_cluster *named =
        test_cluster_start(&(struct test_cluster_plan){.masters = 2, .tls = &tls, .args = by_name});
    assert_non_null(named);
    assert_true(ask_until(returns_names, named, KNOWN_WITHIN_MS));
    podlink_options options = options_of_named(named);
    works_on_all(named, &options);

    set_on_all(named, "CONFIG SET cluster-preferred-endpoint-type unknown-endpoint"); /* the node that answered */
    options = options_of_named(named);
    works_on_all(named, &options);

    set_on_all(named, "CONFIG SET cluster-preferred-endpoint-type ip");
    options = options_of_named(named);
    podlink_client *client = api_open_with(&options);
    fill(items);
    assert_status(PODLINK_ETLS, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    assert_holds(err.message, "the server's certificate is not for 127.0.0.1");
    podlink_client_free(client);
    options.tls_server_name = "localhost";
    client = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    podlink_client_free(client);
    test_cluster_stop(named);
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make(made, &(struct certificate){.name = "other-ca", .from_days = -1, .to_days = 365});
    certificate_make_good(made, "numbered", "IP:127.0.0.1");
    certificate_make_good(made, "named", "DNS:localhost");
    const struct test_server_tls tls = certificates_tls(made, "numbered");
    const char *const users[] = {"--user", "app", "on", (">" CANARY "-app"), "~*", "&*", "+@all", NULL};
    cluster = test_cluster_start(
        &(struct test_cluster_plan){.masters = MASTERS, .tls = &tls, .password = CANARY "-default", .args = users});
    return cluster ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_cluster_stop(cluster);
    certificates_free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_and_batches_go_to_all_nodes),
        cmocka_unit_test(a_wrong_ca_or_password_is_reported_without_the_password),
        cmocka_unit_test(redirects_are_followed_over_tls_with_a_login),
        cmocka_unit_test(each_node_has_its_own_tls_session_which_the_next_connection_resumes),
        cmocka_unit_test(nodes_are_verified_by_the_host_that_they_announce),
    };
    return RUN_TESTS_BETWEEN("tls cluster", tests, start, stop);
}
