/* SPDX-License-Identifier: MIT */
/* The built-in scripts as a library of Redis Functions. */
#include "faulty_server.h"
#include "script_fixture.h"

#include "script_case_run.h"
#include "script_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const podlink_link the_link = {"n", "chat", "u"};

static podlink_options functions_options(const char *url)
{
    podlink_options options = api_options(url);
    options.script_backend = PODLINK_BACKEND_FUNCTIONS;
    return options;
}

static int begin(void **state)
{
    struct setting *s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    *state = s;
    s->server = test_server_start(NULL);
    if (!s->server)
        return -1;
    s->redis = api_redis(s->server);
    const podlink_options options = functions_options(api_url(s->server));
    s->client = api_open_with(&options);
    return 0;
}

static void set_link(struct setting *s)
{
    int32_t pod;
    assert_status(PODLINK_OK, podlink_link_set(s->client, &the_link, 1, 60, &pod, NULL, &s->err), &s->err);
}

static int64_t loads_of(struct setting *s)
{
    return calls_of(s->redis, "function|load");
}

/* ---- the test cases by FCALL and FCALL_RO ---- */

static const char *const readers[] = {"statefulGetLinkIfPersist", "statefulGetServicePod", "statefulGetService",
                                      "statefulGetLinkService"};

static bool is_reader(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (strcmp(readers[i], name) == 0)
            return true;
    return false;
}

static void write_answer(const redisReply *reply, char *out, size_t room)
{
    size_t used = 0;
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(out, room, "!%s", reply->str);
    } else if (reply->type == REDIS_REPLY_STRING) {
        snprintf(out, room, "'%s'", reply->str);
    } else if (reply->type == REDIS_REPLY_INTEGER) {
        snprintf(out, room, "%lld", reply->integer);
    } else if (reply->type == REDIS_REPLY_ARRAY) {
        used += (size_t)snprintf(out, room, "[");
        for (size_t i = 0; i < reply->elements && used + 64 < room; i++) {
            if (i > 0)
                out[used++] = ' ';
            write_answer(reply->element[i], out + used, room - used - 2);
            used += strlen(out + used);
        }
        snprintf(out + used, room - used, "]");
    } else {
        snprintf(out, room, "<type %d>", reply->type);
    }
}

static bool by_fcall(void *backend, const struct script_case_call *call, char answer[CASE_TEXT_MAX])
{
    struct setting *s = backend;
    const char *argv[3 + CASE_KEYS_MAX + CASE_ARGS_MAX] = {is_reader(call->test_case->script) ? "FCALL_RO" : "FCALL",
                                                           call->test_case->script};
    const size_t key_count = script_case_keys(call->test_case->script, argv + 3);
    size_t count = 3 + key_count;
    argv[2] = key_count == 2 ? "2" : "1";
    for (size_t i = 0; call->args[i]; i++)
        argv[count++] = call->args[i];
    redisReply *reply = redisCommandArgv(s->redis, (int)count, argv, NULL);
    assert_non_null(reply);
    write_answer(reply, answer, CASE_TEXT_MAX);
    freeReplyObject(reply);
    return true;
}

static void all_cases_pass_by_fcall(void **state)
{
    struct setting *s = *state;
    char why[2 * CASE_TEXT_MAX];
    size_t count;
    const struct script_case *all = script_cases(&count);
    for (size_t i = 0; i < count; i++)
        if (script_case_run(s->redis, &all[i], by_fcall, s, why) != CASE_PASSED)
            fail_msg("%s: %s: %s", all[i].script, all[i].name, why);
    print_message("# %zu cases\n", count);
}

/* ---- loading ---- */

static void calls_go_by_fcall(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    set_link(s);
    podlink_link_get_if_persistent(s->client, &the_link, &pod, NULL, &s->err);
    podlink_status status = podlink_script_run(s->client, "statefulRemoveLink", WORDS("sf:{n:lk:u}chat", "sf:{n:lk:u}"),
                                               NULL, 2, WORDS("chat", "-1"), NULL, 2, NULL, NULL, &s->err);
    assert_status(PODLINK_OK, status, &s->err);
    assert_int_equal(calls_of(s->redis, "fcall"), 2);
    assert_int_equal(calls_of(s->redis, "fcall_ro"), 1);
    assert_int_equal(calls_of(s->redis, "evalsha"), 0);
    assert_int_equal(calls_of(s->redis, "script|load"), 0);
}

