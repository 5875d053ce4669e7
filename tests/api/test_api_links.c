/* SPDX-License-Identifier: MIT */
/* The operations of <podlink/link.h> on a real server: their results, also without a link, with a corrupt value and
 * with a key of the wrong type. The script cases cover the branches of the scripts. */
#include "api_fixture.h"

#include <stdbool.h>
#include <string.h>

static const podlink_link the_link = {"test", "game", "user"};
#define LINK_KEY  "sf:{test:lk:user}game"
#define INDEX_KEY "sf:{test:lk:user}"
#define STATE_KEY "sf:{test:state:game}"

static void assert_stored(const char *command, const char *key, const char *expected)
{
    const redisReply *reply = api_ask(redis, "%s %s", command, key);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    assert_string_equal(reply->str, expected);
}

/* ---- results ---- */

static void a_link_to_any_pod_is_set_read_and_removed(void **state)
{
    (void)state;
    for (int32_t pod = 0; pod <= 1; pod++) {
        int32_t found = 77;
        assert_status(PODLINK_OK, podlink_link_set(client, &the_link, pod, PODLINK_FOREVER, &found, NULL, &err), &err);
        assert_int_equal(found, PODLINK_NO_POD);
        assert_status(PODLINK_OK, podlink_link_set(client, &the_link, pod, PODLINK_FOREVER, &found, NULL, &err), &err);
        assert_int_equal(found, pod);
        assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &found, NULL, &err), &err);
        assert_int_equal(found, pod);
        assert_status(PODLINK_OK, podlink_link_get_if_persistent(client, &the_link, &found, NULL, &err), &err);
        assert_int_equal(found, pod);
        assert_stored("GET", LINK_KEY, pod == 0 ? "0" : "1");
        assert_int_equal(api_ask(redis, "HGET %s game", INDEX_KEY)->str[0], '0' + pod);
        assert_status(PODLINK_OK, podlink_link_remove(client, &the_link, PODLINK_FOREVER, NULL, &err), &err);
        assert_int_equal(api_ask(redis, "EXISTS %s %s", LINK_KEY, INDEX_KEY)->integer, 0);
    }
}

static void a_missing_link_is_an_answer_not_a_failure(void **state)
{
    (void)state;
    int32_t pod = 77;
    assert_status(PODLINK_NOT_LINKED, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_int_equal(err.delivery, PODLINK_ANSWERED);
    pod = 77;
    assert_status(PODLINK_NOT_LINKED, podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_status(PODLINK_NOT_LINKED, podlink_link_remove(client, &the_link, PODLINK_FOREVER, NULL, &err), &err);
    assert_status(PODLINK_NOT_LINKED, podlink_link_remove(client, &the_link, 60, NULL, &err), &err);
    assert_status(PODLINK_NOT_LINKED, podlink_link_remove_if_pod(client, &the_link, 0, 60, NULL, &err), &err);
}

static void assert_ttl(podlink_status expected, int64_t least, int64_t most)
{
    int64_t seconds = 77;
    assert_status(expected, podlink_link_ttl(client, &the_link, &seconds, NULL, &err), &err);
    assert_true(seconds >= least && seconds <= most);
}

static void ttl_returns_the_seconds_that_a_link_has_left(void **state)
{
    (void)state;
    assert_ttl(PODLINK_NOT_LINKED, 0, 0);
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, &err), &err);
    assert_ttl(PODLINK_OK, PODLINK_FOREVER, PODLINK_FOREVER);
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err), &err);
    assert_ttl(PODLINK_OK, 50, 60);
    api_ask(redis, "PEXPIRE %s 10500", LINK_KEY);
    assert_ttl(PODLINK_OK, 2, 11);
    api_ask(redis, "SET %s rubbish EX 60", LINK_KEY);
    assert_ttl(PODLINK_OK, 50, 60); /* the value is not read */
}

static void a_temporary_link_is_not_persistent(void **state)
{
    (void)state;
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 0, 60, NULL, NULL, &err), &err);
    assert_status(PODLINK_NOT_LINKED, podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 0);
}

