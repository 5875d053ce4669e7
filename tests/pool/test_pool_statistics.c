/* SPDX-License-Identifier: MIT */
/* The counters of a client, and its trace of each call. */
#include "pool_load.h"

#include <stdio.h>
#include <string.h>

enum { THREADS = 8, CALLS = 2000 };

struct seen {
    _Atomic uint64_t records;
    _Atomic uint64_t commands;
    _Atomic uint64_t failures;
    _Atomic int64_t total_ns;
    podlink_trace_record last; /* of a test with one thread; texts are not kept */
    char operation[32];
};

static void see(void *context, const podlink_trace_record *record)
{
    struct seen *seen = context;
    seen->records++;
    seen->commands += record->count;
    seen->failures += record->status < 0;
    seen->total_ns += record->total_ns;
    if (record->waited_ns < 0 || record->unsent_ns < 0 || record->wire_ns < 0 || record->total_ns < 0 ||
        record->waited_ns + record->unsent_ns + record->wire_ns > record->total_ns)
        record_failure("%s: waited %lld, unsent %lld, wire %lld, total %lld ns", record->operation,
                       (long long)record->waited_ns, (long long)record->unsent_ns, (long long)record->wire_ns,
                       (long long)record->total_ns);
    if (!record->server || !*record->server)
        record_failure("the record of %s names no server", record->operation);
}

static void see_one(void *context, const podlink_trace_record *record)
{
    struct seen *seen = context;
    see(context, record);
    seen->last = *record;
    snprintf(seen->operation, sizeof seen->operation, "%s", record->operation);
}

struct world {
    struct test_server *server;
    struct proxy *proxy;
    podlink_client *client;
    redisContext *redis;
    struct seen seen;
};

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    world.server = test_server_start(NULL);
    if (!world.server)
        return -1;
    world.redis = api_redis(world.server);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    redisFree(world->redis);
    podlink_client_free(world->client);
    proxy_stop(world->proxy);
    test_server_stop(world->server);
    return 0;
}

static void open_client(struct world *world, const char *url, podlink_trace_fn trace)
{
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.trace = trace;
    options.trace_context = &world->seen;
    world->client = api_open_with(&options);
}

static void *ping_often(void *client)
{
    podlink_error err;
    for (int i = 0; i < CALLS; i++)
        if (podlink_ping(client, NULL, NULL, &err) != PODLINK_OK)
            record_failure("ping: %s", err.message);
    return NULL;
}

static void ping_from_many(podlink_client *client)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ping_often, client), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_no_failure();
}

static uint64_t in_buckets(const podlink_histogram *histogram)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++)
        sum += histogram->buckets[i];
    return sum;
}

static void the_histograms_count_each_call_and_their_parts_add_up(void **state)
{
    struct world *world = *state;
    open_client(world, api_url(world->server), NULL);
    ping_from_many(world->client);
    const podlink_stats stats = api_stats(world->client);
    const podlink_histogram *const parts[] = {&stats.wait, &stats.unsent, &stats.wire, &stats.total};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        assert_int_equal(parts[i]->count, THREADS * CALLS);
        assert_int_equal(in_buckets(parts[i]), THREADS * CALLS);
    }
    assert_int_equal(stats.wait.sum_ns + stats.unsent.sum_ns + stats.wire.sum_ns, stats.total.sum_ns);
    const int64_t p50 = podlink_histogram_quantile_ns(&stats.total, 0.5);
    const int64_t p99 = podlink_histogram_quantile_ns(&stats.total, 0.99);
    assert_true(0 < p50 && p50 <= p99);
    assert_true(podlink_histogram_quantile_ns(&stats.wire, 0.5) > 0);
    for (unsigned i = 1; i < PODLINK_HISTOGRAM_BUCKETS; i++)
        assert_true(podlink_histogram_bound_ns(i) > podlink_histogram_bound_ns(i - 1));
}

