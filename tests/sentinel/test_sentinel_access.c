/* SPDX-License-Identifier: MIT */
/* Sentinels and servers with passwords: each gets its own, and none is reported. podlink's ACL rules are enough, and no
 * word can be left out. The connections to sentinels are counted and closed. */
#include "acl.h"
#include "faulty_server.h"
#include "real_sentinel.h"
#include "secrets.h"

#include <podlink/acl.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000000, SOON_MS = 20000, LATE_MS = 60, N = TEST_SENTINEL_NODES };

static struct test_sentinel *deployment;
static podlink_error err;

static const podlink_service game = {"test", "game"};

/* ---- clients ---- */

static podlink_options options_as_default(void)
{
    podlink_options options = api_options(test_sentinel_url(deployment));
    options.password = SECRET_OF_SERVERS;
    options.sentinel_password = SECRET_OF_SENTINELS;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    return options;
}

static podlink_status set(podlink_client *client, uint32_t acks)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.acks = acks;
    return podlink_workload_set(client, &game, "busy", &call, &err);
}

static podlink_status get(podlink_client *client)
{
    podlink_workloads *workloads = NULL;
    podlink_status status = podlink_workload_get(client, &game, &workloads, NULL, &err);
    podlink_free(workloads);
    return status;
}

/* How many connections of this name a server has, besides the one that asks. */
static int named_at(const struct test_server *server, const char *name, const char *list_what)
{
    char word[64];
    int count = 0;
    snprintf(word, sizeof word, " name=%s ", name);
    redisReply *list = ask(server, list_what);
    for (const char *at = list ? list->str : NULL; at && (at = strstr(at, word)); at++)
        count++;
    freeReplyObject(list);
    return count;
}

static int named_at_sentinels(const char *name, const char *list_what)
{
    int count = 0;
    for (size_t i = 0; i < N; i++)
        count += named_at(test_sentinel_sentinel(deployment, i), name, list_what);
    return count;
}

static bool are_gone_from_sentinels(void *name)
{
    return named_at_sentinels(name, "CLIENT LIST") == 0;
}

static bool listens_to_all(void *name)
{
    return named_at_sentinels(name, "CLIENT LIST TYPE pubsub") == N;
}

/* ---- passwords ---- */

static podlink_status open_fails(const podlink_options *options)
{
    podlink_client *client = (podlink_client *)&client;
    podlink_status status = podlink_client_open(options, &client, &err);
    print_message("# %s: %s\n", podlink_status_name(status), err.message);
    assert_true(status < 0);
    assert_int_equal(err.status, status);
    assert_null(client);
    return status;
}

static void sentinels_and_servers_have_passwords_of_their_own(void **state)
{
    (void)state;
    podlink_options options = options_as_default();
    options.script_loading = PODLINK_LOAD_ON_OPEN;
    secrets_record(&options);
    options.sentinel_password = NULL;
    assert_int_equal(open_fails(&options), PODLINK_EAUTH);
    secrets_check(&err);
    options.sentinel_password = SECRET_WRONG;
    assert_int_equal(open_fails(&options), PODLINK_EAUTH);
    secrets_check(&err);
    options.sentinel_password = SECRET_OF_SENTINELS;
    options.password = SECRET_WRONG;
    assert_int_equal(open_fails(&options), PODLINK_EAUTH);
    secrets_check(&err);
    options.password = SECRET_OF_SERVERS;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 0), &err);
    podlink_client_free(client);
}

/* A server would log that it got the wrong password. */
static void servers_never_get_the_sentinels_password_nor_the_reverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        assert_true(ask_ok(test_sentinel_server(deployment, i), "ACL LOG RESET"));
        assert_true(ask_ok(test_sentinel_sentinel(deployment, i), "ACL LOG RESET"));
    }
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.client_name = "shown";
    options.read_from = PODLINK_READ_REPLICA;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 1), &err);
    for (int i = 0; i < 4; i++)
        get(client);
    podlink_client_tick(client);
    assert_true(listens_to_all("shown"));
    podlink_client_free(client);
    secrets_check(NULL);
    for (size_t i = 0; i < N; i++) {
        assert_string_equal(acl_refused(test_sentinel_server(deployment, i)), "");
        assert_string_equal(acl_refused(test_sentinel_sentinel(deployment, i)), "");
    }
}

