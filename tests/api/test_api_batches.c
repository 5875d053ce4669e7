/* SPDX-License-Identifier: MIT */
/* The batches of <podlink/link.h>: order, a result for each item, and the outcome of each item if the server fails. */
#include "api_fixture.h"
#include "faulty_server.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 10000, LARGE = 1500, UID_SIZE = 16, LATE_MS = 50 };

static char uids[MANY][UID_SIZE];
static podlink_link_item items[MANY];

static const podlink_link the_link = {"test", "game", "user"};
#define LINK_KEY "sf:{test:lk:user}game"

static void fill(size_t count, int64_t persist_s)
{
    for (size_t i = 0; i < count; i++)
        items[i] = (podlink_link_item){.link = {"test", "game", uids[i]},
                                       .pod = (int32_t)(i % 7),
                                       .persist_s = persist_s,
                                       .status = PODLINK_ENOMEM,
                                       .delivery = PODLINK_UNKNOWN,
                                       .result = 77};
}

static void assert_item(size_t i, podlink_status status, int32_t result)
{
    if (items[i].status != status || items[i].result != result)
        fail_msg("items[%zu]: %s, %d", i, podlink_status_name(items[i].status), (int)items[i].result);
    assert_int_equal(items[i].delivery, PODLINK_ANSWERED);
}

/* ---- results of items ---- */

static void an_empty_batch_succeeds_at_once(void **state)
{
    (void)state;
    const uint64_t sent = api_stats(client).bytes_sent;
    assert_status(PODLINK_OK, podlink_link_set_batch(client, NULL, 0, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_set_if_absent_batch(client, NULL, 0, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, NULL, 0, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_remove_batch(client, NULL, 0, NULL, &err), &err);
    assert_int_equal(api_stats(client).bytes_sent, sent);
}

static void a_batch_of_one_equals_the_single_call(void **state)
{
    (void)state;
    fill(1, PODLINK_FOREVER);
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_OK, PODLINK_NO_POD);
    fill(1, 60);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_OK, 0);
    items[0].pod = 5;
    assert_status(PODLINK_OK, podlink_link_set_if_absent_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_OK, 0);
    items[0].persist_s = PODLINK_FOREVER;
    assert_status(PODLINK_OK, podlink_link_remove_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_OK, PODLINK_NO_POD);
    assert_status(PODLINK_OK, podlink_link_remove_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_NOT_LINKED, PODLINK_NO_POD);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, 1, NULL, &err), &err);
    assert_item(0, PODLINK_NOT_LINKED, PODLINK_NO_POD);
}

