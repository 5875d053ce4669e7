/* SPDX-License-Identifier: MIT */
/* A cluster with a password: no redirect reveals it. podlink's ACL rules are enough, and no word can be left out,
 * before and after a failover. */
#include "acl.h"
#include "cluster_links.h"
#include "faulty_server.h"
#include "secrets.h"

#include <podlink/acl.h>

#include <stdio.h>
#include <string.h>

enum { MASTERS = 2, NODES = 4, NAME_SIZE = 32, SOON_MS = 10000 };

static struct test_cluster *cluster;
static podlink_error err;

/* ---- names ---- */

static unsigned slot_of(const podlink_service *service)
{
    char key[64];
    snprintf(key, sizeof key, "sf:{%s:workload:%s}", service->ns, service->name);
    return test_cluster_slot(cluster, key);
}

/* A service whose workload is on a node. Each call finds another one. */
static podlink_service service_on(size_t node, char name[NAME_SIZE])
{
    static unsigned next;
    const podlink_service service = {"test", name};
    do {
        snprintf(name, NAME_SIZE, "service-%u", next++);
    } while (test_cluster_owner_index(cluster, slot_of(&service)) != node);
    return service;
}

/* ---- calls ---- */

static podlink_options options_as_default(void)
{
    podlink_options options = api_options(test_cluster_url(cluster));
    options.password = SECRET_OF_SERVERS;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    return options;
}

static podlink_status set(podlink_client *client, const podlink_service *service, uint32_t acks)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.acks = acks;
    return podlink_workload_set(client, service, "busy", &call, &err);
}

static podlink_status get(podlink_client *client, const podlink_service *service)
{
    podlink_workloads *workloads = NULL;
    podlink_status status = podlink_workload_get(client, service, &workloads, NULL, &err);
    podlink_free(workloads);
    return status;
}

/* ---- rules ---- */

/* For all tests: its slot is being migrated from the first node to the second one, so a call for it meets ASK. */
static char moving_name[NAME_SIZE];
static podlink_service moving;

static podlink_status use_workloads(podlink_client *client, uint32_t acks)
{
    char names[MASTERS][NAME_SIZE];
    podlink_status failure = set(client, &moving, acks);
    for (size_t i = 0; i < MASTERS && failure >= 0; i++) {
        const podlink_service service = service_on(i, names[i]);
        failure = set(client, &service, acks);
        if (failure >= 0)
            failure = get(client, &service);
    }
    return failure;
}

/* Scripts are loaded on each node, and a compute runs on two. */
static podlink_status use_scripts(podlink_client *client, uint32_t acks)
{
    char uids[MASTERS][CLUSTER_UID_SIZE];
    podlink_link_item items[MASTERS];
    unsigned next = 0;
    int32_t pod;
    const podlink_service game = {"test", "game"};
    (void)acks;
    for (size_t i = 0; i < MASTERS; i++)
        items[i] = (podlink_link_item){.link = cluster_link_on(cluster, i, &next, uids[i]), .pod = 1, .persist_s = 60};
    podlink_status status = podlink_link_set_batch(client, items, MASTERS, NULL, &err);
    if (status >= 0)
        status = podlink_state_set(client, &game, 1, 5, PODLINK_READY, NULL, &err);
    for (size_t i = 0; i < MASTERS && status >= 0; i++) {
        const podlink_link link = cluster_link_on(cluster, i, &next, uids[i]);
        status = podlink_link_compute(client, &link, 60, 0, &pod, NULL, &err);
    }
    return status;
}

static const struct use {
    uint32_t parts;
    podlink_status (*run)(podlink_client *client, uint32_t acks);
    podlink_read_from read_from;
    uint32_t acks;
} uses[] = {
    {PODLINK_ACL_WORKLOADS | PODLINK_ACL_CLUSTER, use_workloads, PODLINK_READ_MASTER, 0},
    {PODLINK_ACL_WORKLOADS | PODLINK_ACL_CLUSTER | PODLINK_ACL_REPLICAS, use_workloads, PODLINK_READ_REPLICA, 0},
    {PODLINK_ACL_WORKLOADS | PODLINK_ACL_CLUSTER | PODLINK_ACL_ACKS, use_workloads, PODLINK_READ_MASTER, 1},
    {PODLINK_ACL_LINKS | PODLINK_ACL_COMPUTE | PODLINK_ACL_STATES | PODLINK_ACL_CLUSTER, use_scripts,
     PODLINK_READ_MASTER, 0},
};