static void a_refusing_sentinel_is_skipped_and_no_password_is_reported(void **state)
{
    (void)state;
    char *rule;
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.sentinel_user = "eva";
    assert_status(PODLINK_OK, podlink_acl_rule("test", PODLINK_ACL_SENTINEL_USER, &rule, &err), &err);
    for (size_t i = 0; i < N; i++)
        assert_true(acl_allow(test_sentinel_sentinel(deployment, i), i == 2 ? SECRET_OF_SENTINELS : "other", rule));
    podlink_free(rule);
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 0), &err);
    podlink_client_tick(client);
    podlink_client_free(client);
    secrets_check(&err);
    assert_true(acl_allow(test_sentinel_sentinel(deployment, 2), "other", ""));
    client = api_open_with(&options);
    assert_status(PODLINK_EAUTH, set(client, 0), &err);
    secrets_check(&err);
    podlink_client_tick(client);
    podlink_client_free(client);
    secrets_check(NULL);
}

/* Some servers quote what they were sent. */
static void a_password_echoed_by_a_sentinel_is_not_reported(void **state)
{
    (void)state;
    static const char *const wrong_replies[] = {
        "-ERR unknown command 'AUTH', with args beginning with: '" SECRET_OF_SENTINELS "'\r\n",
        "-WRONGPASS " SECRET_OF_SENTINELS "\r\n", "$30\r\n" SECRET_OF_SENTINELS "\r\n"};
    for (size_t i = 0; i < COUNT_OF(wrong_replies); i++) {
        const struct fault_plan plan = {.stage = FAULT_AT_HANDSHAKE, .reply = wrong_replies[i], .then = FAULT_CLOSES};
        struct faulty_server *server = faulty_server_start(FAKE_TCP, &plan, 1, (const char *const[]){"+OK\r\n", NULL});
        char url[128];
        assert_non_null(server);
        snprintf(url, sizeof url, "sentinel%s/mymaster", strchr(faulty_server_url(server), ':'));
        podlink_options options = options_as_default();
        secrets_record(&options);
        options.url = url;
        options.retries = 0;
        podlink_client *client = api_open_with(&options);
        assert_true(set(client, 0) < 0);
        secrets_check(&err);
        podlink_client_tick(client);
        podlink_client_free(client);
        secrets_check(NULL);
        faulty_server_stop(server);
    }
}

/* ---- rules ---- */

static const struct use {
    uint32_t of_servers;
    uint32_t of_sentinels;
    const char *name;
    uint32_t acks;
    podlink_read_from read_from;
} uses[] = {
    {PODLINK_ACL_WORKLOADS | PODLINK_ACL_SENTINEL, PODLINK_ACL_SENTINEL_USER, NULL, 0, PODLINK_READ_REPLICA},
    {PODLINK_ACL_WORKLOADS | PODLINK_ACL_SENTINEL | PODLINK_ACL_ACKS | PODLINK_ACL_CLIENT_NAME,
     PODLINK_ACL_SENTINEL_USER | PODLINK_ACL_CLIENT_NAME, "eva-is-here", 1, PODLINK_READ_MASTER},
};

static podlink_client *open_as_eva(const struct use *use)
{
    podlink_options options = options_as_default();
    options.user = options.sentinel_user = "eva";
    options.client_name = use->name;
    options.read_from = use->read_from;
    options.retries = 0;
    options.no_janitor_thread = 1;
    return api_open_with(&options);
}

/* A failure, or PODLINK_OK. The tick subscribes to the sentinels. */
static podlink_status use_as_eva(const struct use *use)
{
    podlink_client *client = open_as_eva(use);
    podlink_status status = set(client, use->acks);
    if (status == PODLINK_OK)
        status = get(client);
    podlink_client_tick(client);
    podlink_client_free(client);
    return status;
}

static void allow_everywhere(const char *of_servers, const char *of_sentinels)
{
    for (size_t i = 0; i < N; i++) {
        assert_true(acl_allow(test_sentinel_server(deployment, i), SECRET_OF_SERVERS, of_servers));
        assert_true(acl_allow(test_sentinel_sentinel(deployment, i), SECRET_OF_SENTINELS, of_sentinels));
    }
}

static const char *refused_anywhere(void)
{
    for (size_t i = 0; i < N; i++) {
        if (acl_refused(test_sentinel_server(deployment, i))[0])
            return acl_refused(test_sentinel_server(deployment, i));
        if (acl_refused(test_sentinel_sentinel(deployment, i))[0])
            return acl_refused(test_sentinel_sentinel(deployment, i));
    }
    return "";
}

struct rules {
    char *of_servers;
    char *of_sentinels;
};

static struct rules rules_of(const struct use *use)
{
    struct rules rules;
    assert_status(PODLINK_OK, podlink_acl_rule("test", use->of_servers, &rules.of_servers, &err), &err);
    assert_status(PODLINK_OK, podlink_acl_rule("test", use->of_sentinels, &rules.of_sentinels, &err), &err);
    return rules;
}

static void free_rules(struct rules *rules)
{
    podlink_free(rules->of_servers);
    podlink_free(rules->of_sentinels);
}

