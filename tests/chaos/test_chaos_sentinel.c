/* SPDX-License-Identifier: MIT */
/* A master under load that sentinels replace, by command and because it was killed. The windows that the client reports
 * are compared with the writes that are lost. */
#include "chaos_fixture.h"
#include "real_sentinel.h"

#include <stdio.h>

enum {
    THREADS = 8,
    SOON_MS = 20000,
    DOWN_AFTER_MS = 1500,
    MS = 1000000,
    WINDOW_MS = DOWN_AFTER_MS + 500,
    FIRST_SUCCESS_MS = 2000
};

static struct test_sentinel *sentinel;
static podlink_client *client;
static struct writers *writers;
static struct windows windows;

static void start_writers(uint32_t acks)
{
    const struct writers like = {.client = client,
                                 .windows = &windows,
                                 .threads = THREADS,
                                 .rate = chaos.rate,
                                 .timeout_ms = 6000,
                                 .acks = acks,
                                 .acks_timeout_ms = 200,
                                 .tolerance_ns = chaos_tolerance_ns()};
    writers = writers_start(&like);
    assert_true(writers_go_on(writers, chaos.rate / 4, SOON_MS));
}

static struct outcome stop_writers(const char *what)
{
    writers_stop(writers);
    struct test_server *master = test_sentinel_master(sentinel);
    assert_non_null(master);
    const struct outcome outcome = writers_compare(writers, &master, 1);
    writers_print(writers, &outcome, what);
    return outcome;
}

static void set_on_all(const char *name, const char *value)
{
    for (size_t i = 0; i < TEST_SENTINEL_NODES; i++)
        assert_true(ask_ok(test_sentinel_server(sentinel, i), "CONFIG SET %s %s", name, value));
}

/* A careful operator's failover: the next one begins when the old master is a replica again and has all data.
 * @param more  how many writes must succeed meanwhile */
static void replace(size_t more)
{
    struct test_server *old = test_sentinel_master(sentinel);
    const int64_t began = ask_now_ms();
    assert_true(test_sentinel_failover(sentinel));
    assert_non_null(test_sentinel_new_master(sentinel, old, SOON_MS));
    const int64_t replaced = ask_now_ms();
    assert_true(writers_go_on(writers, more, SOON_MS));
    assert_true(test_sentinel_demote(sentinel, old));
    assert_true(test_sentinel_wait_stable(sentinel));
    print_message("# planned failover: all sentinels name another master after %d ms\n", (int)(replaced - began));
}

static void assert_windows(int64_t limit_ms)
{
    for (size_t i = 0; i < windows_count(&windows); i++) {
        const int64_t ms = (windows.each[i].until_ns - windows.each[i].from_ns) / MS;
        if (ms > limit_ms)
            fail_msg("a window of %d ms", (int)ms);
    }
}

static void a_planned_failover_loses_writes_only_inside_the_window(void **state)
{
    (void)state;
    start_writers(0);
    for (int i = 0; i < chaos.failovers; i++)
        replace(chaos.rate);
    const struct outcome outcome = stop_writers("planned failovers");
    assert_int_equal(outcome.lost_outside, 0);
    assert_int_equal(outcome.doubled + outcome.phantoms + outcome.torn + outcome.other, 0);
    assert_int_equal(windows_count(&windows), chaos.failovers);
    assert_windows(WINDOW_MS * chaos.slowness);
    assert_int_equal(api_stats(client).master_changes, chaos.failovers);
}

/* Both replicas follow: both acknowledge what is written now, apart from delays of a busy machine. */
static void assert_acknowledged(void)
{
    size_t ok;
    const int64_t from_ns = api_now_ns();
    assert_true(writers_go_on(writers, chaos.rate / 2, SOON_MS));
    const size_t acked = writers_acked(writers, from_ns, api_now_ns(), &ok);
    print_message("# with both replicas there: %zu of %zu acknowledged by both\n", acked, ok);
    assert_true(acked * 10 >= ok * (chaos.slowness > 1 ? 5 : 9));
}

/* A master without its replicas accepts no writes, so no write is acknowledged by it alone. */
static void a_planned_failover_loses_no_write_that_two_replicas_acknowledged(void **state)
{
    (void)state;
    set_on_all("min-replicas-to-write", "1");
    set_on_all("min-replicas-max-lag", "2");
    start_writers(2);
    const int failovers = chaos.failovers > 2 ? chaos.failovers : 1; /* each takes some seconds */
    for (int i = 0; i < failovers; i++) {
        replace(chaos.rate / 4); /* with one replica each call waits for the second one until its acks timeout */
        assert_acknowledged();
    }
    const struct outcome outcome = stop_writers("planned failovers, acks=2, min-replicas-to-write 1");
    set_on_all("min-replicas-to-write", "0");
    assert_int_equal(outcome.lost_acked, 0);

    assert_int_equal(outcome.doubled + outcome.phantoms + outcome.torn + outcome.other, 0);
}

static void kill_the_master(void)
{
    struct test_server *old = test_sentinel_master(sentinel);
    const int64_t killed_ns = api_now_ns();
    test_server_kill(old);
    assert_non_null(test_sentinel_new_master(sentinel, old, SOON_MS));
    const int64_t replaced_ns = api_now_ns();
    assert_true(writers_go_on(writers, chaos.rate, SOON_MS));
    const int64_t first_ns = writers_first_success(writers, killed_ns + 100 * (int64_t)MS, NULL);
    const int first_ms = (int)((first_ns - killed_ns) / MS);
    print_message("# kill -9: the sentinels name another master after %d ms, the first success after %d ms\n",
                  (int)((replaced_ns - killed_ns) / MS), first_ms);
    assert_true(first_ms <= DOWN_AFTER_MS + FIRST_SUCCESS_MS * chaos.slowness);
    assert_true(test_sentinel_revive(sentinel, old));
    assert_true(test_sentinel_wait_stable(sentinel));
}

static void a_killed_master_loses_nothing(void **state)
{
    (void)state;
    start_writers(0);
    for (int i = 0; i < chaos.failovers; i++)
        kill_the_master();
    const struct outcome outcome = stop_writers("kill -9");
    assert_int_equal(outcome.lost_outside, 0);
    assert_int_equal(outcome.doubled + outcome.phantoms + outcome.torn + outcome.other, 0);
    const int others = (int)windows_count(&windows) - chaos.failovers;
    assert_true(others >= 0);
    if (others > 0)
        print_message("# the sentinels have replaced a master %d times that lived: the machine was too busy\n", others);
    else
        assert_int_equal(outcome.lost, 0);
}

/* ---- the program ---- */

static int begin(void **state)
{
    (void)state;
    if (!test_sentinel_wait_stable(sentinel) || !ask_ok(test_sentinel_master(sentinel), "FLUSHALL"))
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
    windows_fini(&windows);
    writers = NULL;
    client = NULL;
    return 0;
}

static int start(void **state)
{
    (void)state;
    sentinel = test_sentinel_start(&(struct test_sentinel_plan){.down_after_ms = DOWN_AFTER_MS});
    return sentinel ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_sentinel_stop(sentinel);
    return 0;
}

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        own_test(a_planned_failover_loses_writes_only_inside_the_window),
        own_test(a_planned_failover_loses_no_write_that_two_replicas_acknowledged),
        own_test(a_killed_master_loses_nothing),
    };
    chaos_init(argc, argv);
    return RUN_TESTS_BETWEEN("chaos sentinel", tests, start, stop);
}