static void each_of_ten_thousand_items_has_its_own_result(void **state)
{
    (void)state;
    const podlink_stats before = api_stats(client);
    fill(MANY, PODLINK_FOREVER);
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_item(i, PODLINK_OK, PODLINK_NO_POD);
    for (size_t i = 0; i < MANY; i += 2)
        api_ask(redis, "DEL sf:{test:lk:%s}game", uids[i]);
    fill(MANY, PODLINK_FOREVER);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_item(i, i % 2 ? PODLINK_OK : PODLINK_NOT_LINKED, i % 2 ? (int32_t)(i % 7) : PODLINK_NO_POD);
    for (size_t i = 0; i < MANY; i++)
        items[i].pod = 9;
    assert_status(PODLINK_OK, podlink_link_set_if_absent_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_item(i, PODLINK_OK, i % 2 ? (int32_t)(i % 7) : 9);
    assert_status(PODLINK_OK, podlink_link_remove_batch(client, items, MANY, NULL, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_item(i, PODLINK_OK, PODLINK_NO_POD);
    assert_int_equal(api_ask(redis, "DBSIZE")->integer, 0);
    const podlink_stats after = api_stats(client);
    assert_int_equal(after.calls - before.calls, 4 * MANY);
    assert_int_equal(after.calls_ok - before.calls_ok, 4 * MANY);
    assert_true(after.writes - before.writes < MANY / 20); /* pipelined: many commands in each read */
}

static void items_on_one_key_run_in_order(void **state)
{
    (void)state;
    fill(1000, PODLINK_FOREVER);
    for (size_t i = 0; i < 1000; i++) {
        items[i].link = the_link;
        items[i].pod = (int32_t)i;
    }
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, 1000, NULL, &err), &err);
    for (size_t i = 0; i < 1000; i++)
        assert_item(i, PODLINK_OK, (int32_t)i - 1);
    assert_string_equal(api_ask(redis, "GET %s", LINK_KEY)->str, "999");
    api_ask(redis, "FLUSHALL");
    assert_status(PODLINK_OK, podlink_link_set_if_absent_batch(client, items, 1000, NULL, &err), &err);
    for (size_t i = 0; i < 1000; i++)
        assert_item(i, PODLINK_OK, 0);
    assert_status(PODLINK_OK, podlink_link_remove_batch(client, items, 2, NULL, &err), &err);
    assert_item(0, PODLINK_OK, PODLINK_NO_POD);
    assert_item(1, PODLINK_NOT_LINKED, PODLINK_NO_POD);
}

static void results_can_differ_and_the_first_failure_is_returned(void **state)
{
    (void)state;
    fill(6, PODLINK_FOREVER);
    api_ask(redis, "SET sf:{test:lk:%s}game 0", uids[0]);
    api_ask(redis, "SET sf:{test:lk:%s}game abc", uids[2]);
    api_ask(redis, "RPUSH sf:{test:lk:%s}game a", uids[3]);
    api_ask(redis, "SET sf:{test:lk:%s}game 4", uids[4]);
    podlink_status status = podlink_link_get_batch(client, items, 6, NULL, &err);
    assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "items[2]: ");
    assert_holds(err.message, "\"abc\"");
    assert_item(0, PODLINK_OK, 0);
    assert_item(1, PODLINK_NOT_LINKED, PODLINK_NO_POD);
    assert_item(2, PODLINK_ECORRUPT, PODLINK_UNREADABLE_POD);
    assert_item(3, PODLINK_EWRONGTYPE, PODLINK_NO_POD);
    assert_item(4, PODLINK_OK, 4);
    assert_item(5, PODLINK_NOT_LINKED, PODLINK_NO_POD);
    status = podlink_link_set_batch(client, items, 6, NULL, &err);
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "items[3]: ");
    assert_item(2, PODLINK_OK, PODLINK_UNREADABLE_POD);
    assert_item(5, PODLINK_OK, PODLINK_NO_POD);
}

static void an_invalid_item_fails_the_batch_before_anything_is_sent(void **state)
{
    (void)state;
    typedef podlink_status batch(podlink_client *, podlink_link_item *, size_t, const podlink_call *, podlink_error *);
    static batch *const batches[] = {podlink_link_set_batch, podlink_link_set_if_absent_batch, podlink_link_get_batch,
                                     podlink_link_remove_batch};
    const uint64_t sent = api_stats(client).bytes_sent;
    for (size_t j = 0; j < 4; j++) {
        fill(10, PODLINK_FOREVER);
        items[7].link.uid = "";
        items[9].link.uid = NULL;
        podlink_status status = batches[j](client, items, 10, NULL, &err);
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
        assert_string_equal(err.message, "items[7]: uid is empty");
        for (size_t i = 0; i < 10; i++) {
            assert_int_equal(items[i].status, PODLINK_EINVAL);
            assert_int_equal(items[i].delivery, PODLINK_NOT_SENT);
            assert_int_equal(items[i].result, PODLINK_NO_POD);
        }
    }
    assert_int_equal(api_stats(client).bytes_sent, sent);
    assert_int_equal(api_ask(redis, "DBSIZE")->integer, 0);
}

/* ---- a server that fails ---- */

static const char *const pod_3[] = {"*1\r\n$1\r\n3\r\n", NULL};