static void the_counters_agree_with_the_calls_and_with_the_server(void **state)
{
    struct world *world = *state;
    open_client(world, api_url(world->server), NULL);
    api_ask(world->redis, "CONFIG RESETSTAT");
    ping_from_many(world->client);
    const podlink_stats stats = api_stats(world->client);
    assert_int_equal(stats.calls, THREADS * CALLS);
    assert_int_equal(stats.calls_ok, THREADS * CALLS);
    assert_int_equal(stats.commands_sent, THREADS * CALLS);
    assert_int_equal(stats.bytes_sent, THREADS * CALLS * strlen("*1\r\n$4\r\nPING\r\n"));
    assert_int_equal(stats.bytes_received, THREADS * CALLS * strlen("+PONG\r\n"));
    assert_true(stats.writes > 0 && stats.writes <= stats.commands_sent);
    assert_true(stats.reads > 0 && stats.reads <= stats.commands_sent);
    assert_int_equal(stats.queue_depth, 0);
    assert_int_equal(stats.connections, stats.dials);
    assert_in_range(stats.connections, 1, 2);
}

struct depth {
    podlink_client *client;
    uint64_t wanted;
};

static bool queue_is_as_deep(void *context)
{
    const struct depth *depth = context;
    return api_stats(depth->client).queue_depth == depth->wanted;
}

static void *ping_once(void *client)
{
    podlink_error err;
    if (podlink_ping(client, NULL, NULL, &err) != PODLINK_OK)
        record_failure("ping: %s", err.message);
    return NULL;
}

static void the_queue_depth_counts_waiting_calls_and_returns_to_zero(void **state)
{
    struct world *world = *state;
    pthread_t threads[THREADS];
    const struct proxy_fault stall = {.stalls = true};
    world->proxy = proxy_start(test_server_socket(world->server), false);
    assert_non_null(world->proxy);
    open_client(world, proxy_url(world->proxy), NULL);
    ping_from_many(world->client);
    proxy_set(world->proxy, PROXY_TO_CLIENT, &stall);
    struct depth depth = {world->client, THREADS};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ping_once, world->client), 0);
    assert_true(eventually(queue_is_as_deep, &depth, 2000));
    proxy_set(world->proxy, PROXY_TO_CLIENT, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_no_failure();
    assert_int_equal(api_stats(world->client).queue_depth, 0);
}

/* ---- traces ---- */

static void the_trace_hook_gets_each_call_and_its_times_add_up(void **state)
{
    struct world *world = *state;
    open_client(world, api_url(world->server), see);
    ping_from_many(world->client);
    assert_int_equal(world->seen.records, THREADS * CALLS);
    assert_int_equal(world->seen.commands, THREADS * CALLS);
    assert_int_equal(world->seen.failures, 0);
    assert_true(world->seen.total_ns >= (int64_t)api_stats(world->client).total.sum_ns);
}

static void the_trace_hook_gets_the_operation_and_the_outcome(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world, api_url(world->server), see_one);
    const podlink_call call = within(30);
    api_ask(world->redis, "SET text x");
    assert_int_equal(pool_run(world->client, NULL, NULL, &err, WORDS("INCR", "text")), PODLINK_ESERVER);
    assert_string_equal(world->seen.operation, "INCR");
    assert_int_equal(world->seen.last.status, PODLINK_ESERVER);
    assert_int_equal(world->seen.last.delivery, PODLINK_ANSWERED);
    api_ask(world->redis, "CLIENT PAUSE 100 ALL");
    assert_int_equal(pool_run(world->client, &call, NULL, &err, WORDS("INCR", "n")), PODLINK_ETIMEDOUT);
    assert_int_equal(world->seen.last.status, PODLINK_ETIMEDOUT);
    assert_int_equal(world->seen.last.delivery, PODLINK_UNKNOWN);
    assert_true(world->seen.last.total_ns >= 30 * MS);
    podlink_link_item items[3];
    for (int i = 0; i < 3; i++)
        items[i] = (podlink_link_item){.link = {"ns", "s", i == 0 ? "a" : i == 1 ? "b" : "c"}};
    assert_int_equal(podlink_link_get_batch(world->client, items, 3, NULL, &err), PODLINK_OK);
    assert_int_equal(world->seen.last.count, 3);
    assert_string_equal(world->seen.operation, "link get");
    assert_no_failure();
}

