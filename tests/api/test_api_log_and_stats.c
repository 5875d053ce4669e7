/* SPDX-License-Identifier: MIT */
/* A client's log records and counters. */
#include "api_fixture.h"
#include "operation_calls.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct api_log log_kept;

static const podlink_link the_link = {"test", "game", "user"};

static int begin(void **state)
{
    (void)state;
    api_ask(redis, "FLUSHALL");
    log_kept.count = 0;
    return 0;
}

static void open_with_log(podlink_log_level level)
{
    podlink_options options = operation_options(api_url(server));
    options.script_loading = PODLINK_LOAD_ON_OPEN;
    options.log = api_log_write;
    options.log_context = &log_kept;
    options.log_level = level;
    client = api_open_with(&options);
}

/* ---- the log ---- */

static void each_loaded_script_is_logged_with_name_and_sha(void **state)
{
    (void)state;
    podlink_script_info info;
    open_with_log(PODLINK_LOG_DEBUG);
    for (size_t i = 0; i < podlink_script_count(client); i++) {
        assert_int_equal(podlink_script_at(client, i, &info), PODLINK_OK);
        const struct api_log_record *record = api_log_find(&log_kept, "script_loaded", info.name, 0);
        assert_non_null(record);
        assert_int_equal(record->level, PODLINK_LOG_DEBUG);
        assert_int_equal(record->status, PODLINK_OK);
        assert_string_equal(record->sha, info.sha);
        assert_holds(record->server, test_server_socket(server));
        assert_holds(record->message, info.name);
        assert_holds(record->message, info.sha);
        assert_null(api_log_find(&log_kept, "script_loaded", info.name, 1));
    }
}

static void a_script_that_is_loaded_again_is_logged(void **state)
{
    (void)state;
    open_with_log(PODLINK_LOG_DEBUG);
    api_ask(redis, "SCRIPT FLUSH");
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err), &err);
    assert_non_null(api_log_find(&log_kept, "script_loaded", "statefulSetLink", 1));
}

static void each_call_is_logged_with_name_and_duration(void **state)
{
    (void)state;
    static const struct {
        const char *operation;
        const char *name;
    } named[] = {{"ping", "ping"},           {"link_set", "link set"},
                 {"link_get", "link get"},   {"link_remove", "link remove"},
                 {"state_set", "state set"}, {"workload_get", "workload get"},
                 {"script_run", "own"}};
    size_t count, found = 0;
    const struct operation *all = operations(&count);
    open_with_log(PODLINK_LOG_DEBUG);
    for (size_t i = 1; i < count; i++) {
        log_kept.count = 0;
        const int64_t began = api_now_ns();
        podlink_status status = all[i].run(client, &operation_valid, &err);
        const int64_t took = api_now_ns() - began;
        assert_true(status >= 0);
        const struct api_log_record *record = api_log_find(&log_kept, "call", NULL, 0);
        assert_non_null(record);
        assert_int_equal(record->level, PODLINK_LOG_DEBUG);
        assert_true(record->name[0] != '\0');
        assert_in_range(record->duration_ns, 0, took);
        assert_holds(record->message, record->name);
        for (size_t j = 0; j < COUNT_OF(named); j++)
            if (strcmp(named[j].operation, all[i].name) == 0) {
                assert_string_equal(record->name, named[j].name);
                found++;
            }
    }
    assert_int_equal(found, COUNT_OF(named));
}

static void a_failed_call_is_logged_with_its_status(void **state)
{
    (void)state;
    int32_t pod;
    open_with_log(PODLINK_LOG_DEBUG);
    api_ask(redis, "RPUSH sf:{test:lk:user}game a");
    log_kept.count = 0;
    podlink_status status = podlink_link_get(client, &the_link, &pod, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_int_equal(api_log_find(&log_kept, "call", "link get", 0)->status, PODLINK_EWRONGTYPE);
}

static void records_below_the_level_are_not_written(void **state)
{
    (void)state;
    open_with_log(PODLINK_LOG_INFO);
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err), &err);
    assert_non_null(api_log_find(&log_kept, "connected", NULL, 0));
    for (size_t i = 0; i < log_kept.count; i++)
        assert_true(log_kept.records[i].level >= PODLINK_LOG_INFO);
    free_client(NULL);
    log_kept.count = 0;
    open_with_log(PODLINK_LOG_WARN);
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err), &err);
    assert_int_equal(log_kept.count, 0);
}

static void a_lost_connection_is_logged_as_a_warning(void **state)
{
    (void)state;
    open_with_log(PODLINK_LOG_INFO);
    api_ask(redis, "CLIENT KILL TYPE normal");
    assert_status(PODLINK_OK, podlink_ping(client, NULL, NULL, &err), &err);
    const struct api_log_record *record = api_log_find(&log_kept, "connection_lost", NULL, 0);
    assert_non_null(record);
    assert_int_equal(record->level, PODLINK_LOG_WARN);
    assert_int_equal(record->status, PODLINK_ECONNLOST);
}

