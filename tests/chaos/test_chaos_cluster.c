/* SPDX-License-Identifier: MIT */
/* A cluster under load: slots move, nodes are added and removed, masters are replaced and killed. Acknowledged writes
 * are lost only inside a window that the client reports, none runs twice, and link and index of every uid agree. */
#include "chaos_fixture.h"
#include "real_cluster.h"

#include <stdio.h>

enum {
    MASTERS = 3,
    THREADS = 8,
    ADDED_SLOTS = 100,
    SOON_MS = 20000,
    NODE_TIMEOUT_MS = 1500,
    TIMEOUT_MS = 6000,
    MS = 1000000
};

static struct test_cluster *cluster;
static podlink_client *client;
static struct writers *writers;
static struct windows windows;

/* ---- the load ---- */

static void start_writers(uint32_t acks)
{
    const struct writers like = {.client = client,
                                 .windows = &windows,
                                 .threads = THREADS,
                                 .rate = chaos.rate,
                                 .timeout_ms = TIMEOUT_MS,
                                 .acks = acks,
                                 .acks_timeout_ms = 100,
                                 .tolerance_ns = chaos_tolerance_ns()};
    writers = writers_start(&like);
    assert_true(writers_go_on(writers, chaos.rate / 4, SOON_MS));
}

static size_t masters(struct test_server *servers[TEST_CLUSTER_NODES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < test_cluster_count(cluster); i++) {
        struct test_server *server = test_cluster_node(cluster, i);
        if (server && test_server_pid(server) != 0 && ask_info_holds(server, "replication", "role:master"))
            servers[count++] = server;
    }
    return count;
}

static struct outcome stop_writers(const char *what)
{
    struct test_server *servers[TEST_CLUSTER_NODES_MAX];
    writers_stop(writers);
    assert_true(test_cluster_wait_stable(cluster));
    const struct outcome outcome = writers_compare(writers, servers, masters(servers));
    writers_print(writers, &outcome, what);
    return outcome;
}

static void assert_once_and_whole(const struct outcome *outcome)
{
    assert_int_equal(outcome->doubled, 0);
    assert_int_equal(outcome->phantoms, 0);
    assert_int_equal(outcome->torn, 0);
    assert_int_equal(outcome->other, 0);
}

/* An isolated master takes writes for one and a half node timeouts. No window is much longer, apart from the writes in
 * flight. */
static void assert_windows(size_t count)
{
    assert_int_equal(windows_count(&windows), count);
    assert_int_equal(api_stats(client).master_changes, count);
    for (size_t i = 0; i < count; i++) {
        const int64_t ms = (windows.each[i].until_ns - windows.each[i].from_ns) / MS;
        if (ms < NODE_TIMEOUT_MS || ms > 2 * NODE_TIMEOUT_MS + TIMEOUT_MS)
            fail_msg("a window of %d ms", (int)ms);
    }
}

/* ---- planned ---- */

static void slots_that_move_under_load_lose_nothing(void **state)
{
    (void)state;
    start_writers(0);
    const int64_t began = ask_now_ms();
    for (unsigned slot = 0; slot < chaos.slots; slot++)
        assert_true(test_cluster_move(cluster, slot, 1));
    print_message("# %u slots moved in %d ms\n", chaos.slots, (int)(ask_now_ms() - began));
    assert_true(writers_go_on(writers, chaos.rate / 4, SOON_MS));
    const struct outcome outcome = stop_writers("slots moved");
    assert_once_and_whole(&outcome);
    assert_int_equal(outcome.lost, 0);
    assert_int_equal(outcome.unknown + outcome.failed, 0);
    if (chaos.slots >= 1000) /* with fewer slots a write meets one only by chance */
        assert_true(api_stats(client).redirects_moved > 0);
    assert_windows(0);
}

static bool has_keys(void *node)
{
    return ask_info_holds(node, "keyspace", "db0:keys=");
}

static void a_node_that_is_added_and_one_that_is_removed_lose_nothing(void **state)
{
    (void)state;
    start_writers(0);
    const size_t added = test_cluster_add(cluster);
    assert_true(added != SIZE_MAX);
    for (unsigned slot = 0; slot < ADDED_SLOTS; slot++)
        assert_true(test_cluster_move(cluster, slot, added));
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    assert_true(ask_until(has_keys, test_cluster_node(cluster, added), SOON_MS));
    assert_int_equal(test_cluster_empty(cluster, added, 1), ADDED_SLOTS);
    assert_true(test_cluster_remove(cluster, added));
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    const struct outcome outcome = stop_writers("a node added and removed");
    assert_once_and_whole(&outcome);
    assert_int_equal(outcome.lost, 0);
    assert_windows(0);
    /* Commands that a node had read when it was stopped have no answer. */
    assert_true(outcome.unknown + outcome.failed <= THREADS * WRITERS_BATCH);
}

