/* SPDX-License-Identifier: MIT */
/* A partition of six seconds: the master, the client and one sentinel on one side; both replicas and two sentinels on
 * the other one, which elects a new master. Writes that the old master took meanwhile are lost, and the client reports
 * that. */
#include "chaos_fixture.h"
#include "network_namespaces.h"
#include "real_cluster.h"
#include "real_sentinel.h"

#include <stdio.h>

enum {
    THREADS = 8,
    SOON_MS = 30000,
    CUT_MS = 6000,
    CLUSTER_CUT_MS = 4500,
    MASTERS = 3,
    CLUSTER_NODES = 6,
    NODE_TIMEOUT_MS = 1500
};

static struct test_sentinel *sentinel;
static struct test_cluster *cluster;
static podlink_client *client;
static struct writers *writers;
static struct windows windows;

static void start_writers(uint32_t acks)
{
    const int64_t acks_timeout_ms = 500; /* how long a call waits for replicas after the answer to its write */
    const struct writers like = {.client = client,
                                 .windows = &windows,
                                 .threads = THREADS,
                                 .rate = chaos.rate / 2,
                                 .timeout_ms = 4000,
                                 .acks = acks,
                                 .acks_timeout_ms = acks_timeout_ms,
                                 .tolerance_ns = chaos_tolerance_ns() + (acks > 0 ? acks_timeout_ms * 1000000 : 0)};
    writers = writers_start(&like);
    assert_true(writers_go_on(writers, chaos.rate / 4, SOON_MS));
}

/* Cuts the network, waits for a new master on the other side and for the end of the partition, and heals it.
 * @return the new master */
static struct test_server *part_and_heal(void)
{
    struct test_server *old = test_sentinel_server(sentinel, 0);
    assert_ptr_equal(test_sentinel_master(sentinel), old);
    const int64_t cut_ms = ask_now_ms();
    assert_true(networks_cut());
    while (test_sentinel_master(sentinel) == old && ask_now_ms() < cut_ms + SOON_MS)
        ask_wait_ms(20);
    print_message("# the other side has a master after %d ms\n", (int)(ask_now_ms() - cut_ms));
    while (ask_now_ms() < cut_ms + CUT_MS)
        ask_wait_ms(20);
    assert_true(networks_heal());
    struct test_server *master = test_sentinel_new_master(sentinel, old, SOON_MS);
    assert_non_null(master);
    print_message("# all sentinels name it %d ms after the end of the partition\n",
                  (int)(ask_now_ms() - cut_ms - CUT_MS));
    return master;
}

static struct outcome stop_writers(struct test_server *master, const char *what)
{
    assert_true(test_sentinel_wait_stable(sentinel));
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    writers_stop(writers);
    const struct outcome outcome = writers_compare(writers, &master, 1);
    writers_print(writers, &outcome, what);
    return outcome;
}

static void writes_lost_by_a_partition_are_inside_the_window(void **state)
{
    (void)state;
    start_writers(0);
    struct test_server *master = part_and_heal();
    const struct outcome outcome = stop_writers(master, "partition");
    assert_true(outcome.lost > 0); /* else there was no partition */
    assert_int_equal(outcome.lost_outside, 0);
    assert_int_equal(outcome.phantoms + outcome.doubled + outcome.torn + outcome.other, 0);
}

static void writes_that_a_replica_acknowledged_survive_a_partition(void **state)
{
    (void)state;
    start_writers(1);
    struct test_server *master = part_and_heal();
    const struct outcome outcome = stop_writers(master, "partition, acks=1");
    assert_true(outcome.acked > 0);
    assert_true(outcome.acked < outcome.ok);
    assert_int_equal(outcome.lost_acked, 0);
    assert_int_equal(outcome.lost_outside, 0);
    assert_int_equal(outcome.phantoms + outcome.doubled + outcome.torn + outcome.other, 0);
}

/* ---- a cluster ---- */

/* The first master is alone with the client; its replica is with the other nodes. */
static void start_cluster(void)
{
    static const char *const args[] = {"--protected-mode", "no", NULL}; /* the addresses are not loopback */
    struct test_cluster_plan plan = {.replicas = 1, .node_timeout_ms = NODE_TIMEOUT_MS, .args = args};
    char url[512];
    for (unsigned i = 0; i < CLUSTER_NODES; i++) {
        const unsigned network = i == 0 ? 0 : 1 + i % 2;
        plan.hosts[i] = networks_host(network);
        plan.networks[i] = networks_path(network);
    }
    cluster = test_cluster_start(&plan);
    assert_non_null(cluster);
    windows_init(&windows);
    snprintf(url, sizeof url, "%s?cluster_node_timeout_ms=%d", test_cluster_url(cluster), NODE_TIMEOUT_MS);
    client = chaos_open(url, &windows);
}

static void writes_to_an_isolated_cluster_master_are_inside_the_window(void **state)
{
    struct test_server *servers[MASTERS];
    (void)state;
    start_cluster();
    /* Calls to the other side end soon, so that this side gets many. */
    const struct writers like = {.client = client,
                                 .windows = &windows,
                                 .threads = 2 * THREADS,
                                 .rate = chaos.rate / 2,
                                 .timeout_ms = 100,
                                 .only_links = true,
                                 .tolerance_ns = chaos_tolerance_ns()};
    writers = writers_start(&like);
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    const int64_t cut_ms = ask_now_ms();
    assert_true(networks_cut());
    while (ask_now_ms() < cut_ms + CLUSTER_CUT_MS)
        ask_wait_ms(20);
    assert_true(networks_heal());
    assert_true(test_cluster_wait_stable(cluster));
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    writers_stop(writers);
    for (size_t i = 0; i < MASTERS; i++)
        servers[i] = test_cluster_node(cluster, i == 0 ? MASTERS : i);
    const struct outcome outcome = writers_compare(writers, servers, MASTERS);
    writers_print(writers, &outcome, "partition of a cluster");
    assert_true(outcome.lost > 0);
    assert_int_equal(outcome.lost_outside, 0);
    assert_int_equal(windows_count(&windows), 1);
    assert_int_equal(outcome.phantoms + outcome.doubled + outcome.torn + outcome.other, 0);
}

/* ---- the program ---- */

static int begin_sentinel(void **state)
{
    (void)state;
    struct test_sentinel_plan plan = {0};
    for (unsigned i = 0; i < NETWORKS; i++) {
        plan.hosts[i] = networks_host(i);
        plan.networks[i] = networks_path(i);
    }
    sentinel = test_sentinel_start(&plan);
    if (!sentinel)
        return -1;
    windows_init(&windows);
    client = chaos_open(test_sentinel_url(sentinel), &windows);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (writers)
        writers_stop(writers);
    podlink_client_free(client);
    writers_free(writers);
    test_sentinel_stop(sentinel);
    test_cluster_stop(cluster);
    sentinel = NULL;
    cluster = NULL;
    writers = NULL;
    client = NULL;
    return 0;
}

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin_sentinel, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        own_test(writes_lost_by_a_partition_are_inside_the_window),
        own_test(writes_that_a_replica_acknowledged_survive_a_partition),
        cmocka_unit_test_teardown(writes_to_an_isolated_cluster_master_are_inside_the_window, end),
    };
    chaos_init(argc, argv);
    if (!networks_start()) {
        printf("1..0 # SKIP %s\n", networks_reason());
        return 0;
    }
    return RUN_TESTS("chaos partition", tests);
}