static void try_set_returns_the_pod_of_the_existing_link(void **state)
{
    (void)state;
    int32_t in_force = 77, previous = 77;
    api_ask(redis, "SET %s 0", LINK_KEY);
    podlink_status status =
        podlink_link_try_set(client, &the_link, 4, PODLINK_FOREVER, &in_force, &previous, NULL, &err);
    assert_status(PODLINK_REFUSED, status, &err);
    assert_int_equal(in_force, 0);
    assert_int_equal(previous, 0);
    assert_stored("GET", LINK_KEY, "0");
    api_ask(redis, "EXPIRE %s 60", LINK_KEY);
    status = podlink_link_try_set(client, &the_link, 4, PODLINK_FOREVER, &in_force, &previous, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(in_force, 4);
    assert_int_equal(previous, 0);
    status = podlink_link_try_set(client, &the_link, 4, PODLINK_FOREVER, NULL, NULL, NULL, NULL);
    assert_int_equal(status, PODLINK_OK);
}

static void a_link_is_removed_only_from_its_own_pod(void **state)
{
    (void)state;
    podlink_link_set(client, &the_link, 0, PODLINK_FOREVER, NULL, NULL, NULL);
    podlink_status status = podlink_link_remove_if_pod(client, &the_link, 1, PODLINK_FOREVER, NULL, &err);
    assert_status(PODLINK_NOT_LINKED, status, &err);
    assert_stored("GET", LINK_KEY, "0");
    assert_status(PODLINK_OK, podlink_link_remove_if_pod(client, &the_link, 0, 60, NULL, &err), &err);
    assert_in_range(api_ask(redis, "TTL %s", LINK_KEY)->integer, 50, 60);
    assert_int_equal(api_ask(redis, "EXISTS %s", INDEX_KEY)->integer, 0);
}

static void names_in_any_writing_system_make_the_documented_keys(void **state)
{
    (void)state;
    const podlink_link link = {"\303\274 b", "a:b c", "\360\237\216\256:\302\240"};
    const char *const key = "sf:{\303\274 b:lk:\360\237\216\256:\302\240}a:b c";
    const char *const index = "sf:{\303\274 b:lk:\360\237\216\256:\302\240}";
    assert_status(PODLINK_OK, podlink_link_set(client, &link, 5, PODLINK_FOREVER, NULL, NULL, &err), &err);
    assert_stored("GET", key, "5");
    assert_string_equal(api_ask(redis, "HGET %s %s", index, link.service)->str, "5");
}

/* ---- the services of a uid ---- */

static int32_t pod_of(const podlink_service_links *links, const char *service)
{
    for (size_t i = 0; i < links->count; i++)
        if (strcmp(links->items[i].service, service) == 0)
            return links->items[i].pod;
    fail_msg("no %s", service);
    return PODLINK_NO_POD;
}

static void the_services_of_a_uid_are_its_persistent_links(void **state)
{
    (void)state;
    const char *const services[] = {"game", "chat", "a service with a longer name than most"};
    podlink_service_links *links = NULL;
    assert_status(PODLINK_OK, podlink_link_services(client, "test", "user", &links, NULL, &err), &err);
    assert_int_equal(links->count, 0);
    podlink_free(links);
    for (int32_t i = 0; i < 3; i++) {
        const podlink_link link = {"test", services[i], "user"};
        podlink_link_set(client, &link, i, PODLINK_FOREVER, NULL, NULL, NULL);
    }
    podlink_link_set(client, &(podlink_link){"test", "temporary", "user"}, 9, 60, NULL, NULL, NULL);
    assert_status(PODLINK_OK, podlink_link_services(client, "test", "user", &links, NULL, &err), &err);
    assert_int_equal(links->count, 3);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(pod_of(links, services[i]), i);
    podlink_free(links);
}

static void a_thousand_services_of_a_uid_are_listed(void **state)
{
    (void)state;
    podlink_service_links *links = NULL;
    for (int i = 0; i < 1000; i++)
        api_ask(redis, "HSET %s service-%d %d", INDEX_KEY, i, i);
    assert_status(PODLINK_OK, podlink_link_services(client, "test", "user", &links, NULL, &err), &err);
    assert_int_equal(links->count, 1000);
    assert_int_equal(pod_of(links, "service-999"), 999);
    podlink_free(links);
}

static void a_corrupt_index_entry_is_reported_and_the_others_are_listed(void **state)
{
    (void)state;
    podlink_service_links *links = NULL;
    api_ask(redis, "HSET %s game 3 chat abc other 0", INDEX_KEY);
    podlink_status status = podlink_link_services(client, "test", "user", &links, NULL, &err);
    assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "\"" INDEX_KEY "\"");
    assert_holds(err.message, "\"abc\"");
    assert_holds(err.message, "\"chat\"");
    assert_int_equal(links->count, 3);
    assert_int_equal(pod_of(links, "game"), 3);
    assert_int_equal(pod_of(links, "chat"), PODLINK_UNREADABLE_POD);
    assert_int_equal(pod_of(links, "other"), 0);
    podlink_free(links);
}