static void user_scripts_still_go_by_evalsha(void **state)
{
    struct setting *s = *state;
    int held[16] = {0};
    size_t loaded;
    add_script(s->client, "own", "return 1");
    podlink_status status = podlink_script_run(s->client, "own", NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &s->err);
    assert_status(PODLINK_OK, status, &s->err);
    assert_status(PODLINK_OK, podlink_scripts_load(s->client, &loaded, NULL, &s->err), &s->err);
    assert_int_equal(loaded, 12);
    assert_status(PODLINK_OK, podlink_scripts_loaded(s->client, held, 16, NULL, &s->err), &s->err);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(held[i], 1);
    api_ask(s->redis, "FUNCTION FLUSH");
    assert_status(PODLINK_OK, podlink_scripts_loaded(s->client, held, 16, NULL, &s->err), &s->err);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(held[i], 0);
    assert_int_equal(held[11], 1);
}

static void the_library_is_loaded_only_if_another_one_is_there(void **state)
{
    struct setting *s = *state;
    assert_int_equal(loads_of(s), 1);
    const podlink_options options = functions_options(api_url(s->server));
    podlink_client_free(api_open_with(&options));
    assert_int_equal(loads_of(s), 1);
    api_ask(s->redis, "FUNCTION LOAD REPLACE %s",
            "#!lua name=podlink\nredis.register_function('statefulSetLink', function() return 'older' end)");
    podlink_client_free(api_open_with(&options));
    assert_int_equal(loads_of(s), 3);
    set_link(s);
}

static void a_lost_library_is_loaded_again(void **state)
{
    struct setting *s = *state;
    for (int i = 0; i < 3; i++) {
        api_ask(s->redis, "FUNCTION FLUSH");
        set_link(s);
    }
    assert_int_equal(loads_of(s), 4);
    const podlink_script_stats stats = stats_of(s->client, "statefulSetLink");
    assert_int_equal(stats.repairs, 3);
    assert_int_equal(stats.loads, 4);
    assert_int_equal(stats.errors, 0);
}

static void an_older_library_without_the_function_is_replaced(void **state)
{
    struct setting *s = *state;
    api_ask(s->redis, "FUNCTION LOAD REPLACE %s",
            "#!lua name=podlink\nredis.register_function('somethingElse', function() return 'older' end)");
    set_link(s);
    assert_int_equal(stats_of(s->client, "statefulSetLink").repairs, 1);
}

static void a_batch_survives_the_loss_in_order(void **state)
{
    struct setting *s = *state;
    podlink_link_item items[100];
    api_ask(s->redis, "FUNCTION FLUSH");
    for (int i = 0; i < 100; i++)
        items[i] = (podlink_link_item){.link = the_link, .pod = i, .persist_s = 60};
    assert_status(PODLINK_OK, podlink_link_set_batch(s->client, items, 100, NULL, &s->err), &s->err);
    for (int i = 0; i < 100; i++)
        assert_int_equal(items[i].result, i - 1);
}

static void after_a_restart_the_library_is_loaded_before_the_first_call(void **state)
{
    struct setting *s = *state;
    assert_int_equal(test_server_restart(s->server), 0);
    redisFree(s->redis);
    s->redis = api_redis(s->server);
    set_link(s);
    assert_int_equal(api_stats(s->client).noscript_repairs, 0);
    assert_int_equal(loads_of(s), 1);
}

static void on_demand_the_first_call_loads_it(void **state)
{
    struct setting *s = *state;
    podlink_client_free(s->client);
    api_ask(s->redis, "FUNCTION FLUSH");
    podlink_options options = functions_options(api_url(s->server));
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    s->client = api_open_with(&options);
    set_link(s);
    set_link(s);
    assert_int_equal(stats_of(s->client, "statefulSetLink").loads, 1);
    assert_int_equal(stats_of(s->client, "statefulSetLink").repairs, 0);
    podlink_client_free(s->client);
    const int64_t loads = loads_of(s);
    s->client = api_open_with(&options);
    set_link(s);
    assert_int_equal(loads_of(s), loads); /* it checked first, and found the library */
}

static void a_session_can_load_and_run_functions(void **state)
{
    struct setting *s = *state;
    podlink_session *session;
    podlink_reply *reply;
    const podlink_script_call call =
        calling("statefulSetLink", WORDS("sf:{n:lk:u}chat", "sf:{n:lk:u}"), WORDS("chat", "3", "60"));
    api_ask(s->redis, "FUNCTION FLUSH");
    assert_status(PODLINK_OK, podlink_session_acquire(s->client, NULL, &session, &s->err), &s->err);
    assert_status(PODLINK_OK, podlink_session_ensure_scripts(session, NULL, 0, NULL, &s->err), &s->err);
    assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &s->err, WORDS("MULTI")), &s->err);
    assert_status(PODLINK_OK, podlink_session_run_script(session, &call, NULL, NULL, &s->err), &s->err);
    api_ask(s->redis, "FUNCTION FLUSH");
    assert_status(PODLINK_OK, pool_session_run(session, NULL, &reply, &s->err, WORDS("EXEC")), &s->err);
    assert_string_equal(podlink_reply_text(podlink_reply_at(reply, 0), NULL), "ERR Function not found");
    podlink_reply_free(reply);
    assert_status(PODLINK_OK, podlink_session_run_script(session, &call, NULL, NULL, &s->err), &s->err);
    podlink_session_release(session);
}