static void a_failed_dial_is_logged_with_the_address(void **state)
{
    (void)state;
    podlink_options options = operation_options("unix:///nonexistent/socket");
    options.log = api_log_write;
    options.log_context = &log_kept;
    client = api_open_with(&options);
    assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, podlink_ping(client, NULL, NULL, &err), &err);
    const struct api_log_record *record = api_log_find(&log_kept, "connect_failed", NULL, 0);
    assert_non_null(record);
    assert_int_equal(record->level, PODLINK_LOG_WARN);
    assert_int_equal(record->status, PODLINK_ECONNECT);
    assert_holds(record->server, "/nonexistent/socket");
}

/* ---- counters ---- */

static void assert_sums(const podlink_stats *stats)
{
    assert_int_equal(stats->calls,
                     stats->calls_ok + stats->calls_server_error + stats->calls_not_sent + stats->calls_unknown);
}

static void calls_are_the_sum_of_their_outcomes(void **state)
{
    (void)state;
    size_t count;
    const struct operation *all = operations(&count);
    open_with_log(PODLINK_LOG_ERROR);
    podlink_stats before = api_stats(client);
    assert_sums(&before);
    for (size_t i = 1; i < count; i++) {
        assert_true(all[i].run(client, &operation_valid, &err) >= 0);
        const podlink_stats after = api_stats(client);
        assert_sums(&after);
        assert_true(after.calls > before.calls);
        assert_int_equal(after.calls - before.calls, after.calls_ok - before.calls_ok);
        assert_true(after.bytes_sent > before.bytes_sent);
        assert_true(after.bytes_received > before.bytes_received);
        assert_true(after.writes > before.writes);
        assert_true(after.reads > before.reads);
        before = after;
    }
    assert_int_equal(before.connections, 1);
    assert_int_equal(before.dials, 1);
    assert_int_equal(before.dial_failures, 0);
    assert_int_equal(before.retries, 0);
}

static void a_batch_counts_its_items(void **state)
{
    (void)state;
    podlink_link_item items[50];
    open_with_log(PODLINK_LOG_ERROR);
    const podlink_stats before = api_stats(client);
    for (size_t i = 0; i < 50; i++)
        items[i] = (podlink_link_item){.link = the_link, .pod = 1, .persist_s = 60};
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, 50, NULL, &err), &err);
    assert_int_equal(api_stats(client).calls - before.calls, 50);
}

static void each_outcome_has_its_own_counter(void **state)
{
    (void)state;
    int32_t pod;
    open_with_log(PODLINK_LOG_ERROR);
    const podlink_stats before = api_stats(client);
    assert_int_equal(podlink_link_get(client, &the_link, &pod, NULL, NULL), PODLINK_NOT_LINKED);
    api_ask(redis, "RPUSH sf:{test:lk:user}game a");
    assert_int_equal(podlink_link_get(client, &the_link, &pod, NULL, NULL), PODLINK_EWRONGTYPE);
    assert_int_equal(podlink_link_set(client, &the_link, -1, 60, NULL, NULL, NULL), PODLINK_EINVAL);
    const podlink_stats after = api_stats(client);
    assert_int_equal(after.calls - before.calls, 2);
    assert_int_equal(after.calls_ok - before.calls_ok, 1);
    assert_int_equal(after.calls_server_error - before.calls_server_error, 1);
}

static void script_loads_are_counted(void **state)
{
    (void)state;
    open_with_log(PODLINK_LOG_ERROR);
    podlink_stats stats = api_stats(client);
    assert_int_equal(stats.script_loads, podlink_script_count(client));
    assert_int_equal(stats.noscript_repairs, 0);
    api_ask(redis, "SCRIPT FLUSH");
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err), &err);
    stats = api_stats(client);
    assert_int_equal(stats.script_loads, podlink_script_count(client) + 1);
    assert_int_equal(stats.noscript_repairs, 1);
    assert_sums(&stats);
}

static void a_shorter_stats_struct_is_filled_to_its_size(void **state)
{
    (void)state;
    podlink_stats stats;
    open_with_log(PODLINK_LOG_ERROR);
    memset(&stats, 0x55, sizeof stats);
    stats.size = offsetof(podlink_stats, calls);
    podlink_client_stats(client, &stats);
    assert_int_equal(stats.size, offsetof(podlink_stats, calls));
    assert_int_equal(stats.dials, 1);
    assert_int_equal(stats.calls, UINT64_C(0x5555555555555555));
}

/* ---- the program ---- */

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, free_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        own_test(each_loaded_script_is_logged_with_name_and_sha),
        own_test(a_script_that_is_loaded_again_is_logged),
        own_test(each_call_is_logged_with_name_and_duration),
        own_test(a_failed_call_is_logged_with_its_status),
        own_test(records_below_the_level_are_not_written),
        own_test(a_lost_connection_is_logged_as_a_warning),
        own_test(a_failed_dial_is_logged_with_the_address),
        own_test(calls_are_the_sum_of_their_outcomes),
        own_test(a_batch_counts_its_items),
        own_test(each_outcome_has_its_own_counter),
        own_test(script_loads_are_counted),
        own_test(a_shorter_stats_struct_is_filled_to_its_size),
    };
    return RUN_TESTS_BETWEEN("api log and stats", tests, start_server, stop);
}