/* ---- compute ---- */

static void compute_links_to_the_best_pod_once(void **state)
{
    (void)state;
    int32_t pod = 77;
    api_ask(redis, "HSET %s 0 7-100-1 1 5-100-1 2 1-100-2", STATE_KEY);
    podlink_status status = podlink_link_compute(client, &the_link, PODLINK_FOREVER, 0, &pod, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(pod, 1);
    assert_stored("GET", LINK_KEY, "1");
    assert_int_equal(api_ask(redis, "TTL %s", LINK_KEY)->integer, -1);
    api_ask(redis, "HSET %s 0 -9-100-1", STATE_KEY);
    status = podlink_link_compute(client, &the_link, 60, 0, &pod, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(pod, 1);
    assert_int_equal(api_ask(redis, "TTL %s", LINK_KEY)->integer, -1);
}

static void compute_finds_no_pod_if_none_is_ready_and_recent(void **state)
{
    (void)state;
    int32_t pod = 77;
    podlink_status status = podlink_link_compute(client, &the_link, PODLINK_FOREVER, 0, &pod, NULL, &err);
    assert_status(PODLINK_NOT_FOUND, status, &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    api_ask(redis, "HSET %s 0 7-100-1 1 5-100-0", STATE_KEY);
    pod = 77;
    status = podlink_link_compute(client, &the_link, PODLINK_FOREVER, 1000, &pod, NULL, &err);
    assert_status(PODLINK_NOT_FOUND, status, &err);
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_int_equal(api_ask(redis, "EXISTS %s %s", LINK_KEY, INDEX_KEY)->integer, 0);
    status = podlink_link_compute(client, &the_link, 60, 0, &pod, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(pod, 0);
    assert_in_range(api_ask(redis, "TTL %s", LINK_KEY)->integer, 50, 60);
}

/* ---- corrupt values ---- */

struct corrupt {
    const char *bytes;
    size_t length;
    const char *shown;
};

static const struct corrupt corrupt_values[] = {
    {"abc", 3, "\"abc\""},
    {"-1", 2, "\"-1\""},
    {"-2", 2, "\"-2\""},
    {"05", 2, "\"05\""},
    {"", 0, "\"\""},
    {"2147483648", 10, "\"2147483648\""},
    {"99999999999999999999", 20, "\"99999999999999999999\""},
    {"1\0002", 3, "\"1\\x002\""},
    {"\377\n\"\\", 4, "\"\\xff\\x0a\\\"\\\\\""},
    {" 5", 2, "\" 5\""},
};
enum { CORRUPT_COUNT = COUNT_OF(corrupt_values) };

static void put_corrupt(const struct corrupt *value)
{
    api_ask(redis, "SET %s %b", LINK_KEY, value->bytes, value->length);
}

static void assert_corrupt(const struct corrupt *value, podlink_status status, int32_t pod)
{
    if (status != PODLINK_ECORRUPT)
        print_error("the value is %s\n", value->shown);
    assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "\"" LINK_KEY "\"");
    assert_holds(err.message, value->shown);
    assert_int_equal(pod, PODLINK_UNREADABLE_POD);
    assert_memory_equal(api_ask(redis, "GET %s", LINK_KEY)->str, value->bytes, value->length);
}

static void get_reports_a_corrupt_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_get(client, &the_link, &pod, NULL, &err);
        assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
        assert_holds(err.message, corrupt_values[i].shown);
        podlink_link_item item = {.link = the_link};
        status = podlink_link_get_batch(client, &item, 1, NULL, &err);
        assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
        assert_holds(err.message, corrupt_values[i].shown);
        assert_holds(err.message, "items[0]: ");
        assert_int_equal(podlink_link_get(client, &the_link, &pod, NULL, NULL), PODLINK_ECORRUPT);
    }
}

static bool is_minus_one(const struct corrupt *value)
{
    return strcmp(value->bytes, "-1") == 0;
}

static void get_if_persistent_reports_a_corrupt_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &err);
        if (!is_minus_one(&corrupt_values[i]))
            assert_corrupt(&corrupt_values[i], status, pod);
    }
}