static void allow_everywhere(const char *rule)
{
    for (size_t i = 0; i < NODES; i++)
        assert_true(acl_allow(test_cluster_node(cluster, i), SECRET_OF_SERVERS, rule));
}

static const char *refused_anywhere(void)
{
    const char *refused = "";
    for (size_t i = 0; i < NODES && !refused[0]; i++)
        refused = acl_refused(test_cluster_node(cluster, i));
    return refused;
}

static podlink_client *open_as_eva(const struct use *use)
{
    podlink_options options = options_as_default();
    options.user = "eva";
    options.read_from = use->read_from;
    return api_open_with(&options);
}

/* A failure, or PODLINK_OK. */
static podlink_status use_as_eva(const struct use *use)
{
    podlink_client *client = open_as_eva(use);
    podlink_status status = use->run(client, use->acks);
    podlink_client_free(client);
    return status;
}

static char *rule_of(const struct use *use)
{
    char *rule;
    assert_status(PODLINK_OK, podlink_acl_rule("test", use->parts, &rule, &err), &err);
    return rule;
}

static void the_rule_of_each_part_is_enough_for_a_cluster(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        char *rule = rule_of(&uses[i]);
        allow_everywhere(rule);
        podlink_status status = use_as_eva(&uses[i]);
        if (status < 0 || refused_anywhere()[0])
            fail_msg("%s: %s, %s, refused: %s", rule, podlink_status_name(status), err.message, refused_anywhere());
        podlink_free(rule);
    }
}

static void no_word_of_the_cluster_rule_can_be_left_out(void **state)
{
    (void)state;
    for (size_t i = 1; i < 3; i++) {
        char rest[ACL_RULE_MAX];
        const char *word;
        char *rule = rule_of(&uses[i]);
        for (size_t n = 0; (word = acl_without(rule, n, rest)); n++) {
            allow_everywhere(rest);
            if (use_as_eva(&uses[i]) >= 0 && !refused_anywhere()[0])
                fail_msg("%s is not needed in: %s", word, rule);
        }
        podlink_free(rule);
    }
}

/* ---- secrets ---- */

static void redirects_do_not_report_the_password(void **state)
{
    (void)state;
    char name[NAME_SIZE];
    const podlink_service service = service_on(0, name);
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.read_from = PODLINK_READ_REPLICA;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, &service, 1), &err);
    assert_status(PODLINK_OK, set(client, &moving, 1), &err);
    assert_true(test_cluster_move(cluster, slot_of(&service), 1));
    assert_status(PODLINK_OK, set(client, &service, 1), &err);
    assert_true(get(client, &service) >= 0);
    assert_true(api_stats(client).redirects_ask > 0);
    assert_true(api_stats(client).redirects_moved > 0);
    podlink_client_reauthenticate(client, &err);
    secrets_check(&err);
    podlink_client_free(client);
    secrets_check(NULL);
}

static void a_redirect_to_a_node_that_refuses_does_not_report_the_password(void **state)
{
    (void)state;
    char name[NAME_SIZE];
    const podlink_service service = service_on(0, name);
    char *rule = rule_of(&uses[0]);
    allow_everywhere(rule);
    assert_true(acl_allow(test_cluster_node(cluster, 1), "other", rule));
    podlink_free(rule);
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.user = "eva";
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, set(client, &service, 0), &err);
    assert_status(PODLINK_EAUTH, set(client, &moving, 0), &err);
    secrets_check(&err);
    assert_int_equal(api_stats(client).redirects_ask, 1);
    assert_true(test_cluster_move(cluster, slot_of(&service), 1));
    assert_status(PODLINK_EAUTH, set(client, &service, 0), &err);
    secrets_check(&err);
    assert_int_equal(api_stats(client).redirects_moved, 1);
    podlink_client_free(client);
    secrets_check(NULL);
}

