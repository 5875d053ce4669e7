/* SPDX-License-Identifier: MIT */
/* Memory runs out during discovery: at each allocation of asking sentinels or cluster nodes, of the connections to the
 * servers that they name, of subscriptions and of scattered batches. The call reports it, nothing leaks, and the client
 * works again when there is memory. */
#include "failing_heap.h"
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { REPLY_MAX = 512, BATCH = 40, RUNS_MAX = 5000, TRIES = 200, JUMP_MS = 150, MS = 1000000, SERVERS = 2 };

enum kind { SENTINELS, CLUSTER };

/* Two servers: both are nodes of a cluster, or sentinels, the first of which is the master as well. */
typedef struct setting {
    enum kind kind;
    stub_server *servers[SERVERS];
    test_heap heap;
    podlink_clock clock;
    int64_t ahead_ns; /* added to the clock, so that back-off after a failure takes no time */
    char url[128];
    char master[REPLY_MAX], address[REPLY_MAX], others[REPLY_MAX], slots[REPLY_MAX];
    podlink_client *client;
} setting;

/* --- the servers ---------------------------------------------------------------------------------------------------
 */

static const char *answer(void *context, const fake_command *command)
{
    const setting *s = context;
    const char *const word = command->words[0];
    if (strcasecmp(word, "ROLE") == 0)
        return "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
    if (strcasecmp(word, "PSUBSCRIBE") == 0)
        return "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n";
    if (strcasecmp(word, "CLUSTER") == 0)
        return s->slots;
    if (strcasecmp(word, "SENTINEL") != 0)
        return NULL;
    if (strcmp(command->words[1], "MASTER") == 0)
        return s->master;
    if (strcmp(command->words[1], "GET-MASTER-ADDR-BY-NAME") == 0)
        return s->address;
    return strcmp(command->words[1], "SENTINELS") == 0 ? s->others : "*0\r\n";
}

static void write_replies(setting *s)
{
    char port[SERVERS][8];
    for (size_t i = 0; i < SERVERS; i++)
        snprintf(port[i], sizeof port[i], "%05u", (unsigned)stub_server_port(s->servers[i]));
    snprintf(s->master, sizeof s->master,
             "*12\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n$5\r\n%s\r\n$5\r\nflags\r\n$6\r\nmaster\r\n"
             "$12\r\nconfig-epoch\r\n$1\r\n1\r\n$23\r\ndown-after-milliseconds\r\n$4\r\n1000\r\n"
             "$19\r\nnum-other-sentinels\r\n$1\r\n1\r\n",
             port[0]);
    snprintf(s->address, sizeof s->address, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%s\r\n", port[0]);
    snprintf(s->others, sizeof s->others,
             "*1\r\n*6\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n$5\r\n%s\r\n$5\r\nflags\r\n$8\r\nsentinel\r\n",
             port[1]);
    snprintf(s->slots, sizeof s->slots,
             "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n"
             "*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n",
             port[0], port[1]);
    if (s->kind == SENTINELS)
        snprintf(s->url, sizeof s->url,
                 "sentinel://someone:secret@127.0.0.1:%s/mymaster?sentinel_password=other&client_name=tester", port[0]);
    else
        snprintf(s->url, sizeof s->url, "cluster://someone:secret@127.0.0.1:%s", port[0]);
}

/* --- the client ----------------------------------------------------------------------------------------------------
 */

static int64_t now(void *context)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return ((const setting *)context)->ahead_ns + (int64_t)time.tv_sec * 1000 * MS + time.tv_nsec;
}

static podlink_status open_client(setting *s, podlink_script_loading loading, podlink_error *err)
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = s->url;
    options.allocator = &s->heap.allocator;
    options.clock = &s->clock;
    options.script_loading = loading;
    options.no_janitor_thread = 1; /* so that the order of allocations is the same each time */
    return podlink_client_open(&options, &s->client, err);
}

static podlink_status set_link(podlink_client *client, podlink_error *err)
{
    return podlink_link_set(client, &(podlink_link){"ns", "game", "eva"}, 1, PODLINK_FOREVER, NULL, NULL, err);
}

/* For users on both nodes. */
static podlink_status set_links(podlink_client *client, podlink_error *err)
{
    podlink_link_item items[BATCH];
    char uids[BATCH][8];
    for (size_t i = 0; i < BATCH; i++) {
        snprintf(uids[i], sizeof uids[i], "%zu", i);
        items[i] = (podlink_link_item){.link = {"ns", "game", uids[i]}, .pod = 1, .persist_s = PODLINK_FOREVER};
    }
    return podlink_link_set_batch(client, items, BATCH, NULL, err);
}

static podlink_status load(podlink_client *client, podlink_error *err)
{
    return podlink_scripts_load(client, NULL, NULL, err);
}

/* With the tick that subscribes to the sentinels and takes their messages. The tick never fails: it tries again
 * later. */
static podlink_status tick_and_set(podlink_client *client, podlink_error *err)
{
    podlink_client_tick(client);
    podlink_client_tick(client);
    return set_link(client, err);
}

static const struct {
    const char *name;
    podlink_status (*run)(podlink_client *client, podlink_error *err);
} operations[] = {
    {"link set", set_link}, {"link set batch", set_links}, {"scripts load", load}, {"tick", tick_and_set}};

/* --- running out of memory ------------------------------------------------------------------------------------------
 */

static void expect_reported(podlink_status status, const podlink_error *err, const char *name, size_t n)
{
    if (status != PODLINK_OK && status != PODLINK_ENOMEM)
        fail_msg("%s, allocation %zu: %s: %s", name, n, podlink_status_name(status), err->message);
    assert_int_equal(err->status, status);
    assert_int_equal(err->message[0] != '\0', status != PODLINK_OK);
}

