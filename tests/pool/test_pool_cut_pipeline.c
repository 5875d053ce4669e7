/* SPDX-License-Identifier: MIT */
/* A pipeline of five commands, cut at every byte in both directions: the reported delivery of each command is what
 * happened on the server, which the test asks over a connection of its own. */
#include "pool_fixture.h"

#include <stdio.h>
#include <string.h>

enum {
    ITEMS = 5,
    CALL_MS = 5000, /* no call here needs a deadline: one that reaches it hangs */
    LATE_MS = 1000,
    FIRST_REPLY = 12 /* "*1\r $2\r -1\r ": there was no link before */
};

struct world {
    struct test_server *server;
    struct proxy *proxy;
    podlink_client *client;
    redisContext *redis;
    unsigned round;
    unsigned stored; /* links on the server */
};

static void open_world(struct world *world, bool with_tcp, uint32_t retries)
{
    *world = (struct world){.server = test_server_start(NULL)};
    assert_non_null(world->server);
    world->proxy = proxy_start(test_server_socket(world->server), with_tcp);
    assert_non_null(world->proxy);
    podlink_options options = api_options(proxy_url(world->proxy));
    options.shared_connections = 1;
    options.retries = retries;
    world->client = api_open_with(&options);
    world->redis = api_redis(world->server);
}

static void close_world(struct world *world)
{
    redisFree(world->redis);
    podlink_client_free(world->client);
    proxy_stop(world->proxy);
    test_server_stop(world->server);
}

/* ---- the commands ---- */

struct batch {
    char uids[ITEMS][24];
    podlink_link_item items[ITEMS];
};

static void fill(struct world *world, struct batch *batch)
{
    world->round++;
    for (int i = 0; i < ITEMS; i++) {
        snprintf(batch->uids[i], sizeof batch->uids[i], "u%06u-%d", world->round, i);
        batch->items[i] = (podlink_link_item){
            .link = {.ns = "cut", .service = "s", .uid = batch->uids[i]}, .pod = 7, .persist_s = PODLINK_FOREVER};
    }
}

static podlink_status run(struct world *world, struct batch *batch, podlink_error *err)
{
    podlink_call call = within(CALL_MS);
    call.flags = PODLINK_NO_REPEAT;
    const int64_t began = api_now_ns();
    const podlink_status status = podlink_link_set_batch(world->client, batch->items, ITEMS, &call, err);
    assert_true(api_now_ns() - began < LATE_MS * MS);
    return status;
}

/* The bytes of a batch and of its replies, measured without a cut. */
static void measure(struct world *world, uint64_t *bytes, uint64_t *reply_bytes)
{
    struct batch batch;
    podlink_error err;
    proxy_set(world->proxy, PROXY_TO_SERVER, NULL);
    proxy_set(world->proxy, PROXY_TO_CLIENT, NULL);
    fill(world, &batch);
    assert_status(PODLINK_OK, run(world, &batch, &err), &err);
    *bytes = proxy_forwarded(world->proxy, PROXY_TO_SERVER);
    *reply_bytes = proxy_forwarded(world->proxy, PROXY_TO_CLIENT);
    assert_int_equal(*bytes % ITEMS, 0);
    assert_int_equal(*reply_bytes, ITEMS * FIRST_REPLY);
    world->stored += ITEMS;
}

/* When the server has answered a PING, everything that had reached it has run: what was readable before was read in
 * that round of its event loop or in an earlier one. */
static bool is_stored(struct world *world, const char *uid)
{
    const redisReply *reply = api_ask(world->redis, "EXISTS sf:{cut:lk:%s}s", uid);
    return reply->integer == 1;
}

/* ---- one cut ---- */

struct cut {
    enum proxy_way way;
    enum proxy_end how;
    uint64_t at;
    uint64_t bytes; /* of the batch, and of its replies */
    uint64_t reply_bytes;
};

static void record_item(const struct cut *cut, int i, const podlink_link_item *item, bool stored, const char *what)
{
    record_failure("%s by %s after %llu bytes, command %d: %s (%s, %s, previous %d, %s)",
                   cut->way == PROXY_TO_SERVER ? "commands cut" : "replies cut", cut->how == PROXY_FIN ? "FIN" : "RST",
                   (unsigned long long)cut->at, i, what, podlink_status_name(item->status),
                   podlink_delivery_text(item->delivery), (int)item->result, stored ? "stored" : "not stored");
}

