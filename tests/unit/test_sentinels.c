/* SPDX-License-Identifier: MIT */
/* How a client decides between the answers of several sentinels, and whether a server confirms its role: against
 * sentinels and servers in threads, whose answers the test sets. */
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { SENTINELS = 3, SERVERS = 2, REPLY_MAX = 512, MS = 1000000, REFRESH_MS = 1000 };

/* The answers of one of them. A text is made before it is used, and is not changed. */
typedef struct fake {
    stub_server *server;
    _Atomic(const char *) master;  /* to SENTINEL MASTER */
    _Atomic(const char *) address; /* to GET-MASTER-ADDR-BY-NAME */
    _Atomic(const char *) lists;   /* to REPLICAS and SENTINELS */
    _Atomic(const char *) role;
    _Atomic(const char *) listens; /* to PSUBSCRIBE */
    atomic_int calls;              /* SET */
} fake;

typedef struct setting {
    fake sentinels[SENTINELS];
    fake servers[SERVERS];
    char *texts[64];
    size_t text_count;
    podlink_clock clock;
    int64_t ahead_ns;
    podlink_client *client;
    podlink_error err;
    int refusals;      /* in the log */
    char refusal[256]; /* the latest */
} setting;

static const char is_master[] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
static const char is_replica[] = "*5\r\n$5\r\nslave\r\n$1\r\nx\r\n:1\r\n$9\r\nconnected\r\n:1\r\n";

/* --- the answers -------------------------------------------------------------------------------------------------- */

static const char *answer(void *context, const fake_command *command)
{
    fake *f = context;
    const char *const word = command->words[0];
    if (strcasecmp(word, "ROLE") == 0)
        return atomic_load(&f->role);
    if (strcasecmp(word, "PSUBSCRIBE") == 0)
        return atomic_load(&f->listens);
    if (strcasecmp(word, "SET") == 0)
        atomic_fetch_add(&f->calls, 1);
    if (strcasecmp(word, "SENTINEL") != 0)
        return NULL;
    if (strcmp(command->words[1], "MASTER") == 0)
        return atomic_load(&f->master);
    if (strcmp(command->words[1], "GET-MASTER-ADDR-BY-NAME") == 0)
        return atomic_load(&f->address);
    return atomic_load(&f->lists);
}

static const char *keep(setting *s, const char *text)
{
    assert_true(s->text_count < COUNT_OF(s->texts));
    return s->texts[s->text_count++] = strdup(text);
}

/* From now on a sentinel reports this server as the master, with an epoch and flags. */
static void say_with_flags(setting *s, size_t sentinel, size_t server, int epoch, const char *flags)
{
    char text[REPLY_MAX];
    const unsigned port = stub_server_port(s->servers[server].server);
    snprintf(text, sizeof text,
             "*12\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n$5\r\n%05u\r\n$5\r\nflags\r\n$%zu\r\n%s\r\n"
             "$12\r\nconfig-epoch\r\n$1\r\n%d\r\n$23\r\ndown-after-milliseconds\r\n$4\r\n1000\r\n"
             "$19\r\nnum-other-sentinels\r\n$1\r\n2\r\n",
             port, strlen(flags), flags, epoch);
    atomic_store(&s->sentinels[sentinel].master, keep(s, text));
    snprintf(text, sizeof text, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%05u\r\n", port);
    atomic_store(&s->sentinels[sentinel].address, keep(s, text));
}

static void say(setting *s, size_t sentinel, size_t server, int epoch)
{
    say_with_flags(s, sentinel, server, epoch, "master");
}

/* --- the client --------------------------------------------------------------------------------------------------- */

static int64_t now(void *context)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return ((const setting *)context)->ahead_ns + (int64_t)time.tv_sec * 1000 * MS + time.tv_nsec;
}

static void keep_refusal(void *context, const podlink_log_record *record)
{
    setting *s = context;
    if (strcmp(record->event, "listen_refused") != 0)
        return;
    s->refusals++;
    snprintf(s->refusal, sizeof s->refusal, "%s", record->message);
}

static void open_it(setting *s)
{
    char url[128];
    podlink_options options;
    podlink_options_init(&options);
    snprintf(url, sizeof url, "sentinel://127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u/mymaster",
             stub_server_port(s->sentinels[0].server), stub_server_port(s->sentinels[1].server),
             stub_server_port(s->sentinels[2].server));
    options.url = url;
    options.clock = &s->clock;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.no_janitor_thread = 1;
    options.retries = 0;
    options.log = keep_refusal;
    options.log_context = s;
    options.topology_refresh_ms = REFRESH_MS;
    assert_int_equal(podlink_client_open(&options, &s->client, &s->err), PODLINK_OK);
}

static podlink_status set(setting *s)
{
    return podlink_workload_set(s->client, &(podlink_service){"ns", "game"}, "busy", NULL, &s->err);
}

