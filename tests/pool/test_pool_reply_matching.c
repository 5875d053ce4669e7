/* SPDX-License-Identifier: MIT */
/* Many threads on two connections that are killed repeatedly, while some callers give up early: each caller gets its
 * own reply, each call ends, and the counters are right. */
#include "pool_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS = 64,
    PLAIN_CALLS = 3000000,
    SANITIZED_CALLS = 600000,
    KILL_EVERY_MS = 60,
    GIVE_UP_ONE_IN = 100,
    CALL_MS = 20000, /* far more than any call needs: a call that takes so long is lost */
    HURRY_NS = 1000000
};

/* ---- a clock by which a call gives up within its first millisecond ---- */

/* A deadline is a whole number of milliseconds, and most calls are answered faster. For a thread that is to give up,
 * the clock says that its call began earlier. */
static _Thread_local int64_t began_earlier_ns;

static int64_t hurried_now(void *context)
{
    (void)context;
    const int64_t earlier = began_earlier_ns;
    began_earlier_ns = 0;
    return api_now_ns() - earlier;
}

static const podlink_clock hurried_clock = {.now_ns = hurried_now};

/* ---- the threads ---- */

struct tally {
    uint64_t calls;
    uint64_t ok;
    uint64_t not_sent;
    uint64_t unknown;
    uint64_t answered; /* with an error */
    uint64_t given_up; /* of the calls with a short deadline */
    uint64_t early;    /* gave up although they had a long deadline */
};

struct caller {
    pthread_t thread;
    podlink_client *client;
    unsigned number;
    uint64_t calls;
    uint64_t random;
    int64_t last_set;
    struct tally all;
    struct tally counting;
};

static uint64_t next_random(struct caller *caller)
{
    caller->random ^= caller->random << 13;
    caller->random ^= caller->random >> 7;
    caller->random ^= caller->random << 17;
    return caller->random;
}

static void tally(struct tally *t, podlink_status status, const podlink_error *err, bool hurries)
{
    t->calls++;
    if (status == PODLINK_OK) {
        t->ok++;
        return;
    }
    t->not_sent += err->delivery == PODLINK_NOT_SENT;
    t->unknown += err->delivery == PODLINK_UNKNOWN;
    t->answered += err->delivery == PODLINK_ANSWERED;
    t->given_up += hurries && status == PODLINK_ETIMEDOUT;
    if (!hurries && status == PODLINK_ETIMEDOUT) {
        t->early++;
        record_failure("a call with %d ms timed out: %s", CALL_MS, err->message);
    }
    if (status != PODLINK_ETIMEDOUT && status != PODLINK_ECONNLOST && status != PODLINK_ECONNECT)
        record_failure("%s: %s", podlink_status_name(status), err->message);
}

static podlink_status echo(struct caller *caller, uint64_t at, const podlink_call *call, podlink_error *err)
{
    char token[48];
    podlink_reply *reply;
    snprintf(token, sizeof token, "%u-%llu", caller->number, (unsigned long long)at);
    const podlink_status status = pool_run(caller->client, call, &reply, err, WORDS("ECHO", token));
    const char *text = podlink_reply_text(reply, NULL);
    if (status == PODLINK_OK && (!text || strcmp(text, token) != 0))
        record_failure("the answer %s to ECHO %s", text ? text : "no text", token);
    podlink_reply_free(reply);
    return status;
}

static podlink_status set(struct caller *caller, const podlink_call *call, podlink_error *err)
{
    char key[16], value[48];
    podlink_reply *reply;
    snprintf(key, sizeof key, "own:%u", caller->number);
    snprintf(value, sizeof value, "%u=%lld", caller->number, (long long)++caller->last_set);
    const podlink_status status = pool_run(caller->client, call, &reply, err, WORDS("SET", key, value));
    if (status == PODLINK_OK && podlink_reply_type_of(reply) != PODLINK_REPLY_STATUS)
        record_failure("the answer to SET is not a status");
    podlink_reply_free(reply);
    return status;
}

