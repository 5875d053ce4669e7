/* SPDX-License-Identifier: MIT */
/* The sentinels of the other tests, inspected by hiredis alone: they start, and the functions that control them
 * work. */
#include "real_sentinel.h"
#include "tap_cmocka.h"

static struct test_sentinel *sentinel;

static void sentinels_start_and_agree(void **state)
{
    (void)state;
    const int64_t began = ask_now_ms();
    sentinel = test_sentinel_start(NULL);
    assert_non_null(sentinel);
    print_message("# started in %d ms\n", (int)(ask_now_ms() - began));
    assert_ptr_equal(test_sentinel_master(sentinel), test_sentinel_server(sentinel, 0));
}

static void a_planned_failover_names_another_master(void **state)
{
    (void)state;
    struct test_server *old = test_sentinel_master(sentinel);
    const int64_t began = ask_now_ms();
    assert_true(test_sentinel_failover(sentinel));
    assert_non_null(test_sentinel_new_master(sentinel, old, 10000));
    print_message("# another master after %d ms\n", (int)(ask_now_ms() - began));
    assert_true(test_sentinel_demote(sentinel, old));
    assert_true(test_sentinel_wait_stable(sentinel));
    print_message("# stable after %d ms\n", (int)(ask_now_ms() - began));
}

/* A sentinel makes a returned master a replica if it was up for 8 s when the sentinel asked it. It asks every 10 s, so
 * the second time can be a moment too early. */
enum { DEMOTED_WITHIN_MS = 60000 };

static bool is_replica(void *server)
{
    return ask_info_holds(server, "replication", "role:slave");
}

static void a_killed_master_is_replaced_and_returns_as_a_replica(void **state)
{
    (void)state;
    struct test_server *old = test_sentinel_master(sentinel);
    const int64_t began = ask_now_ms();
    test_server_kill(old);
    struct test_server *master = test_sentinel_new_master(sentinel, old, 10000);
    print_message("# another master after %d ms\n", (int)(ask_now_ms() - began));
    assert_non_null(master);
    assert_true(test_sentinel_revive(sentinel, old));
    assert_true(test_sentinel_wait_stable(sentinel));
    assert_true(ask_until(is_replica, old, DEMOTED_WITHIN_MS));
    print_message("# stable after %d ms\n", (int)(ask_now_ms() - began));
}

static void servers_and_sentinels_have_their_passwords(void **state)
{
    (void)state;
    test_sentinel_stop(sentinel);
    sentinel =
        test_sentinel_start(&(struct test_sentinel_plan){.password = "servers", .sentinel_password = "sentinels"});
    assert_non_null(sentinel);
    assert_string_equal(test_server_password(test_sentinel_sentinel(sentinel, 1)), "sentinels");
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
        cmocka_unit_test(sentinels_start_and_agree),
        cmocka_unit_test(a_planned_failover_names_another_master),
        cmocka_unit_test(a_killed_master_is_replaced_and_returns_as_a_replica),
        cmocka_unit_test(servers_and_sentinels_have_their_passwords),
    };
    return RUN_TESTS_BETWEEN("sentinel support", tests, NULL, stop);
}