/* This server serves a call. */
static void expect_master(setting *s, size_t server)
{
    const int before = atomic_load(&s->servers[server].calls);
    const podlink_status status = set(s);
    if (status != PODLINK_OK)
        fail_msg("%s: %s", podlink_status_name(status), s->err.message);
    assert_int_equal(atomic_load(&s->servers[server].calls) - before, 1);
}

/* All sentinels are asked again, and no event has come meanwhile. */
static void refresh_after(setting *s, int64_t ms)
{
    podlink_stats before, after;
    podlink_stats_init(&before);
    podlink_stats_init(&after);
    podlink_client_stats(s->client, &before);
    s->ahead_ns += ms * MS;
    podlink_client_tick(s->client);
    podlink_client_stats(s->client, &after);
    assert_true(after.discoveries > before.discoveries);
}

/* --- sentinels ---------------------------------------------------------------------------------------------------- */

static void the_highest_epoch_wins(void **state)
{
    setting *s = *state;
    say(s, 0, 0, 1);
    say(s, 1, 0, 1);
    say(s, 2, 1, 2);
    open_it(s);
    expect_master(s, 1);
}

static void in_the_same_epoch_the_majority_wins(void **state)
{
    setting *s = *state;
    say(s, 0, 0, 1);
    say(s, 1, 1, 1);
    say(s, 2, 1, 1);
    open_it(s);
    expect_master(s, 1);
}

static void a_new_epoch_wins_with_a_single_sentinel(void **state)
{
    setting *s = *state;
    open_it(s);
    expect_master(s, 0);
    say(s, 1, 1, 7);
    refresh_after(s, REFRESH_MS + 1);
    expect_master(s, 1);
}

static void in_the_same_epoch_a_single_sentinel_does_not_override_the_known_master(void **state)
{
    setting *s = *state;
    open_it(s);
    expect_master(s, 0);
    say(s, 0, 1, 1);
    atomic_store(&s->sentinels[1].master, "-ERR busy\r\n");
    atomic_store(&s->sentinels[2].master, "-ERR busy\r\n");
    refresh_after(s, REFRESH_MS + 1);
    expect_master(s, 0);
}

/* Sentinels were set up again, and count from 0. */
static void an_older_epoch_wins_after_ten_seconds_of_majority(void **state)
{
    setting *s = *state;
    for (size_t i = 0; i < SENTINELS; i++)
        say(s, i, 0, 5);
    open_it(s);
    expect_master(s, 0);
    for (size_t i = 0; i < SENTINELS; i++)
        say(s, i, 1, 3);
    refresh_after(s, REFRESH_MS + 1);
    expect_master(s, 0);
    refresh_after(s, 9 * 1000);
    expect_master(s, 0);
    refresh_after(s, 1500);
    expect_master(s, 1);
}

/* It has the new epoch already, and still the old address. */
static void a_sentinel_in_a_change_is_ignored(void **state)
{
    setting *s = *state;
    open_it(s);
    expect_master(s, 0);
    const char *old = atomic_load(&s->sentinels[0].address);
    say(s, 0, 1, 2);
    atomic_store(&s->sentinels[0].address, old);
    refresh_after(s, REFRESH_MS + 1);
    expect_master(s, 0);
    for (size_t i = 0; i < SENTINELS; i++)
        atomic_store(&s->sentinels[i].master, atomic_load(&s->sentinels[0].master));
    podlink_client_free(s->client);
    open_it(s);
    assert_int_equal(set(s), PODLINK_ETRYAGAIN);
    assert_non_null(strstr(s->err.message, "it changes just now"));
}

/* A sentinel that leads a failover reports only the address of the promoted server. */
static void a_sentinel_in_a_failover_counts_with_its_address(void **state)
{
    setting *s = *state;
    open_it(s);
    expect_master(s, 0);
    say(s, 1, 1, 2);
    const char *address = atomic_load(&s->sentinels[1].address);
    say_with_flags(s, 1, 0, 2, "master,o_down,failover_in_progress");
    atomic_store(&s->sentinels[1].address, address);
    refresh_after(s, REFRESH_MS + 1);
    expect_master(s, 1);
}

static void the_master_is_found_without_permission_to_list_sentinels(void **state)
{
    setting *s = *state;
    for (size_t i = 0; i < SENTINELS; i++)
        atomic_store(&s->sentinels[i].lists, "-NOPERM no\r\n");
    open_it(s);
    expect_master(s, 0);
}

/* Once for each connection, also if it refuses repeatedly; and without the server's text, which could quote
 * anything. */
