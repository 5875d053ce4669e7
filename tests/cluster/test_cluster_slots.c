/* SPDX-License-Identifier: MIT */
/* Slots that have moved, are being migrated, or are left half migrated: where a call ends, and how often it is sent. */
#include "cluster_links.h"

#include <pthread.h>
#include <stdio.h>

enum { MASTERS = 3, THREADS = 64, LATE_MS = 50, MS = 1000000, ITEMS = 300, MANY_SLOTS = 200 };

static struct test_cluster *cluster;
static podlink_client *client;
static podlink_error err;
static char uid[CLUSTER_UID_SIZE];

static podlink_call within(int64_t ms)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.timeout_ms = ms;
    return call;
}

static podlink_link link_on(size_t node)
{
    static unsigned next;
    return cluster_link_on(cluster, node, &next, uid);
}

static podlink_status set(const podlink_link *link, int32_t pod)
{
    return podlink_link_set(client, link, pod, PODLINK_FOREVER, NULL, NULL, &err);
}

/* ---- unknown slots ---- */

/* A client that loads no scripts at its open has not asked any node for the slot map yet. */
static void a_batch_can_be_the_first_call_of_a_client(void **state)
{
    (void)state;
    podlink_options options = api_options(test_cluster_url(cluster));
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    static const char *const uids[] = {"first", "second", "third", "fourth"};
    enum { COUNT = COUNT_OF(uids) };
    podlink_link_item items[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        items[i] = (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = (int32_t)i, .persist_s = 600};
    podlink_client *writer = api_open_with(&options), *reader = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_link_set_batch(writer, items, COUNT, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_get_batch(reader, items, COUNT, NULL, &err), &err);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(items[i].result, i);
    podlink_client_free(writer);
    podlink_client_free(reader);
}

static void a_batch_without_a_known_server_is_not_sent(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "cluster://127.0.0.1:%u", (unsigned)api_closed_port());
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    podlink_link_item items[2] = {{.link = {"test", "game", "one"}}, {.link = {"test", "game", "two"}}};
    const podlink_call call = within(100);
    podlink_client *lost = api_open_with(&options);
    const podlink_status status = podlink_link_get_batch(lost, items, 2, &call, &err);
    assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, status, &err);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(items[i].status, PODLINK_ECONNECT);
        assert_int_equal(items[i].delivery, PODLINK_NOT_SENT);
    }
    podlink_client_free(lost);
}

/* ---- moved slots ---- */

static void a_moved_slot_costs_one_redirect(void **state)
{
    (void)state;
    int32_t pod = 77;
    const podlink_link link = link_on(0);
    assert_status(PODLINK_OK, set(&link, 3), &err);
    assert_true(test_cluster_move(cluster, cluster_slot_of(cluster, &link), 1));
    const uint64_t before = api_stats(client).redirects_moved;
    for (int i = 0; i < 10; i++) {
        assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err);
        assert_int_equal(pod, 3);
    }
    assert_int_equal(api_stats(client).redirects_moved - before, 1);
}

struct caller {
    pthread_t thread;
    unsigned number;
    podlink_status worst;
};

static pthread_barrier_t together;

static void *call_at_once(void *argument)
{
    struct caller *caller = argument;
    podlink_error own;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < 100; i++) {
        char name[CLUSTER_UID_SIZE];
        snprintf(name, sizeof name, "many-%u-%u", caller->number, i);
        const podlink_link link = {"test", "game", name};
        podlink_status status = podlink_link_set_if_absent(client, &link, 1, 60, NULL, NULL, &own);
        if (status < 0)
            caller->worst = status;
    }
    return NULL;
}

/* A slot map has 3 entries here, and a hundred in a large cluster: 64 threads that fetch it at once would be a
 * storm. */
static void many_callers_with_moved_slots_share_a_few_refreshes(void **state)
{
    (void)state;
    static struct caller callers[THREADS];
    for (unsigned slot = 0; slot < MANY_SLOTS; slot++) {
        const unsigned moved = 6000 + slot * 10;
        assert_true(test_cluster_move(cluster, moved, test_cluster_owner_index(cluster, moved) == 0 ? 1 : 0));
    }
    const int64_t before = cluster_calls(cluster, "cluster|slots", "cluster");
    const uint64_t moved_before = api_stats(client).redirects_moved;
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i].number = i;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_at_once, &callers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].worst, PODLINK_OK);
    }
    pthread_barrier_destroy(&together);
    const int64_t asked = cluster_calls(cluster, "cluster|slots", "cluster") - before;
    const uint64_t moved = api_stats(client).redirects_moved - moved_before;
    print_message("# %d threads met MOVED %d times, and the map was asked for %d times\n", THREADS, (int)moved,
                  (int)asked);
    assert_true(moved > 0);
    assert_in_range(asked, 1, 5);
}