/* Checks that statuses come in the order answered, unknown, not sent, and counts them. */
static void count_deliveries(size_t count, size_t counts[3])
{
    int stage = 0;
    const podlink_delivery order[] = {PODLINK_ANSWERED, PODLINK_UNKNOWN, PODLINK_NOT_SENT};
    memset(counts, 0, 3 * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        while (stage < 3 && items[i].delivery != order[stage])
            stage++;
        if (stage == 3)
            fail_msg("items[%zu]: %s", i, podlink_delivery_text(items[i].delivery));
        assert_int_equal(items[i].status >= 0, items[i].delivery == PODLINK_ANSWERED);
        counts[items[i].delivery]++;
    }
}

static void each_item_has_its_own_delivery_if_the_server_dies_in_between(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_COMMAND, .at = 500, .then = FAULT_CLOSES, .is_last = true};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, pod_3);
    podlink_client *other = api_open(faulty_server_url(server));
    size_t counts[3];
    fill(MANY, PODLINK_FOREVER);
    podlink_status status = podlink_link_set_batch(other, items, MANY, NULL, &err);
    assert_true(status == PODLINK_ECONNLOST || status == PODLINK_ECONNECT);
    assert_int_equal(err.status, status);
    assert_holds(err.message, "items[500]: ");
    count_deliveries(MANY, counts);
    assert_int_equal(counts[PODLINK_ANSWERED], 500);
    assert_true(counts[PODLINK_UNKNOWN] >= 1);
    assert_true(counts[PODLINK_NOT_SENT] >= 1);
    const podlink_stats stats = api_stats(other);
    assert_int_equal(stats.calls_not_sent, counts[PODLINK_NOT_SENT]);
    assert_int_equal(stats.calls_unknown, counts[PODLINK_UNKNOWN]);
    podlink_client_free(other);
    faulty_server_stop(server);
}

static void unsent_items_are_sent_on_the_next_connection(void **state)
{
    (void)state;
    const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .at = 500, .then = FAULT_CLOSES},
                                       {.stage = FAULT_NEVER}};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, plans, 2, pod_3);
    podlink_client *other = api_open(faulty_server_url(server));
    size_t unknown = 0, answered = 0;
    fill(MANY, PODLINK_FOREVER);
    podlink_status status = podlink_link_set_batch(other, items, MANY, NULL, &err);
    assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN, status, &err);
    for (size_t i = 0; i < MANY; i++) {
        unknown += items[i].delivery == PODLINK_UNKNOWN;
        answered += items[i].status == PODLINK_OK;
    }
    assert_true(unknown >= 1 && unknown < MANY - 500);
    assert_int_equal(answered + unknown, MANY);
    assert_true(faulty_server_commands(server) <= MANY); /* nothing runs twice */
    podlink_client_free(other);
    faulty_server_stop(server);
}

static void a_repeatable_batch_survives_a_lost_connection(void **state)
{
    (void)state;
    const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .at = 500, .then = FAULT_CLOSES},
                                       {.stage = FAULT_NEVER}};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, plans, 2, pod_3);
    podlink_client *other = api_open(faulty_server_url(server));
    fill(MANY, PODLINK_FOREVER);
    podlink_status status = podlink_link_set_if_absent_batch(other, items, MANY, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    for (size_t i = 0; i < MANY; i++)
        assert_item(i, PODLINK_OK, 3);
    assert_int_equal(faulty_server_connections(server), 2);
    podlink_client_free(other);
    faulty_server_stop(server);
}

static void items_on_one_key_keep_their_order_if_one_is_repeated(void **state)
{
    (void)state;
    static const char *const said[] = {"-NOSCRIPT No matching script.\r\n", "-LOADING Redis is loading\r\n"};
    static const char *const in_order[] = {"*1\r\n$1\r\n1\r\n", "*1\r\n$1\r\n2\r\n", "*1\r\n$1\r\n3\r\n", NULL};
    for (size_t j = 0; j < 2; j++) {
        const struct fault_plan plans[] = {{.stage = FAULT_AT_COMMAND, .reply = said[j]}, {.stage = FAULT_NEVER}};
        struct faulty_server *server = faulty_server_start(FAKE_UNIX, plans, 2, in_order);
        podlink_client *other = api_open(faulty_server_url(server));
        fill(3, PODLINK_FOREVER);
        for (size_t i = 0; i < 3; i++)
            items[i].link = the_link;
        assert_status(PODLINK_OK, podlink_link_set_batch(other, items, 3, NULL, &err), &err);
        for (size_t i = 0; i < 3; i++)
            assert_item(i, PODLINK_OK, (int32_t)i + 1); /* as the server has answered them in order */
        podlink_client_free(other);
        faulty_server_stop(server);
    }
}

