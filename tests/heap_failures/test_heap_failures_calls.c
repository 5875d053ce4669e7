/* SPDX-License-Identifier: MIT */
/* Memory runs out at each allocation of each operation in turn: the call reports it, nothing leaks, and the client
 * works again when there is memory. */
#include "failing_heap.h"
#include "operation_calls.h"
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { URL_MAX = 256, BATCH = 40, RUNS_MAX = 5000 };

static const podlink_link link_of_eva = {"ns", "game", "eva"};
static const podlink_service game = {"ns", "game"};
static const podlink_script own_script = {.name = "own", .source = "return {{1, false}, 'hello'}", .repeatable = 1};
static const podlink_script other_script = {.name = "other", .source = "return 2"};

typedef struct setting {
    stub_server *server;
    test_heap heap;
    char url[URL_MAX];
    podlink_script_loading loading;
    podlink_client *client;
} setting;

static void ignore_record(void *context, const podlink_log_record *record)
{
    (void)context, (void)record;
}

static podlink_status open_client(setting *s, podlink_error *err)
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = s->url;
    options.scripts = &own_script;
    options.script_count = 1;
    options.script_loading = s->loading;
    options.allocator = &s->heap.allocator;
    options.log = ignore_record;
    options.log_level = PODLINK_LOG_DEBUG;
    return podlink_client_open(&options, &s->client, err);
}

static int begin(void **state)
{
    setting *s = calloc(1, sizeof *s);
    s->server = stub_server_start(FAKE_UNIX, NULL, NULL);
    test_heap_init(&s->heap);
    snprintf(s->url, sizeof s->url, "unix://someone:secret@%s?db=3&client_name=tester&shared_connections=1",
             stub_server_path(s->server));
    *state = s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    test_heap_expect_empty(&s->heap, "at the end of the test");
    stub_server_stop(s->server);
    free(s);
    return 0;
}

/* --- the operations ------------------------------------------------------------------------------------------------
 */

typedef podlink_status (*call_fn)(podlink_client *client, podlink_error *err);

static podlink_status do_link_set(podlink_client *client, podlink_error *err)
{
    int32_t previous;
    return podlink_link_set(client, &link_of_eva, 1, PODLINK_FOREVER, &previous, NULL, err);
}

static void check_items(const podlink_link_item *items, podlink_status status)
{
    podlink_status first = PODLINK_OK;
    for (size_t i = 0; i < BATCH; i++) {
        assert_true(items[i].status == PODLINK_OK || items[i].status == PODLINK_ENOMEM);
        if (first == PODLINK_OK)
            first = items[i].status;
    }
    assert_int_equal(first, status);
}

typedef podlink_status (*link_batch)(podlink_client *, podlink_link_item *, size_t, const podlink_call *,
                                     podlink_error *);