/* ---- slots that are being migrated ---- */

static void a_migrated_key_is_reached_by_ask_and_the_map_stays(void **state)
{
    (void)state;
    int32_t pod = 77;
    const podlink_link link = link_on(0);
    const unsigned slot = cluster_slot_of(cluster, &link);
    assert_status(PODLINK_OK, podlink_link_set(client, &link, 5, 600, NULL, NULL, &err), &err);
    assert_true(test_cluster_move_begin(cluster, slot, 2));
    assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err); /* the key is still there */
    assert_true(test_cluster_move_key(cluster, cluster_key_of(&link), 2));
    const podlink_stats before = api_stats(client);
    const int64_t asking = ask_calls(test_cluster_node(cluster, 2), "asking", NULL);
    for (int i = 0; i < 10; i++) {
        pod = 77;
        assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err);
        assert_int_equal(pod, 5);
    }
    const podlink_stats after = api_stats(client);
    assert_int_equal(after.redirects_ask - before.redirects_ask, 10);
    assert_int_equal(after.redirects_moved - before.redirects_moved, 0);
    assert_int_equal(ask_calls(test_cluster_node(cluster, 2), "asking", NULL) - asking, 10);
    assert_true(test_cluster_move_end(cluster, slot, 2));
    assert_status(PODLINK_OK, podlink_link_get(client, &link, &pod, NULL, &err), &err);
}

/* Link and index are two keys: while only one of them has moved, no node can serve both. */
static void a_call_whose_keys_stay_split_is_retried_until_its_deadline(void **state)
{
    (void)state;
    const podlink_link link = link_on(0);
    const unsigned slot = cluster_slot_of(cluster, &link);
    const podlink_call call = within(300);
    assert_status(PODLINK_OK, set(&link, 3), &err);
    assert_true(test_cluster_move_begin(cluster, slot, 1));
    assert_true(test_cluster_move_key(cluster, cluster_key_of(&link), 1));
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_set(client, &link, 4, PODLINK_FOREVER, NULL, &call, &err);
    const int64_t late_ms = api_late_ms(&watch, call.timeout_ms);
    assert_true(status == PODLINK_ETRYAGAIN || status == PODLINK_ETIMEDOUT);
    assert_int_equal(err.status, status);
    assert_int_equal(err.delivery, PODLINK_ANSWERED); /* by TRYAGAIN: nothing has been written */
    assert_holds(err.server, "TRYAGAIN");
    assert_true(late_ms >= -100 && late_ms <= LATE_MS * api_slowness());
    assert_true(test_cluster_move_end(cluster, slot, 1));
    int32_t previous = 77;
    status = podlink_link_set(client, &link, 4, PODLINK_FOREVER, &previous, &call, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(previous, 3);
}

struct cancel {
    unsigned slot;
    int after_ms;
};

static void *end_the_move(void *argument)
{
    const struct cancel *cancel = argument;
    ask_wait_ms(cancel->after_ms);
    return test_cluster_move_end(cluster, cancel->slot, 1) ? argument : NULL;
}

static void a_call_whose_keys_are_united_in_time_succeeds(void **state)
{
    (void)state;
    const podlink_link link = link_on(0);
    struct cancel cancel = {cluster_slot_of(cluster, &link), 200};
    pthread_t thread;
    void *ended = NULL;
    int32_t previous = 77;
    assert_status(PODLINK_OK, set(&link, 3), &err);
    assert_true(test_cluster_move_begin(cluster, cancel.slot, 1));
    assert_true(test_cluster_move_key(cluster, cluster_key_of(&link), 1));
    assert_int_equal(pthread_create(&thread, NULL, end_the_move, &cancel), 0);
    const podlink_call call = within(3000);
    podlink_status status = podlink_link_set(client, &link, 4, PODLINK_FOREVER, &previous, &call, &err);
    pthread_join(thread, &ended);
    assert_non_null(ended);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(previous, 3);
}

/* For two new keys the old node answers ASK and the new one TRYAGAIN: more often than the limit of redirects. */
static void a_call_with_new_keys_waits_for_the_migration_of_its_slot(void **state)
{
    (void)state;
    const podlink_link link = link_on(0);
    struct cancel cancel = {cluster_slot_of(cluster, &link), 600};
    pthread_t thread;
    void *ended = NULL;
    const uint64_t before = api_stats(client).redirects_ask;
    assert_true(test_cluster_move_begin(cluster, cancel.slot, 1));
    assert_int_equal(pthread_create(&thread, NULL, end_the_move, &cancel), 0);
    const podlink_call call = within(3000);
    podlink_status status = podlink_link_set(client, &link, 4, PODLINK_FOREVER, NULL, &call, &err);
    pthread_join(thread, &ended);
    assert_non_null(ended);
    assert_status(PODLINK_OK, status, &err);
    assert_true(api_stats(client).redirects_ask - before > 4);
}

/* Half of a slot's temporary links have moved, the other half has not. Items of other slots are not affected. */
static void a_batch_over_a_half_migrated_slot_has_every_result(void **state)
{
    (void)state;
    static char uids[ITEMS][CLUSTER_UID_SIZE];
    static podlink_link_item items[ITEMS];
    unsigned next = 100000;
    const podlink_link half = cluster_link_on(cluster, 0, &next, uids[0]);
    const unsigned slot = cluster_slot_of(cluster, &half);
    for (size_t i = 0; i < ITEMS;
         i++) { /* every third item is for the uid of the half migrated slot, with a service of its own */
        static char services[ITEMS][CLUSTER_UID_SIZE];
        snprintf(services[i], sizeof services[i], "service-%zu", i);
        if (i % 3 != 0)
            snprintf(uids[i], sizeof uids[i], "half-%zu", i);
        items[i] = (podlink_link_item){
            .link = {"test", services[i], i % 3 == 0 ? uids[0] : uids[i]}, .pod = (int32_t)i, .persist_s = 600};
    }
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    assert_true(test_cluster_move_begin(cluster, slot, 1));
    for (size_t i = 0; i < ITEMS; i += 6)
        assert_true(test_cluster_move_key(cluster, cluster_key_of(&items[i].link), 1));
    const podlink_stats before = api_stats(client);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(items[i].status, PODLINK_OK);
        assert_int_equal(items[i].result, i);
    }
    assert_int_equal(api_stats(client).redirects_ask - before.redirects_ask, ITEMS / 6);
    assert_true(test_cluster_move_end(cluster, slot, 1));
}