static void expect_works_again(setting *s, size_t which, size_t n)
{
    podlink_error err;
    podlink_status status = PODLINK_ENOMEM;
    for (int i = 0; i < TRIES && status == PODLINK_ENOMEM; i++, s->ahead_ns += JUMP_MS * (int64_t)MS)
        status = operations[which].run(s->client, &err);
    if (status != PODLINK_OK)
        fail_msg("%s after allocation %zu failed: %s: %s", operations[which].name, n, podlink_status_name(status),
                 err.message);
}

static void open_or_end(setting *s)
{
    podlink_error err;
    if (open_client(s, PODLINK_LOAD_ON_DEMAND, &err) != PODLINK_OK)
        fail_msg("open: %s", err.message);
}

/* @return whether the n-th allocation of the first use and all after it failed */
static bool fail_at_first_use(setting *s, size_t which, size_t n, size_t how_many)
{
    podlink_error err;
    for (size_t i = 0; i < SERVERS; i++)
        stub_server_flush(s->servers[i]);
    open_or_end(s);
    test_heap_fail_at(&s->heap, n, how_many);
    podlink_status status = operations[which].run(s->client, &err);
    const bool failed = s->heap.failed > 0;
    test_heap_fail_at(&s->heap, 0, 0);
    expect_reported(status, &err, operations[which].name, n);
    if (!failed)
        assert_int_equal(status, PODLINK_OK);
    expect_works_again(s, which, n);
    podlink_client_free(s->client);
    test_heap_expect_empty(&s->heap, operations[which].name);
    return failed;
}

static void survive_at_first_use(setting *s, size_t how_many)
{
    for (size_t which = 0; which < COUNT_OF(operations); which++) {
        size_t n = 1;
        while (fail_at_first_use(s, which, n, how_many) && n < RUNS_MAX)
            n++;
        assert_in_range(n, 10, RUNS_MAX - 1);
    }
}

static void the_first_use_survives(void **state)
{
    survive_at_first_use(*state, 1);
}

static void the_first_use_survives_when_all_allocations_fail(void **state)
{
    survive_at_first_use(*state, SIZE_MAX);
}

static void opening_survives(void **state)
{
    setting *s = *state;
    for (size_t how_many = 1; how_many != 0; how_many = how_many == 1 ? SIZE_MAX : 0) {
        bool failed = true;
        for (size_t n = 1; failed; n++) {
            podlink_error err;
            assert_true(n < RUNS_MAX);
            test_heap_fail_at(&s->heap, n, how_many);
            podlink_status status = open_client(s, PODLINK_LOAD_ON_OPEN, &err);
            failed = s->heap.failed > 0;
            test_heap_fail_at(&s->heap, 0, 0);
            expect_reported(status, &err, "open", n);
            if (status == PODLINK_OK)
                expect_works_again(s, 0, n);
            else
                assert_null(s->client);
            podlink_client_free(s->client);
            test_heap_expect_empty(&s->heap, "open");
        }
    }
}

/* As on a single server: redirects and master changes cost nothing if there are none. */
static void a_link_call_allocates_nothing(void **state)
{
    setting *s = *state;
    podlink_error err;
    open_or_end(s);
    assert_int_equal(set_link(s->client, &err), PODLINK_OK);
    test_heap_fail_at(&s->heap, 0, 0);
    assert_int_equal(set_link(s->client, &err), PODLINK_OK);
    assert_int_equal(s->heap.asked, 0);
    podlink_client_free(s->client);
}

/* --- the program ---------------------------------------------------------------------------------------------------
 */

static int begin(void **state, enum kind kind)
{
    setting *s = calloc(1, sizeof *s);
    s->kind = kind;
    s->clock = (podlink_clock){.now_ns = now, .context = s};
    for (size_t i = 0; i < SERVERS; i++)
        s->servers[i] = stub_server_start(FAKE_TCP, answer, s);
    write_replies(s);
    test_heap_init(&s->heap);
    *state = s;
    return 0;
}

static int begin_sentinels(void **state)
{
    return begin(state, SENTINELS);
}

static int begin_cluster(void **state)
{
    return begin(state, CLUSTER);
}

static int end(void **state)
{
    setting *s = *state;
    test_heap_expect_empty(&s->heap, "at the end of the test");
    for (size_t i = 0; i < SERVERS; i++)
        stub_server_stop(s->servers[i]);
    free(s);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"sentinels, opening_survives", opening_survives, begin_sentinels, end, NULL},
        {"sentinels, the_first_use_survives", the_first_use_survives, begin_sentinels, end, NULL},
        {"sentinels, the_first_use_survives_when_all_allocations_fail",
         the_first_use_survives_when_all_allocations_fail, begin_sentinels, end, NULL},
        {"sentinels, a_link_call_allocates_nothing", a_link_call_allocates_nothing, begin_sentinels, end, NULL},
        {"cluster, opening_survives", opening_survives, begin_cluster, end, NULL},
        {"cluster, the_first_use_survives", the_first_use_survives, begin_cluster, end, NULL},
        {"cluster, the_first_use_survives_when_all_allocations_fail", the_first_use_survives_when_all_allocations_fail,
         begin_cluster, end, NULL},
        {"cluster, a_link_call_allocates_nothing", a_link_call_allocates_nothing, begin_cluster, end, NULL},
    };
    return RUN_TESTS("heap failures deployments", tests);
}