static void a_failover_by_command_loses_nothing(void **state)
{
    (void)state;
    start_writers(0);
    for (size_t i = 0; i < MASTERS; i++) {
        assert_true(test_cluster_failover(cluster, MASTERS + i));
        assert_true(writers_go_on(writers, chaos.rate / 4, SOON_MS));
    }
    const struct outcome outcome = stop_writers("CLUSTER FAILOVER of each master");
    assert_once_and_whole(&outcome);
    assert_int_equal(outcome.lost, 0);
    assert_int_equal(outcome.failed + outcome.unknown, 0);
    assert_windows(MASTERS);
}

/* ---- killed ---- */

static void slots_of(size_t node, bool slots[TEST_CLUSTER_SLOTS])
{
    for (unsigned slot = 0; slot < TEST_CLUSTER_SLOTS; slot++)
        slots[slot] = slot >= 11000 && slot < 16000;
    assert_int_equal(test_cluster_owner_index(cluster, 12000), node);
}

static struct outcome kill_a_master(uint32_t acks, const char *what)
{
    static bool slots[TEST_CLUSTER_SLOTS];
    const unsigned slot = 12000;
    const size_t master = test_cluster_owner_index(cluster, slot);
    assert_true(master != SIZE_MAX);
    slots_of(master, slots);
    start_writers(acks);
    const int64_t killed_ns = api_now_ns();
    test_server_kill(test_cluster_node(cluster, master));
    assert_true(test_cluster_new_owner(cluster, slot, master, SOON_MS) != SIZE_MAX);
    const int64_t replaced_ns = api_now_ns();
    /* Without replicas that acknowledge, each call waits until its acks timeout. */
    assert_true(writers_go_on(writers, acks > 0 ? chaos.rate / 4 : chaos.rate, SOON_MS));
    const int64_t first_ns = writers_first_success(writers, killed_ns + 100 * (int64_t)MS, slots);
    assert_true(first_ns > 0);
    print_message("# all nodes know a new master after %d ms, the first success there after %d ms\n",
                  (int)((replaced_ns - killed_ns) / MS), (int)((first_ns - killed_ns) / MS));
    assert_true(test_cluster_revive(cluster, master));
    return stop_writers(what);
}

static void a_killed_master_loses_writes_only_inside_the_window(void **state)
{
    (void)state;
    const struct outcome outcome = kill_a_master(0, "kill -9");
    assert_once_and_whole(&outcome);
    assert_int_equal(outcome.lost_outside, 0);
    assert_windows(1);
}

static void a_killed_master_loses_no_write_that_a_replica_acknowledged(void **state)
{
    (void)state;
    const struct outcome outcome = kill_a_master(1, "kill -9, acks=1");
    assert_once_and_whole(&outcome);
    assert_true(outcome.acked > outcome.ok / 5); /* those of two masters of three; a batch reports the lowest number */
    assert_int_equal(outcome.lost_acked, 0);
}

/* ---- the program ---- */

/* Of the replicas as well: one that has just been restarted can have keys of the previous test, and become master
 * soon. */
static bool is_empty(void *context)
{
    (void)context;
    bool is_empty = true;
    for (size_t i = 0; i < test_cluster_count(cluster); i++) {
        const struct test_server *server = test_cluster_node(cluster, i);
        if (server && test_server_pid(server) != 0)
            is_empty = !ask_info_holds(server, "keyspace", "db0:") && is_empty;
    }
    return is_empty;
}

static int begin(void **state)
{
    struct test_server *servers[TEST_CLUSTER_NODES_MAX];
    char url[512];
    (void)state;
    const size_t count = masters(servers);
    for (size_t i = 0; i < count; i++)
        ask_ok(servers[i], "FLUSHALL");
    assert_true(ask_until(is_empty, NULL, SOON_MS));
    windows_init(&windows);
    snprintf(url, sizeof url, "%s?cluster_node_timeout_ms=%d", test_cluster_url(cluster), NODE_TIMEOUT_MS);
    client = chaos_open(url, &windows);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (writers)
        writers_stop(writers);
    podlink_client_free(client);
    writers_free(writers);
    windows_fini(&windows);
    writers = NULL;
    client = NULL;
    return 0;
}

static int start(void **state)
{
    (void)state;
    cluster = test_cluster_start(&(struct test_cluster_plan){.replicas = 1, .node_timeout_ms = NODE_TIMEOUT_MS});
    return cluster ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_cluster_stop(cluster);
    return 0;
}

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        own_test(slots_that_move_under_load_lose_nothing),
        own_test(a_node_that_is_added_and_one_that_is_removed_lose_nothing),
        own_test(a_failover_by_command_loses_nothing),
        own_test(a_killed_master_loses_writes_only_inside_the_window),
        own_test(a_killed_master_loses_no_write_that_a_replica_acknowledged),
    };
    chaos_init(argc, argv);
    return RUN_TESTS_BETWEEN("chaos cluster", tests, start, stop);
}