static void a_batch_with_split_keys_fails_only_those_items(void **state)
{
    (void)state;
    static char uids[ITEMS][CLUSTER_UID_SIZE];
    static podlink_link_item items[ITEMS];
    unsigned next = 200000;
    const podlink_link apart = cluster_link_on(cluster, 0, &next, uids[0]);
    const unsigned slot = cluster_slot_of(cluster, &apart);
    assert_status(PODLINK_OK, set(&apart, 3), &err);
    for (size_t i = 0; i < ITEMS; i++) {
        if (i > 0)
            snprintf(uids[i], sizeof uids[i], "apart-%zu", i);
        items[i] =
            (podlink_link_item){.link = {"test", "game", uids[i]}, .pod = (int32_t)i, .persist_s = PODLINK_FOREVER};
    }
    assert_true(test_cluster_move_begin(cluster, slot, 1));
    assert_true(test_cluster_move_key(cluster, cluster_key_of(&apart), 1));
    const podlink_call call = within(300);
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_link_set_batch(client, items, ITEMS, &call, &err);
    assert_true(api_late_ms(&watch, call.timeout_ms) <= LATE_MS * api_slowness());
    assert_true(status == PODLINK_ETRYAGAIN || status == PODLINK_ETIMEDOUT);
    assert_holds(err.message, "items[0]");
    assert_int_equal(items[0].status, status);
    assert_int_equal(items[0].delivery, PODLINK_ANSWERED);
    for (size_t i = 1; i < ITEMS; i++)
        if (test_cluster_slot(cluster, cluster_key_of(&items[i].link)) != slot)
            assert_int_equal(items[i].status, PODLINK_OK);
    assert_true(test_cluster_move_end(cluster, slot, 1));
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    cluster = test_cluster_start(NULL);
    if (!cluster)
        return -1;
    client = api_open(test_cluster_url(cluster));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    podlink_client_free(client);
    test_cluster_stop(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_can_be_the_first_call_of_a_client),
        cmocka_unit_test(a_batch_without_a_known_server_is_not_sent),
        cmocka_unit_test(a_moved_slot_costs_one_redirect),
        cmocka_unit_test(many_callers_with_moved_slots_share_a_few_refreshes),
        cmocka_unit_test(a_migrated_key_is_reached_by_ask_and_the_map_stays),
        cmocka_unit_test(a_call_whose_keys_stay_split_is_retried_until_its_deadline),
        cmocka_unit_test(a_call_whose_keys_are_united_in_time_succeeds),
        cmocka_unit_test(a_call_with_new_keys_waits_for_the_migration_of_its_slot),
        cmocka_unit_test(a_batch_over_a_half_migrated_slot_has_every_result),
        cmocka_unit_test(a_batch_with_split_keys_fails_only_those_items),
    };
    return RUN_TESTS_BETWEEN("cluster slots", tests, start, stop);
}
