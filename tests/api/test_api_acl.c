/* SPDX-License-Identifier: MIT */
/* The ACL rule that podlink_acl_rule() returns for a part of the API: every operation of that part runs under it, and
 * no word of it can be left out. */
#include "acl.h"
#include "api_fixture.h"
#include "operation_calls.h"

#include <podlink/acl.h>
#include <podlink/session.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a user, and the server's refusals ---- */

/* The user gets exactly this rule. */
static void allow(const char *rule)
{
    char line[ACL_RULE_MAX + 64];
    snprintf(line, sizeof line, "ACL SETUSER eva reset on >secret resetchannels %s", rule);
    api_ask(redis, "SCRIPT FLUSH");
    api_ask(redis, "FUNCTION FLUSH");
    api_ask(redis, line);
    api_ask(redis, "ACL LOG RESET");
}

/* What the server has refused to the user, or "". */
static const char *refused(void)
{
    return acl_refused_in(api_ask(redis, "ACL LOG 128"));
}

/* ---- the operations of a part ---- */

/* The state before an operation: each branch of each script needs another one. */
static const struct stage {
    const char *link;   /* NULL: none */
    bool is_persistent; /* or the index has it */
} stages[] = {{NULL, false}, {NULL, true}, {"3", true}, {"4", true}, {"3", false}, {"4", false}};

static void set_stage(const struct stage *stage)
{
    api_ask(redis, "DEL sf:{test:lk:user}game sf:{test:lk:user}");
    api_ask(redis, "HSET sf:{test:state:game} 3 10-1700000000000-1");
    if (stage->is_persistent)
        api_ask(redis, "HSET sf:{test:lk:user} game %s", stage->link ? stage->link : "4");
    if (stage->link)
        api_ask(redis, "SET sf:{test:lk:user}game %s", stage->link);
    if (stage->link && !stage->is_persistent)
        api_ask(redis, "EXPIRE sf:{test:lk:user}game 1000");
}

/* A failure, or PODLINK_OK. */
static podlink_status run_in_all_stages(podlink_client *client, const struct operation *operation)
{
    static const int64_t seconds[] = {PODLINK_FOREVER, 60};
    podlink_status failure = PODLINK_OK;
    podlink_error err;
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        for (size_t k = 0; k < COUNT_OF(seconds); k++) {
            struct operation_input input = operation_valid;
            input.seconds = seconds[k];
            input.max_age_ms = k == 0 ? 0 : INT64_C(1000000000000);
            set_stage(&stages[i]);
            podlink_status status = operation->run(client, &input, &err);
            failure = status < 0 ? status : failure;
        }
    return failure;
}

static bool is_of(const struct operation *operation, const char *prefix)
{
    const bool computes = strncmp(operation->name, "link_compute", 12) == 0;
    if (!operation->run || computes != (strcmp(prefix, "link_compute") == 0))
        return false;
    return strncmp(operation->name, prefix, strlen(prefix)) == 0;
}

static podlink_status run_all_of(podlink_client *client, const char *prefix)
{
    size_t count;
    podlink_status failure = PODLINK_OK;
    const struct operation *all = operations(&count);
    for (size_t i = 0; i < count; i++)
        if (is_of(&all[i], prefix)) {
            podlink_status status = run_in_all_stages(client, &all[i]);
            failure = status < 0 ? status : failure;
        }
    return failure;
}

static podlink_status use_links(podlink_client *client)
{
    return run_all_of(client, "link_");
}

static podlink_status use_compute(podlink_client *client)
{
    return run_all_of(client, "link_compute");
}

static podlink_status use_states(podlink_client *client)
{
    return run_all_of(client, "state_");
}

static podlink_status use_workloads(podlink_client *client)
{
    return run_all_of(client, "workload_");
}

static podlink_status use_scripts(podlink_client *client)
{
    return run_all_of(client, "scripts_");
}

static podlink_status use_ping(podlink_client *client)
{
    return podlink_ping(client, NULL, NULL, NULL);
}

static podlink_status use_session(podlink_client *client)
{
    podlink_session *session;
    podlink_status status = podlink_session_acquire(client, NULL, &session, NULL);
    if (status == PODLINK_OK)
        podlink_session_release(session);
    return status;
}