static void check_item(const struct cut *cut, int i, const podlink_link_item *item, bool stored)
{
    const uint64_t command_end = cut->bytes / ITEMS * (uint64_t)(i + 1);
    const uint64_t reply_end = cut->reply_bytes / ITEMS * (uint64_t)(i + 1);
    const bool arrived = cut->way == PROXY_TO_CLIENT || command_end <= cut->at;
    const bool answered = cut->way == PROXY_TO_CLIENT && reply_end <= cut->at;
    if (stored != arrived)
        record_item(cut, i, item, stored, arrived ? "it arrived and was not run" : "it did not arrive and was run");
    if (item->status == PODLINK_OK) {
        if (!arrived || (cut->way == PROXY_TO_CLIENT && !answered))
            record_item(cut, i, item, stored, "ok without an answer");
        if (item->delivery != PODLINK_ANSWERED || item->result != PODLINK_NO_POD)
            record_item(cut, i, item, stored, "it ran twice, or its answer is another's");
        return;
    }
    if (answered)
        record_item(cut, i, item, stored, "it was answered");
    if (item->status != PODLINK_ECONNLOST)
        record_item(cut, i, item, stored, "the connection was lost");
    if (item->delivery == PODLINK_ANSWERED || (item->delivery == PODLINK_NOT_SENT && stored))
        record_item(cut, i, item, stored, "that is not what became of it");
}

static void run_cut(struct world *world, const struct cut *cut)
{
    struct batch batch;
    podlink_error err;
    const struct proxy_fault fault = {.cut = cut->how, .cut_at = cut->at};
    assert_status(PODLINK_OK, podlink_ping(world->client, NULL, NULL, &err), &err);
    fill(world, &batch);
    const uint64_t cuts = proxy_cuts(world->proxy);
    proxy_set(world->proxy, cut->way, &fault);
    const podlink_status status = run(world, &batch, &err);
    assert_int_equal(proxy_cuts(world->proxy), cuts + 1);
    assert_int_equal(status, PODLINK_ECONNLOST);
    api_ask(world->redis, "PING");
    for (int i = 0; i < ITEMS; i++) {
        const bool stored = is_stored(world, batch.uids[i]);
        world->stored += stored;
        check_item(cut, i, &batch.items[i], stored);
    }
    assert_no_failure();
}

static unsigned cut_everywhere(struct world *world, enum proxy_end how)
{
    struct cut cut = {.how = how};
    unsigned cuts = 0;
    measure(world, &cut.bytes, &cut.reply_bytes);
    for (cut.way = PROXY_TO_SERVER, cut.at = 0; cut.at < cut.bytes; cut.at++, cuts++)
        run_cut(world, &cut);
    proxy_set(world->proxy, PROXY_TO_SERVER, NULL);
    for (cut.way = PROXY_TO_CLIENT, cut.at = 0; cut.at < cut.reply_bytes; cut.at++, cuts++)
        run_cut(world, &cut);
    proxy_set(world->proxy, PROXY_TO_CLIENT, NULL);
    return cuts;
}

/* Commands that did not reach the server never will: a link and its index entry for each that was stored when its call
 * ended. */
static void check_end(struct world *world, unsigned cuts)
{
    assert_int_equal(api_ask(world->redis, "DBSIZE")->integer, 2 * world->stored);
    print_message("# %u cuts, %u commands arrived\n", cuts, world->stored);
}

static void cut_matrix(bool with_tcp, enum proxy_end how)
{
    struct world world;
    open_world(&world, with_tcp, 3);
    const unsigned cuts = cut_everywhere(&world, how);
    check_end(&world, cuts);
    close_world(&world);
}

static void a_pipeline_ended_at_any_byte_reports_each_delivery(void **state)
{
    (void)state;
    cut_matrix(true, PROXY_FIN);
}

static void a_pipeline_reset_at_any_byte_reports_each_delivery(void **state)
{
    (void)state;
    cut_matrix(true, PROXY_RST);
}

static void a_pipeline_on_a_unix_socket_ended_at_any_byte_reports_each_delivery(void **state)
{
    (void)state;
    cut_matrix(false, PROXY_FIN);
}

/* ---- pipelines that are larger than the socket's buffer ---- */

enum { MANY = 4000, MANY_CUTS = 12, MANY_BYTES = 600000 };

struct many {
    char uids[MANY][24];
    podlink_link_item items[MANY];
};