static void a_url_can_select_functions(void **state)
{
    struct setting *s = *state;
    char url[192];
    snprintf(url, sizeof url, "%s?scripts=functions", api_url(s->server));
    api_ask(s->redis, "CONFIG RESETSTAT");
    podlink_client_free(s->client);
    s->client = api_open(url);
    set_link(s);
    assert_int_equal(calls_of(s->redis, "fcall"), 1);
    podlink_options options = api_options("redis://127.0.0.1?scripts=lua");
    podlink_client *client;
    assert_status(PODLINK_EINVAL, podlink_client_open(&options, &client, &s->err), &s->err);
    assert_holds(s->err.message, "scripts must be evalsha or functions");
    options = functions_options("redis://127.0.0.1");
    options.script_backend = (podlink_script_backend)2;
    assert_status(PODLINK_EINVAL, podlink_client_open(&options, &client, &s->err), &s->err);
    assert_holds(s->err.message, "script_backend");
}

/* ---- refusals ---- */

static void a_user_without_permission_for_functions_gets_an_error(void **state)
{
    struct setting *s = *state;
    podlink_client *client;
    podlink_options options = functions_options(api_url(s->server));
    options.user = "game";
    options.password = "secret";
    api_ask(s->redis, "ACL SETUSER game on >secret ~* +@all -function");
    podlink_status status = podlink_client_open(&options, &client, &s->err);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.message, "loading function library podlink on ");
    assert_holds(s->err.server, "function|list");
    api_ask(s->redis, "ACL SETUSER game +function -fcall");
    status = podlink_client_open(&options, &client, &s->err);
    assert_failure(PODLINK_ENOPERM, PODLINK_ANSWERED, status, &s->err);
    assert_holds(s->err.message, "script statefulSetLink on ");
    assert_holds(s->err.message, "FCALL");
}

static void a_server_without_functions_is_reported(void **state)
{
    (void)state;
    podlink_error err;
    podlink_client *client;
    int32_t pod;
    static const char *const replies[] = {
        "-ERR unknown command `FUNCTION`, with args beginning with: `LIST`, `LIBRARYNAME`, \r\n", NULL};
    const struct fault_plan plan = {.stage = FAULT_NEVER};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, replies);
    podlink_options options = functions_options(faulty_server_url(server));
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_status(PODLINK_EUNSUPPORTED, status, &err);
    assert_holds(err.message, "need Redis 7.0");
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    client = api_open_with(&options);
    status = podlink_link_set(client, &the_link, 1, 60, &pod, NULL, &err);
    assert_failure(PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, "need Redis 7.0");
    podlink_client_free(client);
    faulty_server_stop(server);
}

/* A function is refused completely, while EVALSHA runs until it needs memory. */
static void a_full_server_still_accepts_removals(void **state)
{
    struct setting *s = *state;
    int32_t pod;
    set_link(s);
    api_ask(s->redis, "CONFIG SET maxmemory 1");
    podlink_status status = podlink_link_set(s->client, &the_link, 2, 60, &pod, NULL, &s->err);
    assert_failure(PODLINK_EOOM, PODLINK_ANSWERED, status, &s->err);
    assert_status(PODLINK_OK, podlink_link_get(s->client, &the_link, &pod, NULL, &s->err), &s->err);
    assert_int_equal(pod, 1);
    status = podlink_link_get_if_persistent(s->client, &the_link, &pod, NULL, &s->err);
    assert_status(PODLINK_NOT_LINKED, status, &s->err);
    assert_status(PODLINK_OK, podlink_link_remove(s->client, &the_link, -1, NULL, &s->err), &s->err);
    api_ask(s->redis, "CONFIG SET maxmemory 0");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end_setting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(all_cases_pass_by_fcall),
        WITH_SERVER(calls_go_by_fcall),
        WITH_SERVER(user_scripts_still_go_by_evalsha),
        WITH_SERVER(the_library_is_loaded_only_if_another_one_is_there),
        WITH_SERVER(a_lost_library_is_loaded_again),
        WITH_SERVER(an_older_library_without_the_function_is_replaced),
        WITH_SERVER(a_batch_survives_the_loss_in_order),
        WITH_SERVER(after_a_restart_the_library_is_loaded_before_the_first_call),
        WITH_SERVER(on_demand_the_first_call_loads_it),
        WITH_SERVER(a_session_can_load_and_run_functions),
        WITH_SERVER(a_url_can_select_functions),
        WITH_SERVER(a_user_without_permission_for_functions_gets_an_error),
        cmocka_unit_test(a_server_without_functions_is_reported),
        WITH_SERVER(a_full_server_still_accepts_removals),
    };
    return RUN_TESTS("script functions", tests);
}