static void the_rules_are_enough_for_sentinels_and_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        struct rules rules = rules_of(&uses[i]);
        allow_everywhere(rules.of_servers, rules.of_sentinels);
        podlink_status status = use_as_eva(&uses[i]);
        if (status < 0 || refused_anywhere()[0])
            fail_msg("%s and %s: %s, refused: %s", rules.of_servers, rules.of_sentinels, podlink_status_name(status),
                     refused_anywhere());
        free_rules(&rules);
    }
}

static void no_word_of_the_sentinel_rules_can_be_left_out(void **state)
{
    (void)state;
    const struct use *use = &uses[1];
    struct rules rules = rules_of(use);
    char rest[ACL_RULE_MAX];
    const char *word;
    for (size_t n = 0; (word = acl_without(rules.of_servers, n, rest)); n++) {
        allow_everywhere(rest, rules.of_sentinels);
        if (use_as_eva(use) >= 0 && !refused_anywhere()[0])
            fail_msg("%s is not needed in: %s", word, rules.of_servers);
    }
    for (size_t n = 0; (word = acl_without(rules.of_sentinels, n, rest)); n++) {
        allow_everywhere(rules.of_servers, rest);
        if (use_as_eva(use) >= 0 && !refused_anywhere()[0])
            fail_msg("%s is not needed in: %s", word, rules.of_sentinels);
    }
    free_rules(&rules);
}

/* ---- another master ---- */

/* The user was made on all servers, since users are not replicated. This test runs before sentinels are stopped: a
 * sentinel that has slept starts no failover for half a minute. */
static void the_rules_are_enough_for_the_next_master_and_no_password_is_reported(void **state)
{
    (void)state;
    struct rules rules = rules_of(&uses[0]);
    allow_everywhere(rules.of_servers, rules.of_sentinels);
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.user = options.sentinel_user = "eva";
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 0), &err);
    struct test_server *old = test_sentinel_master(deployment);
    assert_true(test_sentinel_failover(deployment));
    const int64_t deadline = ask_now_ms() + SOON_MS;
    while (api_stats(client).master_changes == 0 && ask_now_ms() < deadline) {
        podlink_client_tick(client);
        set(client, 0);
        secrets_check(&err);
    }
    assert_int_equal(api_stats(client).master_changes, 1);
    assert_status(PODLINK_OK, set(client, 0), &err);
    assert_ptr_not_equal(test_sentinel_new_master(deployment, old, SOON_MS), NULL);
    assert_int_equal(ask_calls(test_sentinel_master(deployment), "set", NULL) > 0, 1);
    assert_true(secrets_events() > 0);
    podlink_client_free(client);
    secrets_check(NULL);
    if (refused_anywhere()[0])
        fail_msg("refused: %s", refused_anywhere());
    free_rules(&rules);
}

/* ---- connections to sentinels ---- */

static void tick_until_all_are_heard(podlink_client *client, const char *name)
{
    const int64_t deadline = ask_now_ms() + SOON_MS;
    while (!listens_to_all((void *)name) && ask_now_ms() < deadline)
        podlink_client_tick(client);
}

static void sentinel_connections_are_counted_and_sentinels_are_not_nodes(void **state)
{
    (void)state;
    podlink_options options = options_as_default();
    options.client_name = "counted";
    options.no_janitor_thread = 1;
    podlink_client *client = api_open_with(&options);
    assert_int_equal(api_stats(client).connections, 0);
    assert_status(PODLINK_OK, set(client, 0), &err);
    tick_until_all_are_heard(client, "counted");
    const podlink_stats stats = api_stats(client);
    const int at_servers = named_at(test_sentinel_master(deployment), "counted", "CLIENT LIST");
    const int at_sentinels = named_at_sentinels("counted", "CLIENT LIST");
    assert_int_equal(at_servers, 1);
    assert_int_equal(at_sentinels, 2 * N); /* all are asked, and subscribed to */
    assert_int_equal(stats.connections, at_servers + at_sentinels);
    assert_int_equal(stats.dials, stats.connections + stats.dial_failures);
    assert_int_equal(stats.nodes, N); /* the master and its replicas */
    assert_int_equal(stats.calls, 1);
    assert_int_equal(stats.total.count, 1);
    assert_int_equal(stats.dedicated_in_use, 0);
    assert_true(stats.commands_sent > 1 && stats.bytes_sent > 100 && stats.bytes_received > 1000);
    podlink_client_free(client);
}

static int64_t close_within(podlink_client *client, int64_t wait_ms)
{
    const int64_t began = api_now_ns();
    podlink_client_close(client, wait_ms);
    return (api_now_ns() - began) / MS;
}