static void set_if_absent_reports_a_corrupt_link_and_keeps_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_set_if_absent(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, &err);
        if (!is_minus_one(&corrupt_values[i]))
            assert_corrupt(&corrupt_values[i], status, pod);
    }
}

static void try_set_reports_a_corrupt_link_and_keeps_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_try_set(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, NULL, &err);
        if (!is_minus_one(&corrupt_values[i]))
            assert_corrupt(&corrupt_values[i], status, pod);
    }
}

static void compute_reports_a_corrupt_link_and_keeps_it(void **state)
{
    (void)state;
    api_ask(redis, "HSET %s 0 7-100-1", STATE_KEY);
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_compute(client, &the_link, PODLINK_FOREVER, 0, &pod, NULL, &err);
        assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
        assert_holds(err.message, corrupt_values[i].shown);
    }
}

static void a_stored_minus_one_is_corrupt_not_a_missing_link(void **state)
{
    (void)state;
    const struct corrupt *value = &corrupt_values[1];
    int32_t pod = 77;
    put_corrupt(value);
    podlink_status status = podlink_link_get(client, &the_link, &pod, NULL, &err);
    assert_corrupt(value, status, PODLINK_UNREADABLE_POD);
    status = podlink_link_set_if_absent(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, &err);
    assert_corrupt(value, status, PODLINK_UNREADABLE_POD);
    status = podlink_link_try_set(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, NULL, &err);
    assert_corrupt(value, status, PODLINK_UNREADABLE_POD);
}

static void get_if_persistent_reports_a_stored_minus_one_as_corrupt(void **state)
{
    (void)state;
    int32_t pod = 77;
    put_corrupt(&corrupt_values[1]);
    podlink_status status = podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &err);
    assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "\"" LINK_KEY "\"");
    assert_holds(err.message, "-1"); /* quoted by the script: its plain -1 means that there is no link */
    assert_int_equal(pod, PODLINK_UNREADABLE_POD);
}

static void set_replaces_a_corrupt_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORRUPT_COUNT; i++) {
        int32_t pod = 77;
        put_corrupt(&corrupt_values[i]);
        podlink_status status = podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, &err);
        assert_status(PODLINK_OK, status, &err);
        if (!is_minus_one(&corrupt_values[i])) /* the script answers "-1" if there is no link */
            assert_int_equal(pod, PODLINK_UNREADABLE_POD);
        assert_stored("GET", LINK_KEY, "3");
    }
}

static void try_set_replaces_a_corrupt_temporary_link(void **state)
{
    (void)state;
    int32_t in_force = 77, previous = 77;
    api_ask(redis, "SET %s abc EX 60", LINK_KEY);
    podlink_status status =
        podlink_link_try_set(client, &the_link, 3, PODLINK_FOREVER, &in_force, &previous, NULL, &err);
    assert_status(PODLINK_OK, status, &err);
    assert_int_equal(in_force, 3);
    assert_int_equal(previous, PODLINK_UNREADABLE_POD);
    assert_stored("GET", LINK_KEY, "3");
}

static void a_corrupt_link_can_be_removed(void **state)
{
    (void)state;
    put_corrupt(&corrupt_values[0]);
    podlink_status status = podlink_link_remove_if_pod(client, &the_link, 3, PODLINK_FOREVER, NULL, &err);
    assert_status(PODLINK_NOT_LINKED, status, &err);
    assert_stored("GET", LINK_KEY, "abc");
    assert_status(PODLINK_OK, podlink_link_remove(client, &the_link, PODLINK_FOREVER, NULL, &err), &err);
    assert_int_equal(api_ask(redis, "EXISTS %s", LINK_KEY)->integer, 0);
}

static void a_long_value_is_truncated_in_the_message(void **state)
{
    (void)state;
    int32_t pod;
    api_ask(redis, "SETRANGE %s 100000 x", LINK_KEY);
    podlink_status status = podlink_link_get(client, &the_link, &pod, NULL, &err);
    assert_failure(PODLINK_ECORRUPT, PODLINK_ANSWERED, status, &err);
    assert_holds(err.message, "\"\\x00\\x00");
    assert_holds(err.message, "...");
}

/* ---- the wrong type ---- */

static void assert_wrong_type(podlink_status status)
{
    assert_failure(PODLINK_EWRONGTYPE, PODLINK_ANSWERED, status, &err);
    assert_holds(err.server, "WRONGTYPE");
    assert_holds(err.message, "WRONGTYPE");
}

