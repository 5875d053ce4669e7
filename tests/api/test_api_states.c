/* SPDX-License-Identifier: MIT */
/* The operations of <podlink/state.h> on a real server. */
#include "api_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static const podlink_service the_service = {"test", "game"};
#define STATE_KEY    "sf:{test:state:game}"
#define WORKLOAD_KEY "sf:{test:workload:game}"

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/* ---- one state ---- */

static void a_state_is_stored_with_the_servers_time(void **state)
{
    (void)state;
    static const int64_t loads[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    for (int routing = PODLINK_UNAVAILABLE; routing <= PODLINK_SHUTTING_DOWN; routing++)
        for (size_t i = 0; i < COUNT_OF(loads); i++) {
            podlink_state got;
            const int64_t before = wall_ms();
            podlink_status status =
                podlink_state_set(client, &the_service, 0, loads[i], (podlink_routing)routing, NULL, &err);
            assert_status(PODLINK_OK, status, &err);
            assert_status(PODLINK_OK, podlink_state_get(client, &the_service, 0, &got, NULL, &err), &err);
            assert_int_equal(got.pod, 0);
            assert_int_equal(got.routing, routing);
            assert_true(got.load == loads[i]);
            assert_true(got.timestamp_ms >= before && got.timestamp_ms <= wall_ms());
        }
    assert_int_equal(api_ask(redis, "HLEN %s", STATE_KEY)->integer, 1);
}

static void a_missing_state_is_not_found(void **state)
{
    (void)state;
    podlink_state got;
    assert_status(PODLINK_NOT_FOUND, podlink_state_get(client, &the_service, 0, &got, NULL, &err), &err);
    assert_int_equal(got.pod, 0);
    api_ask(redis, "HSET %s 1 5-100-1", STATE_KEY);
    assert_status(PODLINK_NOT_FOUND, podlink_state_get(client, &the_service, 0, &got, NULL, &err), &err);
}

static void states_written_by_other_programs_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t load, timestamp_ms;
        podlink_routing routing;
    } good[] = {{"5-100", 5, 100, PODLINK_READY},
                {"-5-100", -5, 100, PODLINK_READY},
                {"-5-100-3", -5, 100, PODLINK_SHUTTING_DOWN},
                {"0-0-0", 0, 0, PODLINK_UNAVAILABLE},
                {"-9223372036854775808-9223372036854775807-2", INT64_MIN, INT64_MAX, PODLINK_DRAINING}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        podlink_state got;
        api_ask(redis, "HSET %s 7 %s", STATE_KEY, good[i].text);
        assert_status(PODLINK_OK, podlink_state_get(client, &the_service, 7, &got, NULL, &err), &err);
        assert_true(got.load == good[i].load && got.timestamp_ms == good[i].timestamp_ms);
        assert_int_equal(got.routing, good[i].routing);
    }
}

static void an_unreadable_state_is_corrupt_and_counted(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "bad",    "x-1",     "-",         "5",
                                      "5-",    "5-100-", "5-100-4", "5-100-1-1", "5-100-x",
                                      "5.5-1", "05-1",   "5--1",    "--5-1",     "5-100-01",
                                      " 5-1",  "5-1 ",   "+5-1",    "5-1-1\n",   "5-99999999999999999999"};
    const uint64_t before = api_stats(client).states_unreadable;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        podlink_state got;
        api_ask(redis, "HSET %s 7 %b", STATE_KEY, bad[i], strlen(bad[i]));
        podlink_status status = podlink_state_get(client, &the_service, 7, &got, NULL, &err);
        if (status != PODLINK_ECORRUPT)
            print_error("%s\n", bad[i]);
        assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
        assert_holds(err.message, "\"" STATE_KEY "\"");
        assert_holds(err.message, "pod 7");
    }
    assert_int_equal(api_stats(client).states_unreadable - before, COUNT_OF(bad));
}

static void a_routing_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(podlink_routing_text(PODLINK_UNAVAILABLE), "unavailable");
    assert_string_equal(podlink_routing_text(PODLINK_READY), "ready");
    assert_string_equal(podlink_routing_text(PODLINK_DRAINING), "draining");
    assert_string_equal(podlink_routing_text(PODLINK_SHUTTING_DOWN), "shutting-down");
    assert_string_equal(podlink_routing_text((podlink_routing)4), "unknown");
}

/* ---- many ---- */

static void a_list_is_sorted_by_pod_and_skips_unreadable_states(void **state)
{
    (void)state;
    podlink_states *states = NULL;
    api_ask(redis, "HSET %s 10 5-100-1 2 bad 9 -6-100-2 0 7-1 x 1-1-1 -1 1-1-1 03 1-1-1 2147483648 1-1-1", STATE_KEY);
    const uint64_t before = api_stats(client).states_unreadable;
    assert_status(PODLINK_OK, podlink_state_list(client, &the_service, &states, NULL, &err), &err);
    assert_int_equal(states->count, 3);
    assert_int_equal(states->skipped, 5);
    assert_int_equal(states->items[0].pod, 0);
    assert_int_equal(states->items[0].routing, PODLINK_READY);
    assert_int_equal(states->items[1].pod, 9);
    assert_int_equal(states->items[1].load, -6);
    assert_int_equal(states->items[1].routing, PODLINK_DRAINING);
    assert_int_equal(states->items[2].pod, 10);
    assert_int_equal(states->items[2].timestamp_ms, 100);
    podlink_free(states);
    assert_int_equal(api_stats(client).states_unreadable - before, 5);
}