/* A node that redirects to one that quotes what it was sent. */
static void a_password_echoed_by_the_target_of_a_redirect_is_not_reported(void **state)
{
    (void)state;
    static const char *const verbs[] = {"MOVED", "ASK"};
    const struct fault_plan honest = {.stage = FAULT_NEVER};
    const struct fault_plan plan = {
        .stage = FAULT_AT_HANDSHAKE,
        .reply = "-ERR unknown command 'AUTH', with args beginning with: '" SECRET_OF_SERVERS "'\r\n",
        .then = FAULT_CLOSES};
    for (size_t i = 0; i < 2; i++) {
        char map[128], redirect[64], url[64];
        const podlink_service service = {"test", "game"};
        const char *const replies[] = {map, redirect, NULL};
        struct faulty_server *first = faulty_server_start(FAKE_TCP, &honest, 1, replies);
        struct faulty_server *second = faulty_server_start(FAKE_TCP, &plan, 1, replies);
        assert_non_null(first);
        assert_non_null(second);
        const char *const port = strrchr(faulty_server_url(first), ':') + 1;
        snprintf(map, sizeof map, "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n", port);
        snprintf(redirect, sizeof redirect, "-%s %u %s\r\n", verbs[i], slot_of(&service),
                 strstr(faulty_server_url(second), "127."));
        faulty_server_recover(first); /* the replies are written now */
        snprintf(url, sizeof url, "cluster://127.0.0.1:%s", port);
        podlink_options options = options_as_default();
        secrets_record(&options);
        options.url = url;
        options.retries = 0;
        podlink_client *client = api_open_with(&options);
        assert_status(PODLINK_EAUTH, set(client, &service, 0), &err);
        secrets_check(&err);
        assert_int_equal(faulty_server_connections(second), 1);
        podlink_client_free(client);
        secrets_check(NULL);
        faulty_server_stop(first);
        faulty_server_stop(second);
    }
}

/* ---- another master ---- */

struct call {
    podlink_client *client;
    const podlink_service *service;
    podlink_status expected;
};

static bool ends_as_expected(void *context)
{
    const struct call *call = context;
    return set(call->client, call->service, 0) == call->expected;
}

static void the_rule_is_enough_for_the_next_master_if_it_has_the_user(void **state)
{
    (void)state;
    char name[NAME_SIZE];
    const podlink_service service = service_on(0, name);
    char *rule = rule_of(&uses[0]);
    allow_everywhere(rule);
    podlink_options options = options_as_default();
    secrets_record(&options);
    options.user = "eva";
    struct call call = {api_open_with(&options), &service, PODLINK_EAUTH};
    assert_status(PODLINK_OK, set(call.client, &service, 0), &err);
    assert_true(test_cluster_move_end(cluster, slot_of(&moving), 1)); /* a failover would leave it without an owner */
    assert_true(test_cluster_wait_stable(cluster)); /* a replica that does not know of a move is not a candidate */
    assert_true(test_cluster_failover(cluster, 2));
    assert_status(PODLINK_OK, set(call.client, &service, 0), &err);
    if (refused_anywhere()[0])
        fail_msg("refused: %s", refused_anywhere());
    assert_true(ask_ok(test_cluster_node(cluster, 0), "ACL DELUSER eva"));
    assert_true(test_cluster_wait_stable(cluster));
    assert_true(test_cluster_failover(cluster, 0));
    assert_true(
        ask_until(ends_as_expected, &call, SOON_MS)); /* it comes from the new master, which does not know the user */
    secrets_check(&err);
    assert_true(acl_allow(test_cluster_node(cluster, 0), SECRET_OF_SERVERS, rule));
    call.expected = PODLINK_OK;
    assert_true(ask_until(ends_as_expected, &call, SOON_MS));
    podlink_free(rule);
    podlink_client_free(call.client);
    secrets_check(NULL);
}

/* ---- the program ---- */

static int start(void **state)
{
    (void)state;
    cluster = test_cluster_start(&(struct test_cluster_plan){
        .masters = MASTERS, .replicas = 1, .password = SECRET_OF_SERVERS, .node_timeout_ms = 5000});
    if (!cluster)
        return -1;
    moving = service_on(0, moving_name);
    return test_cluster_move_begin(cluster, slot_of(&moving), 1) ? 0 : -1;
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
        cmocka_unit_test(the_rule_of_each_part_is_enough_for_a_cluster),
        cmocka_unit_test(no_word_of_the_cluster_rule_can_be_left_out),
        cmocka_unit_test(redirects_do_not_report_the_password),
        cmocka_unit_test(a_redirect_to_a_node_that_refuses_does_not_report_the_password),
        cmocka_unit_test(a_password_echoed_by_the_target_of_a_redirect_is_not_reported),
        cmocka_unit_test(the_rule_is_enough_for_the_next_master_if_it_has_the_user),
    };
    return RUN_TESTS_BETWEEN("cluster access", tests, start, stop);
}