static void a_link_of_the_wrong_type_is_not_changed(void **state)
{
    (void)state;
    int32_t pod = 77;
    api_ask(redis, "RPUSH %s a b", LINK_KEY);
    api_ask(redis, "HSET %s other 9", INDEX_KEY);
    assert_wrong_type(podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, &err));
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_wrong_type(podlink_link_set(client, &the_link, 3, 60, NULL, NULL, &err));
    assert_wrong_type(podlink_link_set_if_absent(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, &err));
    assert_wrong_type(podlink_link_try_set(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, NULL, &err));
    assert_wrong_type(podlink_link_get(client, &the_link, &pod, NULL, &err));
    assert_wrong_type(podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &err));
    assert_wrong_type(podlink_link_remove(client, &the_link, PODLINK_FOREVER, NULL, &err));
    assert_wrong_type(podlink_link_remove(client, &the_link, 60, NULL, &err));
    assert_wrong_type(podlink_link_remove_if_pod(client, &the_link, 3, 60, NULL, &err));
    assert_wrong_type(podlink_link_compute(client, &the_link, 60, 0, &pod, NULL, &err));
    assert_int_equal(api_ask(redis, "LLEN %s", LINK_KEY)->integer, 2);
    assert_int_equal(api_ask(redis, "TTL %s", LINK_KEY)->integer, -1);
    assert_int_equal(api_ask(redis, "HLEN %s", INDEX_KEY)->integer, 1);
}

static void no_link_is_set_if_the_index_has_the_wrong_type(void **state)
{
    (void)state;
    podlink_service_links *links = NULL;
    int32_t pod = 77;
    api_ask(redis, "SET %s text", INDEX_KEY);
    api_ask(redis, "HSET %s 0 7-100-1", STATE_KEY);
    assert_wrong_type(podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, &pod, NULL, &err));
    assert_wrong_type(podlink_link_set_if_absent(client, &the_link, 3, 60, NULL, NULL, &err));
    assert_wrong_type(podlink_link_try_set(client, &the_link, 3, 60, NULL, NULL, NULL, &err));
    assert_wrong_type(podlink_link_compute(client, &the_link, 60, 0, &pod, NULL, &err));
    assert_int_equal(pod, PODLINK_NO_POD);
    assert_wrong_type(podlink_link_services(client, "test", "user", &links, NULL, &err));
    assert_null(links);
    assert_int_equal(api_ask(redis, "EXISTS %s", LINK_KEY)->integer, 0);
    assert_stored("GET", INDEX_KEY, "text");
}

/* ---- the program ---- */

#define clean_test(f) cmocka_unit_test_setup(f, flush_keys)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(a_link_to_any_pod_is_set_read_and_removed),
        clean_test(a_missing_link_is_an_answer_not_a_failure),
        clean_test(ttl_returns_the_seconds_that_a_link_has_left),
        clean_test(a_temporary_link_is_not_persistent),
        clean_test(try_set_returns_the_pod_of_the_existing_link),
        clean_test(a_link_is_removed_only_from_its_own_pod),
        clean_test(names_in_any_writing_system_make_the_documented_keys),
        clean_test(the_services_of_a_uid_are_its_persistent_links),
        clean_test(a_thousand_services_of_a_uid_are_listed),
        clean_test(a_corrupt_index_entry_is_reported_and_the_others_are_listed),
        clean_test(compute_links_to_the_best_pod_once),
        clean_test(compute_finds_no_pod_if_none_is_ready_and_recent),
        clean_test(get_reports_a_corrupt_link),
        clean_test(get_if_persistent_reports_a_corrupt_link),
        clean_test(set_if_absent_reports_a_corrupt_link_and_keeps_it),
        clean_test(try_set_reports_a_corrupt_link_and_keeps_it),
        clean_test(compute_reports_a_corrupt_link_and_keeps_it),
        clean_test(a_stored_minus_one_is_corrupt_not_a_missing_link),
        clean_test(get_if_persistent_reports_a_stored_minus_one_as_corrupt),
        clean_test(set_replaces_a_corrupt_link),
        clean_test(try_set_replaces_a_corrupt_temporary_link),
        clean_test(a_corrupt_link_can_be_removed),
        clean_test(a_long_value_is_truncated_in_the_message),
        clean_test(a_link_of_the_wrong_type_is_not_changed),
        clean_test(no_link_is_set_if_the_index_has_the_wrong_type),
    };
    return RUN_TESTS_BETWEEN("api links", tests, start_with_client, stop);
}