static podlink_status do_batch(podlink_client *client, link_batch run, podlink_error *err)
{
    podlink_link_item items[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        items[i] = (podlink_link_item){.link = link_of_eva, .pod = 1, .persist_s = PODLINK_FOREVER};
    podlink_status status = run(client, items, BATCH, NULL, err);
    bool began = status == PODLINK_OK || err->message[0] == 'i'; /* "items[0]: ...": else no item was tried */
    if (began)
        check_items(items, status);
    return status;
}

static podlink_status do_set_batch(podlink_client *client, podlink_error *err)
{
    return do_batch(client, podlink_link_set_batch, err);
}

static podlink_status do_state_set_batch(podlink_client *client, podlink_error *err)
{
    podlink_state_item items[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        items[i] = (podlink_state_item){.service = game, .pod = (int32_t)i, .routing = PODLINK_READY, .load = 5};
    return podlink_state_set_batch(client, items, BATCH, NULL, err);
}

static podlink_status do_command(podlink_client *client, podlink_error *err)
{
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    const char *const words[] = {"TREE", large};
    const podlink_command command = {.argc = 2, .argv = words};
    podlink_reply *reply;
    podlink_status status = podlink_command_run(client, &command, NULL, &reply, err);
    assert_int_equal(podlink_reply_count(reply), status == PODLINK_OK ? 3 : 0);
    podlink_reply_free(reply);
    return status;
}

static podlink_status do_own_script(podlink_client *client, podlink_error *err)
{
    static const char *const keys[] = {"k"};
    podlink_reply *reply;
    podlink_status status = podlink_script_run(client, "own", keys, NULL, 1, keys, NULL, 1, NULL, &reply, err);
    assert_int_equal(podlink_reply_count(reply), status == PODLINK_OK ? 2 : 0);
    podlink_reply_free(reply);
    return status;
}

/* In addition to operations(): more items than are in flight at a time, and large or nested replies. */
static const struct {
    const char *name;
    call_fn run;
} other_calls[] = {
    {"link set batch, 40 items", do_set_batch},
    {"state set batch, 40 items", do_state_set_batch},
    {"command, a nested reply", do_command},
    {"own script, a nested reply", do_own_script},
};

/* One of operations(), or of the other calls behind them; the first of operations() opens a client. */
typedef struct tried_call {
    const char *name;
    const struct operation *operation; /* NULL: run */
    call_fn run;
} tried_call;

static size_t call_count(void)
{
    size_t count;
    operations(&count);
    return count - 1 + COUNT_OF(other_calls);
}

static tried_call call_at(size_t which)
{
    size_t count;
    const struct operation *list = operations(&count);
    if (which + 1 < count)
        return (tried_call){list[which + 1].name, &list[which + 1], NULL};
    which -= count - 1;
    return (tried_call){other_calls[which].name, NULL, other_calls[which].run};
}

static podlink_status run_call(setting *s, const tried_call *call, podlink_error *err)
{
    if (!call->operation)
        return call->run(s->client, err);
    stub_server_set_reply(s->server, call->operation->replies[0]);
    return call->operation->run(s->client, &operation_valid, err);
}

/* --- running out of memory ------------------------------------------------------------------------------------------
 */

static void expect_reported(podlink_status status, const podlink_error *err, const char *name, size_t n)
{
    if (status != PODLINK_OK && status != PODLINK_ENOMEM)
        fail_msg("%s, allocation %zu: %s: %s", name, n, podlink_status_name(status), err->message);
    assert_int_equal(err->status, status);
    assert_int_equal(err->message[0] != '\0', status != PODLINK_OK);
}

/* A server that could not be dialled is not dialled again for a while, which is not a failure. */
static void expect_works_again(setting *s, const tried_call *call, size_t n)
{
    podlink_error err;
    podlink_status status;
    time_t until = time(NULL) + 3;
    do
        status = run_call(s, call, &err);
    while (status == PODLINK_ENOMEM && time(NULL) < until);
    if (status != PODLINK_OK)
        fail_msg("%s after allocation %zu failed: %s: %s", call->name, n, podlink_status_name(status), err.message);
}

/* @return whether the n-th allocation and all after it failed */
static bool fail_once(setting *s, const tried_call *call, size_t n, size_t how_many)
{
    podlink_error err;
    test_heap_fail_at(&s->heap, n, how_many);
    podlink_status status = run_call(s, call, &err);
    bool failed = s->heap.failed > 0;
    test_heap_fail_at(&s->heap, 0, 0);
    expect_reported(status, &err, call->name, n);
    if (!failed)
        assert_int_equal(status, PODLINK_OK);
    expect_works_again(s, call, n);
    return failed;
}

static void open_or_end(setting *s)
{
    podlink_error err;
    if (open_client(s, &err) != PODLINK_OK)
        fail_msg("open: %s", err.message);
}

static void an_open_client_survives(void **state)
{
    setting *s = *state;
    open_or_end(s);
    for (size_t which = 0; which < call_count(); which++) {
        const tried_call call = call_at(which);
        size_t n = 1;
        while (fail_once(s, &call, n, 1) && n < RUNS_MAX)
            n++;
        assert_true(n < RUNS_MAX);
    }
    podlink_client_free(s->client);
}

/* Nothing is connected and no script is loaded: the operation must do both. */
static void survive_at_first_use(setting *s, size_t how_many)
{
    s->loading = PODLINK_LOAD_ON_DEMAND;
    for (size_t which = 0; which < call_count(); which++) {
        const tried_call call = call_at(which);
        bool failed = true;
        for (size_t n = 1; failed; n++) {
            assert_true(n < RUNS_MAX);
            stub_server_flush(s->server);
            open_or_end(s);
            failed = fail_once(s, &call, n, how_many);
            podlink_client_free(s->client);
            test_heap_expect_empty(&s->heap, call.name);
        }
    }
}

static void the_first_use_of_a_client_survives(void **state)
{
    survive_at_first_use(*state, 1);
}

static void the_first_use_of_a_client_survives_when_all_allocations_fail(void **state)
{
    survive_at_first_use(*state, SIZE_MAX);
}

static void survive_opening(setting *s, podlink_script_loading loading, size_t how_many)
{
    s->loading = loading;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        podlink_error err;
        assert_true(n < RUNS_MAX);
        test_heap_fail_at(&s->heap, n, how_many);
        podlink_status status = open_client(s, &err);
        failed = s->heap.failed > 0;
        test_heap_fail_at(&s->heap, 0, 0);
        expect_reported(status, &err, "open", n);
        if (status == PODLINK_OK)
            expect_works_again(s, &(tried_call){"link set", NULL, do_link_set}, n);
        else
            assert_null(s->client);
        if (failed && loading != PODLINK_LOAD_IF_POSSIBLE)
            assert_int_equal(status, PODLINK_ENOMEM);
        podlink_client_free(s->client);
        test_heap_expect_empty(&s->heap, "open");
    }
}

static void opening_survives(void **state)
{
    static const podlink_script_loading ways[] = {PODLINK_LOAD_ON_OPEN, PODLINK_LOAD_IF_POSSIBLE,
                                                  PODLINK_LOAD_ON_DEMAND};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        survive_opening(*state, ways[i], 1);
        survive_opening(*state, ways[i], SIZE_MAX);
    }
}