static void the_deadline_is_for_the_whole_batch(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_COMMAND, .at = 500, .then = FAULT_GOES_SILENT};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, pod_3);
    podlink_client *other = api_open(faulty_server_url(server));
    const podlink_call call = {.size = sizeof call, .timeout_ms = 1000}; /* ample for the items that are answered */
    size_t counts[3];
    fill(MANY, PODLINK_FOREVER);
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_set_batch(other, items, MANY, &call, &err);
    assert_true(api_late_ms(&watch, call.timeout_ms) <= LATE_MS * api_slowness());
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, status, &err);
    assert_holds(err.message, "items[500]: ");
    count_deliveries(MANY, counts);
    assert_int_equal(counts[PODLINK_ANSWERED], 500);
    assert_true(counts[PODLINK_UNKNOWN] >= 1);
    assert_true(counts[PODLINK_NOT_SENT] >= 1);
    for (size_t i = 500; i < MANY; i++)
        assert_int_equal(items[i].status, PODLINK_ETIMEDOUT);
    assert_int_equal(api_stats(other).timeouts, 1);
    podlink_client_free(other);
    faulty_server_stop(server);
}

/* A stopped server reads only what fits into the buffers between: the batch is much larger. */
static void a_batch_larger_than_all_buffers_ends_by_its_deadline(void **state)
{
    (void)state;
    static char service[513];
    const podlink_call call = {.size = sizeof call, .timeout_ms = 200};
    size_t counts[3];
    memset(service, 's', sizeof service - 1);
    fill(LARGE, PODLINK_FOREVER);
    for (size_t i = 0; i < LARGE; i++)
        items[i].link.service = service;
    api_pause(server);
    const struct api_watch watch = api_watch_start();
    podlink_status ended = podlink_link_set_batch(client, items, LARGE, &call, &err);
    const int64_t late_ms = api_late_ms(&watch, call.timeout_ms);
    api_resume(server);
    assert_true(late_ms <= LATE_MS * api_slowness());
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, ended, &err);
    count_deliveries(LARGE, counts);
    assert_int_equal(counts[PODLINK_ANSWERED], 0);
    if (api_masters() == 1) /* a third of it may fit */
        assert_true(counts[PODLINK_NOT_SENT] >= 1);
    int32_t pod;
    assert_status(PODLINK_NOT_LINKED, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_true(api_ask(redis, "DBSIZE")->integer <= 2 * (long long)counts[PODLINK_UNKNOWN]);
}

/* ---- the program ---- */

#define clean_test(f) cmocka_unit_test_setup(f, flush_keys)

static int start(void **state)
{
    for (size_t i = 0; i < MANY; i++)
        snprintf(uids[i], sizeof uids[i], "user-%zu", i);
    return start_with_quiet_client(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(an_empty_batch_succeeds_at_once),
        clean_test(a_batch_of_one_equals_the_single_call),
        clean_test(each_of_ten_thousand_items_has_its_own_result),
        clean_test(items_on_one_key_run_in_order),
        clean_test(results_can_differ_and_the_first_failure_is_returned),
        clean_test(an_invalid_item_fails_the_batch_before_anything_is_sent),
        clean_test(each_item_has_its_own_delivery_if_the_server_dies_in_between),
        clean_test(unsent_items_are_sent_on_the_next_connection),
        clean_test(a_repeatable_batch_survives_a_lost_connection),
        clean_test(items_on_one_key_keep_their_order_if_one_is_repeated),
        clean_test(the_deadline_is_for_the_whole_batch),
        clean_test(a_batch_larger_than_all_buffers_ends_by_its_deadline),
    };
    return RUN_TESTS_BETWEEN("api batches", tests, start, stop);
}