static const podlink_script own_scripts[] = {
    {.name = "hits", .source = "return redis.call('INCR', KEYS[1])"},
    {.name = "look", .source = "--! read-only\nreturn redis.call('GET', KEYS[1])"},
};

static podlink_status use_own_scripts(podlink_client *client)
{
    const char *const keys[] = {"own:key"};
    podlink_status failure = PODLINK_OK;
    for (size_t i = 0; i < COUNT_OF(own_scripts); i++) {
        podlink_status status =
            podlink_script_run(client, own_scripts[i].name, keys, NULL, 1, NULL, NULL, 0, NULL, NULL, NULL);
        failure = status < 0 ? status : failure;
    }
    return failure;
}

/* ---- the parts ---- */

static const struct use {
    uint32_t parts;
    podlink_status (*run)(podlink_client *client);
    const char *on_top; /* additional permissions for the user's own scripts */
    const char *query;
} uses[] = {
    {PODLINK_ACL_LINKS, use_links, "", ""},
    {PODLINK_ACL_COMPUTE, use_compute, "", ""},
    {PODLINK_ACL_STATES, use_states, "", ""},
    {PODLINK_ACL_WORKLOADS, use_workloads, "", ""},
    {PODLINK_ACL_SCRIPTS, use_scripts, "", ""},
    {PODLINK_ACL_OWN_SCRIPTS, use_own_scripts, "~own:* +incr +get", ""},
    {PODLINK_ACL_SESSIONS, use_session, "", ""},
    {PODLINK_ACL_SESSIONS | PODLINK_ACL_DATABASE, use_ping, "", "&db=3"},
    {PODLINK_ACL_SESSIONS | PODLINK_ACL_CLIENT_NAME, use_ping, "", "&client_name=me"},
    {PODLINK_ACL_FUNCTIONS | PODLINK_ACL_LINKS, use_links, "", "&scripts=functions"},
    {PODLINK_ACL_FUNCTIONS | PODLINK_ACL_COMPUTE, use_compute, "", "&scripts=functions"},
    {PODLINK_ACL_FUNCTIONS | PODLINK_ACL_STATES, use_states, "", "&scripts=functions"},
    {PODLINK_ACL_FUNCTIONS | PODLINK_ACL_SCRIPTS, use_scripts, "", "&scripts=functions"},
};

/* A failure, or PODLINK_OK, of a client of that user. */
static podlink_status use_as_eva(const struct use *use)
{
    char url[256];
    podlink_client *client;
    podlink_error err;
    snprintf(url, sizeof url, "%s?user=eva&password=secret%s", api_url(server), use->query);
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.scripts = own_scripts;
    options.script_count = use->parts & PODLINK_ACL_OWN_SCRIPTS ? COUNT_OF(own_scripts) : 0;
    options.retries = 0;
    podlink_status status = podlink_client_open(&options, &client, &err);
    if (status != PODLINK_OK)
        return status;
    status = use->run(client);
    podlink_client_free(client);
    return status;
}

/* With the additional permissions; free(). */
static char *rule_of(const struct use *use)
{
    char *rule, *whole = malloc(ACL_RULE_MAX);
    podlink_error err;
    assert_status(PODLINK_OK, podlink_acl_rule("test", use->parts, &rule, &err), &err);
    snprintf(whole, ACL_RULE_MAX, "%s%s%s", rule, use->on_top[0] ? " " : "", use->on_top);
    podlink_free(rule);
    return whole;
}

static void every_operation_runs_under_the_rule_of_its_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        char *rule = rule_of(&uses[i]);
        allow(rule);
        podlink_status status = use_as_eva(&uses[i]);
        if (status < 0 || refused()[0])
            fail_msg("%s: %s, refused: %s", rule, podlink_status_name(status), refused());
        free(rule);
    }
}

static void no_word_of_a_rule_can_be_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        char rest[ACL_RULE_MAX];
        const char *word;
        char *rule = rule_of(&uses[i]);
        for (size_t n = 0; (word = acl_without(rule, n, rest)); n++) {
            allow(rest);
            if (use_as_eva(&uses[i]) >= 0 && !refused()[0])
                fail_msg("%s is not needed in: %s", word, rule);
        }
        free(rule);
    }
}