static void an_empty_list_is_not_an_error(void **state)
{
    (void)state;
    podlink_states *states = NULL;
    assert_status(PODLINK_OK, podlink_state_list(client, &the_service, &states, NULL, &err), &err);
    assert_int_equal(states->count, 0);
    podlink_free(states);
    assert_status(PODLINK_OK, podlink_state_live(client, &the_service, 1000, &states, NULL, &err), &err);
    assert_int_equal(states->count, 0);
    podlink_free(states);
}

static void a_list_of_ten_thousand_pods_is_complete(void **state)
{
    (void)state;
    podlink_states *states = NULL;
    api_ask(redis, "EVAL %s 1 %s", "for i = 0, 9999 do redis.call('HSET', KEYS[1], i, i .. '-100-1') end", STATE_KEY);
    assert_status(PODLINK_OK, podlink_state_list(client, &the_service, &states, NULL, &err), &err);
    assert_int_equal(states->count, 10000);
    for (int32_t i = 0; i < 10000; i++) {
        assert_int_equal(states->items[i].pod, i);
        assert_int_equal(states->items[i].load, i);
    }
    podlink_free(states);
}

static void live_pods_are_recent_by_the_servers_clock(void **state)
{
    (void)state;
    podlink_states *states = NULL;
    podlink_state_set(client, &the_service, 3, 1, PODLINK_SHUTTING_DOWN, NULL, NULL);
    podlink_state_set(client, &the_service, 0, 1, PODLINK_READY, NULL, NULL);
    api_ask(redis, "HSET %s 1 1-100-1", STATE_KEY);
    assert_status(PODLINK_OK, podlink_state_live(client, &the_service, 60000, &states, NULL, &err), &err);
    assert_int_equal(states->count, 2);
    assert_int_equal(states->items[0].pod, 0);
    assert_int_equal(states->items[1].pod, 3);
    podlink_free(states);
    assert_status(PODLINK_OK, podlink_state_live(client, &the_service, 0, &states, NULL, &err), &err);
    assert_int_equal(states->count, 3);
    podlink_free(states);
    assert_status(PODLINK_OK, podlink_state_live(client, &the_service, INT64_C(1) << 53, &states, NULL, &err), &err);
    assert_int_equal(states->count, 3);
    podlink_free(states);
}

static void the_best_pod_can_be_pod_0_or_none(void **state)
{
    (void)state;
    int32_t pod = 77;
    assert_status(PODLINK_NOT_FOUND, podlink_state_best(client, &the_service, 0, &pod, NULL, &err), &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    podlink_state_set(client, &the_service, 0, 5, PODLINK_READY, NULL, NULL);
    podlink_state_set(client, &the_service, 1, 5, PODLINK_READY, NULL, NULL);
    podlink_state_set(client, &the_service, 2, 1, PODLINK_DRAINING, NULL, NULL);
    assert_status(PODLINK_OK, podlink_state_best(client, &the_service, 60000, &pod, NULL, &err), &err);
    assert_int_equal(pod, 0);
}

static void states_are_set_in_a_batch_in_order(void **state)
{
    (void)state;
    podlink_state_item items[4] = {{.service = the_service, .pod = 0, .routing = PODLINK_READY, .load = -5},
                                   {.service = {"test", "chat"}, .pod = 1, .routing = PODLINK_DRAINING, .load = 7},
                                   {.service = the_service, .pod = 0, .routing = PODLINK_SHUTTING_DOWN, .load = 9},
                                   {.service = {"test", "wrong"}, .pod = 1}};
    podlink_state got;
    api_ask(redis, "SET sf:{test:state:wrong} text");
    podlink_status status = podlink_state_set_batch(client, items, 4, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "items[3]: ");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].status, PODLINK_OK);
        assert_int_equal(items[i].delivery, PODLINK_ANSWERED);
    }
    assert_int_equal(items[3].status, PODLINK_EWRONGTYPE);
    assert_int_equal(podlink_state_get(client, &the_service, 0, &got, NULL, NULL), PODLINK_OK);
    assert_int_equal(got.load, 9);
    assert_int_equal(got.routing, PODLINK_SHUTTING_DOWN);
    assert_status(PODLINK_OK, podlink_state_set_batch(client, items, 3, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_state_set_batch(client, NULL, 0, NULL, &err), &err);
}