static void registering_a_script_survives(void **state)
{
    setting *s = *state;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        podlink_error err;
        open_or_end(s);
        test_heap_fail_at(&s->heap, n, 1);
        podlink_status status = podlink_script_register(s->client, &other_script, &err);
        failed = s->heap.failed > 0;
        test_heap_fail_at(&s->heap, 0, 0);
        expect_reported(status, &err, "register", n);
        assert_int_equal(status, failed ? PODLINK_ENOMEM : PODLINK_OK);
        status = podlink_script_register(s->client, &other_script, &err);
        assert_int_equal(status, failed ? PODLINK_OK : PODLINK_EEXIST);
        podlink_client_free(s->client);
        test_heap_expect_empty(&s->heap, "register");
    }
}

static void a_list_can_outlive_its_client(void **state)
{
    setting *s = *state;
    podlink_service_links *links;
    open_or_end(s);
    assert_int_equal(podlink_link_services(s->client, "ns", "eva", &links, NULL, NULL), PODLINK_OK);
    podlink_client_free(s->client);
    assert_string_equal(links->items[0].service, "chat");
    podlink_free(links);
}

/* The operations on one link, without link_services, which returns a list, and without batches. */
static bool is_link_call(const tried_call *call)
{
    return call->operation && strncmp(call->name, "link_", 5) == 0 && call->operation->item[0] == '\0' &&
           strcmp(call->name, "link_services") != 0;
}

static void a_link_call_allocates_nothing(void **state)
{
    setting *s = *state;
    size_t tried = 0;
    open_or_end(s);
    for (size_t i = 0; i < call_count(); i++) {
        podlink_error err;
        const tried_call call = call_at(i);
        if (!is_link_call(&call))
            continue;
        expect_works_again(s, &call, 0);
        test_heap_fail_at(&s->heap, 0, 0);
        assert_int_equal(run_call(s, &call, &err), PODLINK_OK);
        assert_int_equal(s->heap.asked, 0);
        tried++;
    }
    assert_true(tried >= 7);
    podlink_client_free(s->client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opening_survives, begin, end),
        cmocka_unit_test_setup_teardown(an_open_client_survives, begin, end),
        cmocka_unit_test_setup_teardown(the_first_use_of_a_client_survives, begin, end),
        cmocka_unit_test_setup_teardown(the_first_use_of_a_client_survives_when_all_allocations_fail, begin, end),
        cmocka_unit_test_setup_teardown(registering_a_script_survives, begin, end),
        cmocka_unit_test_setup_teardown(a_list_can_outlive_its_client, begin, end),
        cmocka_unit_test_setup_teardown(a_link_call_allocates_nothing, begin, end),
    };
    return RUN_TESTS("heap failures calls", tests);
}