static void a_closed_client_has_no_sentinel_connections(void **state)
{
    (void)state;
    podlink_options options = options_as_default();
    options.client_name = "closed";
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, 0), &err);
    assert_true(ask_until(listens_to_all, (void *)"closed", SOON_MS));
    podlink_client_close(client, -1);
    assert_int_equal(api_stats(client).connections, 1); /* to the master, until the client is freed */
    assert_true(ask_until(are_gone_from_sentinels, (void *)"closed", SOON_MS));
    podlink_client_close(client, 0); /* a second close does nothing */
    assert_status(PODLINK_ECLOSED, set(client, 0), &err);
    podlink_client_free(client);
}

static int64_t free_within(podlink_client *client)
{
    const int64_t began = api_now_ns();
    podlink_client_free(client);
    return (api_now_ns() - began) / MS;
}

/* The janitor has just begun to wait for its answer, which takes a quarter of a second. One round may be late if the
 * machine is. */
static void a_silent_sentinel_delays_neither_close_nor_free(void **state)
{
    (void)state;
    enum { NO_CLOSE = -2 };
    static const int64_t waits_ms[] = {0, -1, 5000, NO_CLOSE, NO_CLOSE};
    int late = 0;
    podlink_options options = options_as_default();
    options.client_name = "silenced";
    test_server_suspend(test_sentinel_sentinel(deployment, 0));
    for (size_t i = 0; i < COUNT_OF(waits_ms); i++) {
        podlink_client *client = api_open_with(&options);
        ask_wait_ms(60);
        const int64_t close_ms = waits_ms[i] == NO_CLOSE ? 0 : close_within(client, waits_ms[i]);
        const int64_t free_ms = free_within(client);
        print_message("# closed after %d ms, freed after %d ms\n", (int)close_ms, (int)free_ms);
        late += close_ms + free_ms > LATE_MS * api_slowness();
    }
    test_server_resume(test_sentinel_sentinel(deployment, 0));
    assert_true(ask_until(are_gone_from_sentinels, (void *)"silenced", SOON_MS));
    assert_in_range(late, 0, 1);
}

struct caller {
    podlink_client *client;
    podlink_status status;
    podlink_error err;
};

static void *call_it(void *argument)
{
    struct caller *caller = argument;
    podlink_call call = PODLINK_CALL_INIT;
    call.timeout_ms = 10000;
    caller->status = podlink_workload_set(caller->client, &game, "busy", &call, &caller->err);
    return NULL;
}

static bool has_dialled(void *client)
{
    return api_stats(client).dials > 0;
}

static void a_close_ends_a_call_that_asks_silent_sentinels_after_its_wait(void **state)
{
    (void)state;
    pthread_t thread;
    podlink_options options = options_as_default();
    options.no_janitor_thread = 1;
    for (size_t i = 0; i < N; i++)
        test_server_suspend(test_sentinel_sentinel(deployment, i));
    struct caller caller = {.client = api_open_with(&options)};
    assert_int_equal(pthread_create(&thread, NULL, call_it, &caller), 0);
    assert_true(ask_until(has_dialled, caller.client, SOON_MS));
    const int64_t took_ms = close_within(caller.client, 100);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < N; i++)
        test_server_resume(test_sentinel_sentinel(deployment, i));
    print_message("# closed after %d ms: %s\n", (int)took_ms, caller.err.message);
    podlink_client_free(caller.client);
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, caller.status, &caller.err);
    assert_in_range(took_ms, 100, 100 + LATE_MS * api_slowness());
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    deployment = test_sentinel_start(&(struct test_sentinel_plan){
        .password = SECRET_OF_SERVERS, .sentinel_password = SECRET_OF_SENTINELS, .down_after_ms = 3000});
    return deployment ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_sentinel_stop(deployment);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentinels_and_servers_have_passwords_of_their_own),
        cmocka_unit_test(servers_never_get_the_sentinels_password_nor_the_reverse),
        cmocka_unit_test(a_refusing_sentinel_is_skipped_and_no_password_is_reported),
        cmocka_unit_test(a_password_echoed_by_a_sentinel_is_not_reported),
        cmocka_unit_test(the_rules_are_enough_for_sentinels_and_servers),
        cmocka_unit_test(no_word_of_the_sentinel_rules_can_be_left_out),
        cmocka_unit_test(sentinel_connections_are_counted_and_sentinels_are_not_nodes),
        cmocka_unit_test(a_closed_client_has_no_sentinel_connections),
        cmocka_unit_test(the_rules_are_enough_for_the_next_master_and_no_password_is_reported),
        cmocka_unit_test(a_silent_sentinel_delays_neither_close_nor_free),
        cmocka_unit_test(a_close_ends_a_call_that_asks_silent_sentinels_after_its_wait),
    };
    return RUN_TESTS_BETWEEN("sentinel access", tests, start, stop);
}