static void states_of_the_wrong_type_are_not_changed(void **state)
{
    (void)state;
    podlink_states *states = (podlink_states *)&states;
    podlink_state one;
    int32_t pod;
    api_ask(redis, "SET %s text", STATE_KEY);
    podlink_status status = podlink_state_set(client, &the_service, 0, 1, PODLINK_READY, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    status = podlink_state_get(client, &the_service, 0, &one, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    status = podlink_state_list(client, &the_service, &states, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_null(states);
    status = podlink_state_live(client, &the_service, 0, &states, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_null(states);
    status = podlink_state_best(client, &the_service, 0, &pod, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_string_equal(api_ask(redis, "GET %s", STATE_KEY)->str, "text");
}

/* ---- workloads ---- */

static void a_workload_state_is_any_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "running", "two\nlines\t\303\274", "-1"};
    podlink_workloads *workloads = NULL;
    podlink_status status = podlink_workload_get(client, &the_service, &workloads, NULL, &err);
    assert_status(PODLINK_NOT_FOUND, status, &err);
    assert_int_equal(workloads->count, 1);
    assert_null(workloads->items[0].state);
    podlink_free(workloads);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_status(PODLINK_OK, podlink_workload_set(client, &the_service, texts[i], NULL, &err), &err);
        status = podlink_workload_get(client, &the_service, &workloads, NULL, &err);
        assert_status(PODLINK_OK, status, &err);
        assert_string_equal(workloads->items[0].state, texts[i]);
        assert_int_equal(workloads->items[0].length, strlen(texts[i]));
        podlink_free(workloads);
    }
}

static void a_workload_state_of_a_mebibyte_is_stored_and_read(void **state)
{
    (void)state;
    static char text[1024 * 1024 + 1];
    podlink_workloads *workloads = NULL;
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = (char)('a' + i % 26);
    assert_status(PODLINK_OK, podlink_workload_set(client, &the_service, text, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_workload_get(client, &the_service, &workloads, NULL, &err), &err);
    assert_int_equal(workloads->items[0].length, sizeof text - 1);
    assert_string_equal(workloads->items[0].state, text);
    podlink_free(workloads);
}

static void a_workload_state_of_another_program_can_contain_a_nul(void **state)
{
    (void)state;
    podlink_workloads *workloads = NULL;
    api_ask(redis, "SET %s %b", WORKLOAD_KEY, "a\0b", (size_t)3);
    assert_status(PODLINK_OK, podlink_workload_get(client, &the_service, &workloads, NULL, &err), &err);
    assert_int_equal(workloads->items[0].length, 3);
    assert_memory_equal(workloads->items[0].state, "a\0b", 4);
    podlink_free(workloads);
}

static void many_workloads_are_returned_in_the_order_of_the_request(void **state)
{
    (void)state;
    const char *const services[] = {"chat", "none", "game", "chat"};
    podlink_workloads *workloads = NULL;
    api_ask(redis, "SET sf:{test:workload:chat} talks");
    api_ask(redis, "SET sf:{test:workload:game} plays");
    podlink_status status = podlink_workload_get_many(client, "test", services, 4, &workloads, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(workloads->count, 4);
    assert_string_equal(workloads->items[0].state, "talks");
    assert_null(workloads->items[1].state);
    assert_string_equal(workloads->items[2].state, "plays");
    assert_string_equal(workloads->items[3].state, "talks");
    podlink_free(workloads);
    status = podlink_workload_get_many(client, "test", NULL, 0, &workloads, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(workloads->count, 0);
    podlink_free(workloads);
}

static void a_workload_of_the_wrong_type_fails_the_call_and_is_named(void **state)
{
    (void)state;
    const char *const services[] = {"chat", "game"};
    podlink_workloads *workloads = (podlink_workloads *)&workloads;
    api_ask(redis, "RPUSH %s a", WORKLOAD_KEY);
    podlink_status status = podlink_workload_get_many(client, "test", services, 2, &workloads, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "items[1]: ");
    assert_null(workloads);
    status = podlink_workload_set(client, &the_service, "mended", NULL, &err);
    assert_status(PODLINK_OK, status, &err); /* SET replaces a value of any type */
}

/* ---- the program ---- */

#define clean_test(f) cmocka_unit_test_setup(f, flush_keys)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(a_state_is_stored_with_the_servers_time),
        clean_test(a_missing_state_is_not_found),
        clean_test(states_written_by_other_programs_are_read),
        clean_test(an_unreadable_state_is_corrupt_and_counted),
        clean_test(a_routing_has_a_text),
        clean_test(a_list_is_sorted_by_pod_and_skips_unreadable_states),
        clean_test(an_empty_list_is_not_an_error),
        clean_test(a_list_of_ten_thousand_pods_is_complete),
        clean_test(live_pods_are_recent_by_the_servers_clock),
        clean_test(the_best_pod_can_be_pod_0_or_none),
        clean_test(states_are_set_in_a_batch_in_order),
        clean_test(states_of_the_wrong_type_are_not_changed),
        clean_test(a_workload_state_is_any_text),
        clean_test(a_workload_state_of_a_mebibyte_is_stored_and_read),
        clean_test(a_workload_state_of_another_program_can_contain_a_nul),
        clean_test(many_workloads_are_returned_in_the_order_of_the_request),
        clean_test(a_workload_of_the_wrong_type_fails_the_call_and_is_named),
    };
    return RUN_TESTS_BETWEEN("api states", tests, start_with_client, stop);
}
