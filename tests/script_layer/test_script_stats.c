/* SPDX-License-Identifier: MIT */
/* The counters of each script, and the command by which it is called. */
#include "script_fixture.h"

#include <string.h>

static const podlink_link the_link = {"n", "chat", "u"};

static void calls_and_their_time_are_counted(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    for (int i = 0; i < 5; i++)
        assert_status(PODLINK_OK, podlink_link_set(s->client, &the_link, i, 60, &pod, NULL, &s->err), &s->err);
    const podlink_script_stats stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.calls, 5);
    assert_int_equal(stats.errors, 0);
    assert_int_equal(stats.loads, 1);
    assert_int_equal(stats.repairs, 0);
    assert_int_equal(stats.wire.count, 5);
    assert_true(stats.wire.sum_ns > 0);
    assert_true(podlink_histogram_quantile_ns(&stats.wire, 0.99) >= (int64_t)(stats.wire.sum_ns / 5));
    assert_int_equal(stats_of(s->client, "statefulTrySetLink").calls, 0);
}

static void a_batch_counts_its_items(void **state)
{
    struct setting *s = *state;
    podlink_link_item items[10];
    for (int i = 0; i < 10; i++)
        items[i] = (podlink_link_item){.link = the_link, .pod = i, .persist_s = 60};
    assert_status(PODLINK_OK, podlink_link_set_batch(s->client, items, 10, NULL, &s->err), &s->err);
    podlink_script_stats stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.calls, 10);
    assert_int_equal(stats.wire.count, 1);
    api_ask(s->redis, "DEL sf:{n:lk:u}chat");
    api_ask(s->redis, "RPUSH sf:{n:lk:u}chat x");
    assert_status(PODLINK_EWRONGTYPE, podlink_link_set_batch(s->client, items, 10, NULL, &s->err), &s->err);
    stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.calls, 20);
    assert_int_equal(stats.errors, 10);
}

static void repairs_and_loads_are_counted(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    for (int i = 0; i < 3; i++) {
        api_ask(s->redis, "SCRIPT FLUSH");
        assert_status(PODLINK_OK, podlink_link_set(s->client, &the_link, i, 60, &pod, NULL, &s->err), &s->err);
    }
    const podlink_script_stats stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.calls, 3);
    assert_int_equal(stats.loads, 4);
    assert_int_equal(stats.repairs, 3);
    assert_int_equal(stats.errors, 0);
}

static void a_call_without_an_answer_is_an_error_without_a_time(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    test_server_stop(s->server);
    s->server = NULL;
    const podlink_call call = within(50);
    assert_true(podlink_link_set(s->client, &the_link, 1, 60, &pod, &call, &s->err) < 0);
    const podlink_script_stats stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.calls, 1);
    assert_int_equal(stats.errors, 1);
    assert_int_equal(stats.wire.count, 0);
}

static void a_shorter_stats_struct_is_filled_to_its_size(void **state)
{
    struct setting *s = *state;
    podlink_script_stats stats;
    memset(&stats, 0x55, sizeof stats);
    stats.size = offsetof(podlink_script_stats, repairs);
    assert_int_equal(podlink_script_stats_of(s->client, "statefulSetLink", &stats), PODLINK_OK);
    assert_int_equal(stats.loads, 1);
    assert_int_equal(stats.repairs, 0x5555555555555555);
    assert_int_equal(podlink_script_stats_of(s->client, "none", &stats), PODLINK_ESCRIPT);
    assert_int_equal(podlink_script_stats_of(s->client, NULL, &stats), PODLINK_ESCRIPT);
}

static void read_only_scripts_go_by_evalsha_ro(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    podlink_states *states;
    podlink_service_links *links;
    const podlink_service service = {"n", "chat"};
    add_script(s->client, "reads", "--! read-only\nreturn redis.call('GET', 'x')");
    add_script(s->client, "lies", "--! read-only\nreturn redis.call('SET', 'x', 1)");
    api_ask(s->redis, "CONFIG RESETSTAT");
    podlink_link_get_if_persistent(s->client, &the_link, &pod, NULL, &s->err);
    podlink_state_best(s->client, &service, 0, &pod, NULL, &s->err);
    assert_status(PODLINK_OK, podlink_state_live(s->client, &service, 0, &states, NULL, &s->err), &s->err);
    podlink_free(states);
    assert_status(PODLINK_OK, podlink_link_services(s->client, "n", "u", &links, NULL, &s->err), &s->err);
    podlink_free(links);
    podlink_status status = podlink_script_run(s->client, "reads", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &s->err);
    assert_status(PODLINK_OK, status, &s->err);
    status = podlink_script_run(s->client, "lies", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &s->err);
    if (api_server_version(s->redis) < 700) {
        assert_status(PODLINK_OK, status, &s->err);
        assert_int_equal(calls_of(s->redis, "evalsha_ro"), 0);
        return;
    }
    assert_failure(PODLINK_ESERVER, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.server, "read-only");
    assert_int_equal(calls_of(s->redis, "evalsha"), 0);
    assert_true(calls_of(s->redis, "evalsha_ro") >= 6);
    podlink_link_set(s->client, &the_link, 1, 60, &pod, NULL, &s->err);
    assert_int_equal(calls_of(s->redis, "evalsha"), 1);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin_setting, end_setting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(calls_and_their_time_are_counted),
        WITH_SERVER(a_batch_counts_its_items),
        WITH_SERVER(repairs_and_loads_are_counted),
        WITH_SERVER(a_call_without_an_answer_is_an_error_without_a_time),
        WITH_SERVER(a_shorter_stats_struct_is_filled_to_its_size),
        WITH_SERVER(read_only_scripts_go_by_evalsha_ro),
    };
    return RUN_TESTS("script stats", tests);
}