/* A thread reads a value that it has written at some time: an earlier write of unknown delivery may run late. */
static podlink_status get(struct caller *caller, const podlink_call *call, podlink_error *err)
{
    char key[16];
    unsigned number = 0;
    long long at = 0;
    podlink_reply *reply;
    snprintf(key, sizeof key, "own:%u", caller->number);
    const podlink_status status = pool_run(caller->client, call, &reply, err, WORDS("GET", key));
    if (status == PODLINK_OK && podlink_reply_type_of(reply) != PODLINK_REPLY_NIL) {
        const char *text = podlink_reply_text(reply, NULL);
        if (!text || sscanf(text, "%u=%lld", &number, &at) != 2 || number != caller->number || at < 1 ||
            at > caller->last_set)
            record_failure("the answer %s to GET %s", text ? text : "no text", key);
    }
    podlink_reply_free(reply);
    return status;
}

static podlink_status count(struct caller *caller, const podlink_call *call, podlink_error *err)
{
    char field[16];
    int64_t value = 0;
    podlink_reply *reply;
    snprintf(field, sizeof field, "%u", caller->number);
    const podlink_status status = podlink_script_run(caller->client, "count", (const char *[]){"counters"}, NULL, 1,
                                                     (const char *[]){field}, NULL, 1, call, &reply, err);
    if (status == PODLINK_OK) {
        const char *text = podlink_reply_text(podlink_reply_at(reply, 0), NULL);
        if (!text || strcmp(text, field) != 0 ||
            podlink_reply_integer(podlink_reply_at(reply, 1), &value) != PODLINK_OK || value < 1 ||
            (uint64_t)value > caller->counting.calls + 1)
            record_failure("the answer %s, %lld to the counter of %s", text ? text : "no text", (long long)value,
                           field);
    }
    podlink_reply_free(reply);
    return status;
}

static void make_call(struct caller *caller, uint64_t at)
{
    podlink_error err;
    podlink_status status;
    const uint64_t random = next_random(caller);
    const bool hurries = random % GIVE_UP_ONE_IN == 0;
    const podlink_call call = within(hurries ? 1 : CALL_MS);
    const int64_t began = api_now_ns();
    began_earlier_ns = hurries ? (int64_t)(random >> 20) % HURRY_NS : 0;
    switch (random >> 8 & 3) {
    case 0:
        status = echo(caller, at, &call, &err);
        break;
    case 1:
        status = set(caller, &call, &err);
        break;
    case 2:
        status = get(caller, &call, &err);
        break;
    default:
        status = count(caller, &call, &err);
        tally(&caller->counting, status, &err, hurries);
    }
    tally(&caller->all, status, &err, hurries);
    if (api_now_ns() - began > CALL_MS * MS)
        record_failure("a call took %d ms", CALL_MS);
}

static void *run_caller(void *argument)
{
    struct caller *caller = argument;
    for (uint64_t at = 0; at < caller->calls; at++)
        make_call(caller, at);
    return NULL;
}

/* ---- killing connections ---- */

struct killer {
    pthread_t thread;
    redisContext *redis;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stops;
    uint64_t kills;
};

static void *run_killer(void *argument)
{
    struct killer *killer = argument;
    pthread_mutex_lock(&killer->lock);
    while (!killer->stops) {
        struct timespec next;
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_nsec += KILL_EVERY_MS * MS;
        next.tv_sec += next.tv_nsec / (1000 * MS);
        next.tv_nsec %= 1000 * MS;
        pthread_cond_timedwait(&killer->stopped, &killer->lock, &next);
        redisReply *reply = redisCommand(killer->redis, "CLIENT KILL TYPE normal");
        if (!reply || reply->type != REDIS_REPLY_INTEGER)
            record_failure("CLIENT KILL failed");
        else
            killer->kills += (uint64_t)reply->integer;
        freeReplyObject(reply);
    }
    pthread_mutex_unlock(&killer->lock);
    return NULL;
}

static void start_killer(struct killer *killer, struct test_server *server)
{
    *killer = (struct killer){.redis = api_redis(server)};
    pthread_mutex_init(&killer->lock, NULL);
    pthread_cond_init(&killer->stopped, NULL);
    assert_int_equal(pthread_create(&killer->thread, NULL, run_killer, killer), 0);
}

static uint64_t stop_killer(struct killer *killer)
{
    pthread_mutex_lock(&killer->lock);
    killer->stops = true;
    pthread_cond_signal(&killer->stopped);
    pthread_mutex_unlock(&killer->lock);
    pthread_join(killer->thread, NULL);
    redisFree(killer->redis);
    pthread_mutex_destroy(&killer->lock);
    pthread_cond_destroy(&killer->stopped);
    return killer->kills;
}

/* ---- the test ---- */