static void fill_many(struct world *world, struct many *many)
{
    world->round++;
    for (int i = 0; i < MANY; i++) {
        snprintf(many->uids[i], sizeof many->uids[i], "m%06u-%d", world->round, i);
        many->items[i] = (podlink_link_item){
            .link = {.ns = "cut", .service = "s", .uid = many->uids[i]}, .pod = 7, .persist_s = PODLINK_FOREVER};
    }
}

struct outcome {
    unsigned ok;
    unsigned not_sent;
    unsigned unknown;
    unsigned stored;
};

static void check_many(struct world *world, const struct many *many, struct outcome *sum)
{
    for (int i = 0; i < MANY; i++)
        redisAppendCommand(world->redis, "EXISTS sf:{cut:lk:%s}s", many->uids[i]);
    for (int i = 0; i < MANY; i++) {
        void *reply = NULL;
        assert_int_equal(redisGetReply(world->redis, &reply), REDIS_OK);
        const podlink_link_item *item = &many->items[i];
        const bool stored = ((redisReply *)reply)->integer == 1;
        const bool ok = item->status == PODLINK_OK;
        freeReplyObject(reply);
        if (ok && (!stored || item->result != PODLINK_NO_POD))
            record_failure("command %d is ok, %s, previous %d", i, stored ? "stored" : "but not stored",
                           (int)item->result);
        if (!ok && item->delivery == PODLINK_NOT_SENT && stored)
            record_failure("command %d was not sent, and is stored", i);
        if (!ok && (item->delivery == PODLINK_ANSWERED || item->status != PODLINK_ECONNLOST))
            record_failure("command %d: %s, %s", i, podlink_status_name(item->status),
                           podlink_delivery_text(item->delivery));
        sum->ok += ok;
        sum->not_sent += !ok && item->delivery == PODLINK_NOT_SENT;
        sum->unknown += !ok && item->delivery == PODLINK_UNKNOWN;
        sum->stored += stored;
    }
    assert_no_failure();
}

static void cut_many(struct world *world, uint64_t at, enum proxy_end how, struct outcome *sum)
{
    static struct many many;
    podlink_error err;
    podlink_call call = within(CALL_MS);
    const struct proxy_fault fault = {.cut = how, .cut_at = at};
    call.flags = PODLINK_NO_REPEAT;
    assert_status(PODLINK_OK, podlink_ping(world->client, NULL, NULL, &err), &err);
    fill_many(world, &many);
    proxy_set(world->proxy, PROXY_TO_SERVER, &fault);
    podlink_link_set_batch(world->client, many.items, MANY, &call, &err);
    proxy_set(world->proxy, PROXY_TO_SERVER, NULL);
    api_ask(world->redis, "PING");
    check_many(world, &many, sum);
}

static struct outcome cut_long_pipelines(uint32_t retries)
{
    struct outcome sum = {0};
    struct world world;
    open_world(&world, true, retries);
    for (uint64_t i = 0; i < MANY_CUTS; i++)
        cut_many(&world, i * MANY_BYTES / MANY_CUTS + i, i % 2 ? PROXY_RST : PROXY_FIN, &sum);
    assert_int_equal(api_ask(world.redis, "DBSIZE")->integer, 2 * sum.stored);
    print_message("# %u cuts of %u commands: %u ok, %u not sent, %u unknown, %u stored\n", MANY_CUTS, MANY, sum.ok,
                  sum.not_sent, sum.unknown, sum.stored);
    close_world(&world);
    return sum;
}

static void unsent_commands_of_a_long_pipeline_never_run(void **state)
{
    (void)state;
    const struct outcome sum = cut_long_pipelines(0);
    assert_true(sum.not_sent > 0);
    assert_true(sum.unknown > 0);
}

static void only_unsent_commands_of_a_long_pipeline_are_sent_again(void **state)
{
    (void)state;
    const struct outcome sum = cut_long_pipelines(3);
    assert_int_equal(sum.not_sent, 0);
    assert_true(sum.unknown > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_ended_at_any_byte_reports_each_delivery),
        cmocka_unit_test(a_pipeline_reset_at_any_byte_reports_each_delivery),
        cmocka_unit_test(a_pipeline_on_a_unix_socket_ended_at_any_byte_reports_each_delivery),
        cmocka_unit_test(unsent_commands_of_a_long_pipeline_never_run),
        cmocka_unit_test(only_unsent_commands_of_a_long_pipeline_are_sent_again),
    };
    return RUN_TESTS("pool cut pipeline", tests);
}