/* Also those that other test programs cover, over the deployments that they are for. */
static void servers_accept_every_word_of_every_rule(void **state)
{
    (void)state;
    podlink_error err;
    char *rule;
    for (uint32_t part = 1; part < PODLINK_ACL_SENTINEL_USER; part *= 2) {
        assert_status(PODLINK_OK, podlink_acl_rule("test", part, &rule, &err), &err);
        allow(rule);
        podlink_free(rule);
    }
}

/* Not even a key of another namespace can be read. */
static void the_rule_is_for_one_namespace(void **state)
{
    (void)state;
    char *rule = rule_of(&uses[0]);
    podlink_error err;
    char url[256];
    int32_t pod;
    allow(rule);
    free(rule);
    snprintf(url, sizeof url, "%s?user=eva&password=secret", api_url(server));
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    podlink_client *client = api_open_with(&options);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED,
                   podlink_link_get(client, &(podlink_link){"test2", "game", "user"}, &pod, NULL, &err), &err);
    assert_status(PODLINK_NOT_LINKED,
                  podlink_link_get(client, &(podlink_link){"test", "game", "nobody"}, &pod, NULL, &err), NULL);
    podlink_client_free(client);
}

static podlink_status get_in(const char *ns)
{
    char url[256];
    int32_t pod;
    podlink_error err;
    snprintf(url, sizeof url, "%s?user=eva&password=secret", api_url(server));
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    podlink_client *client = api_open_with(&options);
    podlink_status status = podlink_link_get(client, &(podlink_link){ns, "game", "user"}, &pod, NULL, &err);
    podlink_client_free(client);
    return status;
}

/* Wildcard characters stand for themselves. */
static void wildcards_in_a_namespace_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *ns;
        const char *other;
    } rows[] = {{"a*b", "axb"}, {"a?b", "axb"}, {"a[xy]b", "axb"},
                {"a\\b", "ab"}, {"a b", "ab"},  {"gr\xc3\xbc\xc3\x9f", "gr"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *rule;
        podlink_error err;
        assert_status(PODLINK_OK, podlink_acl_rule(rows[i].ns, PODLINK_ACL_LINKS, &rule, &err), &err);
        allow(rule);
        if (get_in(rows[i].ns) != PODLINK_NOT_LINKED || get_in(rows[i].other) != PODLINK_ENOPERM)
            fail_msg("%s: %s", rows[i].ns, rule);
        podlink_free(rule);
    }
}

static void an_unknown_part_is_refused(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 1U << 15, PODLINK_ACL_LINKS | 1U << 31,
                                   PODLINK_ACL_SENTINEL_USER | PODLINK_ACL_LINKS,
                                   PODLINK_ACL_SENTINEL_USER | PODLINK_ACL_SENTINEL};
    podlink_error err;
    char *rule;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_acl_rule("test", bad[i], &rule, &err), &err);
        assert_null(rule);
    }
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_acl_rule("a:b", PODLINK_ACL_LINKS, &rule, &err), &err);
    assert_null(podlink_acl_part_name(0));
    assert_null(podlink_acl_part_name(3));
    assert_null(podlink_acl_part_name(1U << 15));
    assert_string_equal(podlink_acl_part_name(PODLINK_ACL_OWN_SCRIPTS), "own-scripts");
    assert_string_equal(podlink_acl_part_name(PODLINK_ACL_SENTINEL_USER), "sentinel-user");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_runs_under_the_rule_of_its_part),
        cmocka_unit_test(no_word_of_a_rule_can_be_left_out),
        cmocka_unit_test(servers_accept_every_word_of_every_rule),
        cmocka_unit_test(the_rule_is_for_one_namespace),
        cmocka_unit_test(wildcards_in_a_namespace_are_escaped),
        cmocka_unit_test(an_unknown_part_is_refused),
    };
    return RUN_TESTS_BETWEEN("api acl", tests, start_server, stop);
}
