/* SPDX-License-Identifier: MIT */
/* The clusters of the other tests, inspected by hiredis alone: they start, and the functions that control them work. */
#include "real_cluster.h"
#include "tap_cmocka.h"

#include <string.h>

static struct test_cluster *cluster;

static void a_cluster_starts_and_replicates(void **state)
{
    (void)state;
    const int64_t began = ask_now_ms();
    cluster = test_cluster_start(&(struct test_cluster_plan){.replicas = 1});
    assert_non_null(cluster);
    print_message("# started in %d ms\n", (int)(ask_now_ms() - began));
    assert_int_equal(test_cluster_count(cluster), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(ask_info(test_cluster_node(cluster, i), "replication", "connected_slaves"), i < 3);
}

static void a_slot_moves_with_its_keys(void **state)
{
    (void)state;
    const unsigned slot = test_cluster_slot(cluster, "a key");
    const size_t from = test_cluster_owner_index(cluster, slot), to = (from + 1) % 3;
    assert_true(ask_ok(test_cluster_node(cluster, from), "SET %s value", "a key"));
    assert_true(test_cluster_move(cluster, slot, to));
    assert_true(ask_ok(test_cluster_node(cluster, to), "GET %s", "a key"));
    assert_true(test_cluster_wait_stable(cluster));
    assert_int_equal(test_cluster_owner_index(cluster, slot), to);
}

static void a_slot_can_stay_half_migrated_and_be_completed(void **state)
{
    (void)state;
    const unsigned slot = test_cluster_slot(cluster, "{half}1");
    const size_t from = test_cluster_owner_index(cluster, slot), to = (from + 1) % 3;
    assert_true(ask_ok(test_cluster_node(cluster, from), "MSET {half}1 one {half}2 two"));
    assert_true(test_cluster_move_begin(cluster, slot, to));
    assert_true(test_cluster_move_key(cluster, "{half}1", to));
    redisReply *reply = ask(test_cluster_node(cluster, from), "GET {half}1");
    assert_non_null(strstr(reply->str, "ASK"));
    freeReplyObject(reply);
    reply = ask(test_cluster_node(cluster, from), "MGET {half}1 {half}2");
    assert_non_null(strstr(reply->str, "TRYAGAIN"));
    freeReplyObject(reply);
    assert_true(test_cluster_move_end(cluster, slot, to));
    assert_true(ask_ok(test_cluster_node(cluster, to), "MGET {half}1 {half}2"));
}

static void a_node_is_added_gets_slots_loses_them_and_is_removed(void **state)
{
    (void)state;
    const size_t added = test_cluster_add(cluster);
    assert_int_not_equal(added, SIZE_MAX);
    for (unsigned slot = 0; slot < 20; slot++)
        assert_true(test_cluster_move(cluster, slot, added));
    assert_true(test_cluster_wait_stable(cluster));
    assert_int_equal(test_cluster_empty(cluster, added, 1), 20);
    assert_true(test_cluster_remove(cluster, added));
    assert_true(test_cluster_wait_stable(cluster));
    assert_int_equal(test_cluster_owner_index(cluster, 7), 1);
}

static void a_replica_takes_over_by_command_and_after_a_crash(void **state)
{
    (void)state;
    const unsigned slot = 16000;
    assert_int_equal(test_cluster_owner_index(cluster, slot), 2);
    assert_true(test_cluster_failover(cluster, 5));
    assert_true(test_cluster_wait_stable(cluster));
    assert_int_equal(test_cluster_owner_index(cluster, slot), 5);
    test_server_kill(test_cluster_node(cluster, 5));
    const int64_t began = ask_now_ms();
    assert_int_equal(test_cluster_new_owner(cluster, slot, 5, 10000), 2);
    print_message("# taken over after %d ms\n", (int)(ask_now_ms() - began));
    assert_true(test_cluster_revive(cluster, 5));
    assert_true(test_cluster_wait_stable(cluster));
}

static void one_node_with_a_password_owns_all_slots_on_ipv6(void **state)
{
    (void)state;
    test_cluster_stop(cluster);
    cluster = test_cluster_start(&(struct test_cluster_plan){.masters = 1, .password = "secret", .hosts = {"::1"}});
    assert_non_null(cluster);
    assert_non_null(strstr(test_cluster_url(cluster), "cluster://[::1]:"));
    assert_true(ask_ok(test_cluster_node(cluster, 0), "SET a b"));
    assert_true(ask_ok(test_cluster_node(cluster, 0), "SET b c"));
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
        cmocka_unit_test(a_cluster_starts_and_replicates),
        cmocka_unit_test(a_slot_moves_with_its_keys),
        cmocka_unit_test(a_slot_can_stay_half_migrated_and_be_completed),
        cmocka_unit_test(a_node_is_added_gets_slots_loses_them_and_is_removed),
        cmocka_unit_test(a_replica_takes_over_by_command_and_after_a_crash),
        cmocka_unit_test(one_node_with_a_password_owns_all_slots_on_ipv6),
    };
    return RUN_TESTS_BETWEEN("cluster support", tests, NULL, stop);
}