static void a_sentinel_that_refuses_a_subscription_is_logged(void **state)
{
    setting *s = *state;
    atomic_store(&s->sentinels[1].listens, "-NOPERM secret\r\n-NOPERM secret\r\n");
    open_it(s);
    const time_t until = time(NULL) + 10;
    while (s->refusals == 0 && time(NULL) < until)
        podlink_client_tick(s->client);
    podlink_client_tick(s->client);
    assert_int_equal(s->refusals, 1);
    assert_non_null(strstr(s->refusal, "PSUBSCRIBE on 127.0.0.1:"));
    assert_null(strstr(s->refusal, "secret"));
    expect_master(s, 0);
}

static void a_malformed_answer_is_reported_with_its_sentinel(void **state)
{
    static const struct {
        const char *master;
        podlink_status status;
        const char *words;
    } rows[] = {{"-ERR No such master with that name\r\n", PODLINK_ESERVER, "No such master"},
                {"-NOPERM no\r\n", PODLINK_ENOPERM, "NOPERM"},
                {"*0\r\n", PODLINK_EREPLY, "no list"},
                {"+OK\r\n", PODLINK_EREPLY, "no list"},
                {"*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n", PODLINK_EREPLY, "no address"}};
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t k = 0; k < SENTINELS; k++)
            atomic_store(&s->sentinels[k].master, rows[i].master);
        open_it(s);
        assert_int_equal(set(s), rows[i].status);
        assert_int_equal(s->err.delivery, PODLINK_NOT_SENT);
        assert_non_null(strstr(s->err.message, "no sentinel knows where master \"mymaster\" is"));
        assert_non_null(strstr(s->err.message, rows[i].words));
        podlink_client_free(s->client);
    }
    open_it(s); /* which end() frees */
}

/* --- roles -------------------------------------------------------------------------------------------------------- */

static void a_server_must_confirm_that_it_is_the_master(void **state)
{
    static const struct {
        const char *role;
        podlink_status status;
        const char *words;
    } rows[] = {{is_replica, PODLINK_EREADONLY, "is no master: it is a replica"},
                {"*2\r\n$8\r\nsentinel\r\n*0\r\n", PODLINK_EREADONLY, "is no master: it has another role"},
                {"*0\r\n", PODLINK_EPROTOCOL, "ROLE on "},
                {":1\r\n", PODLINK_EPROTOCOL, "ROLE on "},
                {"+master\r\n", PODLINK_EPROTOCOL, "ROLE on "},
                {"-NOPERM no\r\n", PODLINK_OK, ""}, /* a user without permission to ask can connect */
                {"-ERR unknown command\r\n", PODLINK_OK, ""}};
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        atomic_store(&s->servers[0].role, rows[i].role);
        open_it(s);
        const podlink_status status = set(s);
        if (status != rows[i].status || !strstr(s->err.message, rows[i].words))
            fail_msg("%s: %s, %s", rows[i].role, podlink_status_name(status), s->err.message);
        assert_int_equal(s->err.delivery, status == PODLINK_OK ? s->err.delivery : PODLINK_NOT_SENT);
        podlink_client_free(s->client);
    }
    open_it(s);
}

/* --- the program -------------------------------------------------------------------------------------------------- */

static void start(fake *f)
{
    atomic_store(&f->role, is_master);
    atomic_store(&f->listens, "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n");
    atomic_store(&f->lists, "*0\r\n");
    f->server = stub_server_start(FAKE_TCP, answer, f);
}

/* All report the first server as the master, in epoch 1. */
static int begin(void **state)
{
    setting *s = calloc(1, sizeof *s);
    s->clock = (podlink_clock){.now_ns = now, .context = s};
    for (size_t i = 0; i < SERVERS; i++)
        start(&s->servers[i]);
    for (size_t i = 0; i < SENTINELS; i++) {
        start(&s->sentinels[i]);
        say(s, i, 0, 1);
    }
    *state = s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    podlink_client_free(s->client);
    for (size_t i = 0; i < SERVERS; i++)
        stub_server_stop(s->servers[i].server);
    for (size_t i = 0; i < SENTINELS; i++)
        stub_server_stop(s->sentinels[i].server);
    for (size_t i = 0; i < s->text_count; i++)
        free(s->texts[i]);
    free(s);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_highest_epoch_wins),
        TEST(in_the_same_epoch_the_majority_wins),
        TEST(a_new_epoch_wins_with_a_single_sentinel),
        TEST(in_the_same_epoch_a_single_sentinel_does_not_override_the_known_master),
        TEST(an_older_epoch_wins_after_ten_seconds_of_majority),
        TEST(a_sentinel_in_a_change_is_ignored),
        TEST(a_sentinel_in_a_failover_counts_with_its_address),
        TEST(the_master_is_found_without_permission_to_list_sentinels),
        TEST(a_sentinel_that_refuses_a_subscription_is_logged),
        TEST(a_malformed_answer_is_reported_with_its_sentinel),
        TEST(a_server_must_confirm_that_it_is_the_master),
    };
    return RUN_TESTS("sentinels", tests);
}