static const podlink_script count_script = {
    .name = "count", .source = "return {ARGV[1], redis.call('HINCRBY', KEYS[1], ARGV[1], 1)}", .repeatable = 0};

static uint64_t wanted_calls(void)
{
    const char *text = getenv("PODLINK_TEST_CALLS");
    const uint64_t calls = text ? strtoull(text, NULL, 10) : 0;
    return calls > 0 ? calls : ROUNDS(PLAIN_CALLS, SANITIZED_CALLS);
}

static void check_counters(redisContext *redis, const struct caller *callers)
{
    for (unsigned i = 0; i < THREADS; i++) {
        const redisReply *reply = api_ask(redis, "HGET counters %u", i);
        const uint64_t counter = reply->type == REDIS_REPLY_NIL ? 0 : strtoull(reply->str, NULL, 10);
        const struct tally *t = &callers[i].counting;
        if (counter < t->ok || counter > t->ok + t->unknown)
            fail_msg("counter %u is %llu; ok %llu, unknown %llu", i, (unsigned long long)counter,
                     (unsigned long long)t->ok, (unsigned long long)t->unknown);
    }
}

static struct tally sum_of(const struct caller *callers)
{
    struct tally sum = {0};
    for (unsigned i = 0; i < THREADS; i++) {
        const struct tally *t = &callers[i].all;
        sum.calls += t->calls;
        sum.ok += t->ok;
        sum.not_sent += t->not_sent;
        sum.unknown += t->unknown;
        sum.answered += t->answered;
        sum.given_up += t->given_up;
    }
    return sum;
}

/* The library's counters equal the callers' outcomes, plus the calls of its open, which loads the scripts and checks
 * permissions. */
static void check_stats(const podlink_stats *before, const podlink_stats *after, const struct tally *sum)
{
    assert_int_equal(after->calls_ok - before->calls_ok, sum->ok + (after->script_loads - before->script_loads));
    assert_int_equal(after->calls_unknown - before->calls_unknown, sum->unknown);
    assert_int_equal(after->calls_not_sent - before->calls_not_sent, sum->not_sent);
    assert_int_equal(after->calls_server_error - before->calls_server_error, sum->answered);
    assert_int_equal(after->calls,
                     after->calls_ok + after->calls_server_error + after->calls_not_sent + after->calls_unknown);
    assert_int_equal(after->queue_depth, 0);
}

static void run_all(podlink_client *client, struct caller *callers, uint64_t calls)
{
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.client = client,
                                     .number = i,
                                     .calls = calls / THREADS + (i < calls % THREADS),
                                     .random = (i + 1) * UINT64_C(0x9e3779b97f4a7c15)};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, run_caller, &callers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
}

static void each_caller_gets_its_own_reply_while_connections_die_and_callers_give_up(void **state)
{
    (void)state;
    static struct caller callers[THREADS];
    struct killer killer;
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    podlink_options options = api_options(api_url(server));
    options.clock = &hurried_clock;
    options.scripts = &count_script;
    options.script_count = 1;
    podlink_client *client = api_open_with(&options);
    const podlink_stats before = api_stats(client);
    const int64_t began = api_now_ns();
    start_killer(&killer, server);
    run_all(client, callers, wanted_calls());
    const uint64_t kills = stop_killer(&killer);
    const podlink_stats after = api_stats(client);
    const struct tally sum = sum_of(callers);
    print_message("# %llu calls in %.1f s: %llu ok, %llu not sent, %llu unknown; %llu gave up early; %llu connections "
                  "killed, %llu dials\n",
                  (unsigned long long)sum.calls, (double)(api_now_ns() - began) / 1e9, (unsigned long long)sum.ok,
                  (unsigned long long)sum.not_sent, (unsigned long long)sum.unknown, (unsigned long long)sum.given_up,
                  (unsigned long long)kills, (unsigned long long)after.dials);
    assert_no_failure();
    assert_int_equal(sum.calls, wanted_calls());
    assert_int_equal(sum.answered, 0);
    assert_true(kills > 0);
    assert_true(sum.given_up > 0);
    redisContext *redis = api_redis(server);
    check_counters(redis, callers);
    redisFree(redis);
    check_stats(&before, &after, &sum);
    podlink_client_free(client);
    test_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_caller_gets_its_own_reply_while_connections_die_and_callers_give_up),
    };
    return RUN_TESTS("pool reply matching", tests);
}