/* The server answers BUSY, and then nothing any more. */
static void *be_busy(void *server)
{
    redisContext *redis = api_redis(server);
    static const char script[] =
        "local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end "
        "local until_ms = now() + 300 repeat until now() > until_ms return 1";
    freeReplyObject(redisCommand(redis, "EVAL %s 0", script));
    redisFree(redis);
    return NULL;
}

static void *call_soon(void *client)
{
    const podlink_call call = within(150);
    podlink_error err;
    pool_run(client, &call, NULL, &err, WORDS("INCR", "busy"));
    return NULL;
}

static bool an_answer_has_passed(void *proxy)
{
    return proxy_forwarded(proxy, PROXY_TO_CLIENT) > 0;
}

static void the_times_of_a_call_add_up_after_a_retry_without_answer(void **state)
{
    struct world *world = *state;
    pthread_t busy, caller;
    podlink_error err;
    const struct proxy_fault stall = {.stalls = true};
    world->proxy = proxy_start(test_server_socket(world->server), false);
    assert_non_null(world->proxy);
    open_client(world, proxy_url(world->proxy), see_one);
    api_ask(world->redis, "CONFIG SET lua-time-limit 1");
    for (int i = 0; i < 10 && world->seen.last.status != PODLINK_ETIMEDOUT; i++) {
        proxy_set(world->proxy, PROXY_TO_SERVER, NULL);
        proxy_set(world->proxy, PROXY_TO_CLIENT, NULL);
        assert_status(PODLINK_OK, podlink_ping(world->client, NULL, NULL, &err), &err);
        assert_int_equal(pthread_create(&busy, NULL, be_busy, world->server), 0);
        while (api_try(world->redis, "PING")->type != REDIS_REPLY_ERROR)
            ;
        proxy_set(world->proxy, PROXY_TO_CLIENT, NULL);
        assert_int_equal(pthread_create(&caller, NULL, call_soon, world->client), 0);
        eventually(an_answer_has_passed, world->proxy, 1000);
        proxy_set(world->proxy, PROXY_TO_SERVER, &stall);
        pthread_join(caller, NULL);
        pthread_join(busy, NULL);
    }
    assert_int_equal(world->seen.last.status, PODLINK_ETIMEDOUT);
    assert_no_failure();
}

/* ---- sessions ---- */

static void calls_on_a_session_are_counted_and_traced(void **state)
{
    struct world *world = *state;
    podlink_session *session;
    podlink_error err;
    open_client(world, api_url(world->server), see_one);
    assert_status(PODLINK_OK, podlink_session_acquire(world->client, NULL, &session, &err), &err);
    const podlink_stats before = api_stats(world->client);
    for (int i = 0; i < 10; i++)
        assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &err, WORDS("INCR", "n")), &err);
    podlink_session_release(session);
    const podlink_stats after = api_stats(world->client);
    assert_int_equal(after.calls_ok - before.calls_ok, 10);
    assert_int_equal(after.commands_sent - before.commands_sent, 10);
    assert_true(after.bytes_sent > before.bytes_sent);
    assert_int_equal(after.total.count - before.total.count, 10);
    assert_int_equal(world->seen.records, 10);
    assert_string_equal(world->seen.operation, "INCR");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(the_histograms_count_each_call_and_their_parts_add_up),
        WITH_WORLD(the_counters_agree_with_the_calls_and_with_the_server),
        WITH_WORLD(the_queue_depth_counts_waiting_calls_and_returns_to_zero),
        WITH_WORLD(the_trace_hook_gets_each_call_and_its_times_add_up),
        WITH_WORLD(the_trace_hook_gets_the_operation_and_the_outcome),
        WITH_WORLD(the_times_of_a_call_add_up_after_a_retry_without_answer),
        WITH_WORLD(calls_on_a_session_are_counted_and_traced),
    };
    return RUN_TESTS("pool statistics", tests);
}
