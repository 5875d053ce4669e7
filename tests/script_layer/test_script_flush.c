/* SPDX-License-Identifier: MIT */
/* Scripts are always available: SCRIPT FLUSH every 10 ms while 64 threads call, with single calls and batches, and then
 * a restart. Each answer is right, counters are exact, and each script is loaded once per flush. */
#include "script_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    THREADS = 64,
    BATCH = 16,
    CALM_CALLS = 250000,
    FLUSHED_CALLS = 700000,
    RESTARTED_CALLS = 300000,
    SANITIZED_PART = 20, /* factor for fewer calls where each is slower */
    FLUSH_EVERY_MS = 10,
    CALL_MS = 20000, /* far more than any call needs */
    P99_RATIO = 3,
    P99_SLACK_NS = 2000000 /* allowance for other work on the machine */
};

static const char count_source[] = "--! keys: counters\n--! args: thread\n--! reply: integer\n"
                                   "return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)";
static const char echo_source[] = "--! args: text\n--! reply: string\n--! read-only\nreturn ARGV[1]";

/* ---- the threads ---- */

struct caller {
    pthread_t thread;
    podlink_client *client;
    unsigned number;
    uint64_t random;
    uint64_t calls; /* in this phase */
    bool may_fail;  /* the server restarts */
    int64_t counted;
    int64_t maybe_counted;
    int32_t pod; /* the pod that it has linked itself to; PODLINK_NO_POD: unknown */
    bool is_pod_known;
    uint64_t failures;
    int64_t *took_ns; /* of each call */
    size_t took_count;
};

static uint64_t next_random(struct caller *c)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return c->random;
}

/* @return whether it succeeded */
static bool judge(struct caller *c, podlink_status status, const podlink_error *err)
{
    if (status == PODLINK_OK)
        return true;
    c->failures++;
    if (!c->may_fail || err->delivery == PODLINK_ANSWERED)
        record_failure("thread %u: %s, %s: %s", c->number, podlink_status_name(status),
                       podlink_delivery_text(err->delivery), err->message);
    return false;
}

static void count(struct caller *c, const podlink_call *call)
{
    char thread[16];
    int64_t value = 0;
    podlink_error err;
    snprintf(thread, sizeof thread, "%u", c->number);
    const podlink_script_call script = calling("count", WORDS("counters"), WORDS(thread));
    if (!judge(c, podlink_script_run_integer(c->client, &script, &value, call, &err), &err)) {
        c->maybe_counted += err.delivery == PODLINK_UNKNOWN;
        return;
    }
    c->counted++;
    if (value < c->counted || value > c->counted + c->maybe_counted)
        record_failure("thread %u: the counter answers %lld after %lld calls and %lld unknown ones", c->number,
                       (long long)value, (long long)c->counted, (long long)c->maybe_counted);
}

static void echo(struct caller *c, const podlink_call *call)
{
    char token[48];
    char *text = NULL;
    podlink_error err;
    snprintf(token, sizeof token, "%u-%llu", c->number, (unsigned long long)c->random);
    const podlink_script_call script = calling("echo", NO_WORDS, WORDS(token));
    if (judge(c, podlink_script_run_string(c->client, &script, &text, NULL, call, &err), &err) &&
        (!text || strcmp(text, token) != 0))
        record_failure("thread %u: %s is echoed as %s", c->number, token, text ? text : "nil");
    podlink_free(text);
}

static void check_previous(const struct caller *c, int32_t previous)
{
    if (c->is_pod_known && previous != c->pod)
        record_failure("thread %u: the previous pod is %d, it was %d", c->number, (int)previous, (int)c->pod);
}

static void set_link(struct caller *c, const podlink_call *call)
{
    char uid[16];
    int32_t previous;
    podlink_error err;
    const int32_t pod = (int32_t)(next_random(c) % 1000);
    snprintf(uid, sizeof uid, "u%u", c->number);
    const podlink_link link = {"n", "chat", uid};
    if (!judge(c, podlink_link_set(c->client, &link, pod, 600, &previous, call, &err), &err)) {
        c->is_pod_known = false;
        return;
    }
    check_previous(c, previous);
    c->pod = pod;
    c->is_pod_known = true;
}

/* All items are for one key: each returns the pod of the one before. */
static void set_batch(struct caller *c, const podlink_call *call)
{
    char uid[16];
    podlink_link_item items[BATCH];
    podlink_error err;
    snprintf(uid, sizeof uid, "u%u", c->number);
    for (int i = 0; i < BATCH; i++)
        items[i] =
            (podlink_link_item){.link = {"n", "chat", uid}, .pod = (int32_t)(next_random(c) % 1000), .persist_s = 600};
    if (!judge(c, podlink_link_set_batch(c->client, items, BATCH, call, &err), &err)) {
        c->is_pod_known = false;
        return;
    }
    for (int i = 0; i < BATCH; i++) {
        check_previous(c, items[i].result);
        c->pod = items[i].pod;
        c->is_pod_known = true;
    }
}

static void *run_caller(void *argument)
{
    struct caller *c = argument;
    const podlink_call call = within(CALL_MS);
    for (uint64_t made = 0; made < c->calls;) {
        const uint64_t choice = next_random(c) >> 16 & 63;
        const int64_t began = api_now_ns();
        made += choice == 0 ? BATCH : 1;
        if (choice == 0)
            set_batch(c, &call);
        else if (choice < 24)
            count(c, &call);
        else if (choice < 44)
            echo(c, &call);
        else
            set_link(c, &call);
        c->took_ns[c->took_count++] = api_now_ns() - began;
    }
    return NULL;
}

/* ---- the flushing thread ---- */

struct flusher {
    pthread_t thread;
    struct test_server *server;
    _Atomic bool stops;
    uint64_t flushes;
};

/* hiredis does not block the SIGPIPE of a closed connection; the library must do so in the other threads. */
static void block_sigpipe(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void *run_flusher(void *argument)
{
    struct flusher *f = argument;
    const struct timespec pause = {0, FLUSH_EVERY_MS * MS};
    redisContext *redis = NULL;
    block_sigpipe();
    while (!atomic_load(&f->stops)) {
        if (!redis || redis->err) {
            if (redis)
                redisFree(redis);
            redis = redisConnectUnix(test_server_socket(f->server));
        }
        redisReply *reply = redis && !redis->err ? redisCommand(redis, "SCRIPT FLUSH") : NULL;
        f->flushes += reply && reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
        nanosleep(&pause, NULL);
    }
    if (redis)
        redisFree(redis);
    return NULL;
}

/* ---- phases ---- */

static int by_value(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The duration that 99 of 100 calls of all threads did not exceed. */
static int64_t p99_of(const struct caller *callers)
{
    size_t count = 0, used = 0;
    for (unsigned i = 0; i < THREADS; i++)
        count += callers[i].took_count;
    int64_t *all = malloc(count * sizeof *all);
    assert_non_null(all);
    for (unsigned i = 0; i < THREADS; i++) {
        memcpy(all + used, callers[i].took_ns, callers[i].took_count * sizeof *all);
        used += callers[i].took_count;
    }
    qsort(all, count, sizeof *all, by_value);
    const int64_t p99 = all[count * 99 / 100];
    free(all);
    return p99;
}

struct phase {
    const char *name;
    uint64_t calls;
    bool flushes;
    bool restarts;
    /* out: */
    uint64_t flushed;
    uint64_t dials;
    int64_t p99_ns;
};

static void start_callers(struct caller *callers, const struct phase *phase)
{
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i].calls = phase->calls / THREADS;
        callers[i].may_fail = phase->restarts;
        callers[i].took_ns = malloc((callers[i].calls + 1) * sizeof(int64_t));
        callers[i].took_count = 0;
        assert_non_null(callers[i].took_ns);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, run_caller, &callers[i]), 0);
    }
}

static void run_phase(struct setting *s, struct caller *callers, struct phase *phase)
{
    struct flusher flusher = {.server = s->server};
    const struct timespec while_busy = {0, 300 * MS};
    const podlink_stats before = api_stats(s->client);
    const int64_t began = api_now_ns();
    start_callers(callers, phase);
    if (phase->flushes)
        assert_int_equal(pthread_create(&flusher.thread, NULL, run_flusher, &flusher), 0);
    if (phase->restarts) {
        nanosleep(&while_busy, NULL);
        assert_int_equal(test_server_restart(s->server), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    const double seconds = (double)(api_now_ns() - began) / 1e9;
    atomic_store(&flusher.stops, true);
    if (phase->flushes)
        pthread_join(flusher.thread, NULL);
    phase->flushed = flusher.flushes;
    phase->p99_ns = p99_of(callers);
    for (unsigned i = 0; i < THREADS; i++)
        free(callers[i].took_ns);
    const podlink_stats after = api_stats(s->client);
    phase->dials = after.dials - before.dials;
    print_message("# %s: %llu calls in %.1f s, %.0f a second, p99 %lld us; %llu flushes, %llu loads, %llu repairs\n",
                  phase->name, (unsigned long long)(after.calls - before.calls), seconds,
                  (double)(after.calls - before.calls) / seconds, (long long)phase->p99_ns / 1000,
                  (unsigned long long)phase->flushed, (unsigned long long)(after.script_loads - before.script_loads),
                  (unsigned long long)(after.noscript_repairs - before.noscript_repairs));
    assert_no_failure();
}

static int64_t counter_of(redisContext *redis, unsigned number)
{
    const redisReply *reply = api_ask(redis, "HGET counters %u", number);
    return reply->type == REDIS_REPLY_NIL ? 0 : strtoll(reply->str, NULL, 10);
}

/* Counters are exact if no call was unknown. */
static void check_counters(struct setting *s, const struct caller *callers)
{
    for (unsigned i = 0; i < THREADS; i++) {
        const int64_t counter = counter_of(s->redis, i);
        const struct caller *c = &callers[i];
        if (counter < c->counted || counter > c->counted + c->maybe_counted)
            fail_msg("counter %u is %lld; %lld calls, %lld unknown", i, (long long)counter, (long long)c->counted,
                     (long long)c->maybe_counted);
    }
}

/* Once at the first call or the open, and once per flush, whatever the number of connections and callers. */
static void check_loads(struct setting *s, uint64_t flushes)
{
    static const char *const names[] = {"count", "echo", "statefulSetLink"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const podlink_script_stats stats = stats_of(s->client, names[i]);
        if (stats.loads > 1 + flushes)
            fail_msg("%s was loaded %llu times, for %llu flushes", names[i], (unsigned long long)stats.loads,
                     (unsigned long long)flushes);
    }
}

static uint64_t part_of(uint64_t calls)
{
    return ROUNDS(calls, calls / SANITIZED_PART);
}

static int begin(void **state)
{
    static const char *const keeps[] = {"--appendonly", "yes", NULL};
    struct setting *s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    *state = s;
    s->server = test_server_start(keeps);
    if (!s->server)
        return -1;
    s->redis = api_redis(s->server);
    podlink_options options = api_options(api_url(s->server));
    options.retries = 100; /* a restart takes longer than the default number of retries */
    s->client = api_open_with(&options);
    add_script(s->client, "count", count_source);
    add_script(s->client, "echo", echo_source);
    return 0;
}

static void start_over(struct setting *s, struct caller *callers)
{
    for (unsigned i = 0; i < THREADS; i++)
        callers[i] = (struct caller){.client = s->client,
                                     .number = i,
                                     .random = (i + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                     .pod = PODLINK_NO_POD,
                                     .is_pod_known = true};
}

static void calls_run_exactly_once_while_scripts_are_flushed(void **state)
{
    struct setting *s = *state;
    static struct caller callers[THREADS];
    struct phase calm = {.name = "without flushes", .calls = part_of(CALM_CALLS)};
    struct phase flushed = {.name = "a flush every 10 ms", .calls = part_of(FLUSHED_CALLS), .flushes = true};
    struct phase restarted = {
        .name = "the same, and a restart", .calls = part_of(RESTARTED_CALLS), .flushes = true, .restarts = true};
    uint64_t failures = 0;
    start_over(s, callers);
    run_phase(s, callers, &calm);
    run_phase(s, callers, &flushed);
    check_counters(s, callers);
    check_loads(s, flushed.flushed);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(callers[i].failures, 0);
        assert_int_equal(callers[i].maybe_counted, 0);
    }
    print_message("# p99 is %.2f times that without flushes\n", (double)flushed.p99_ns / (double)calm.p99_ns);
    if (!SANITIZED)
        assert_true(flushed.p99_ns <= P99_RATIO * calm.p99_ns + P99_SLACK_NS);
    run_phase(s, callers, &restarted);
    redisFree(s->redis);
    s->redis = api_redis(s->server);
    check_counters(s, callers);
    /* Each connection to the restarted server loads the scripts; and the answer of one flush may be lost. */
    check_loads(s, flushed.flushed + restarted.flushed + restarted.dials + 1);
    for (unsigned i = 0; i < THREADS; i++)
        failures += callers[i].failures;
    print_message("# %llu calls failed in the restart\n", (unsigned long long)failures);
}

/* ---- many callers at once ---- */

struct herd {
    pthread_t thread;
    struct caller caller;
    pthread_barrier_t *epoch;
};

static void *run_herd(void *argument)
{
    struct herd *h = argument;
    const podlink_call call = within(CALL_MS);
    pthread_barrier_wait(h->epoch);
    echo(&h->caller, &call);
    return NULL;
}

static void callers_that_miss_the_same_script_load_it_once(void **state)
{
    struct setting *s = *state;
    static struct herd herd[THREADS];
    pthread_barrier_t epoch;
    for (int round = 0; round < ROUNDS(50, 5); round++) {
        api_ask(s->redis, "SCRIPT FLUSH");
        const uint64_t before = stats_of(s->client, "echo").loads;
        pthread_barrier_init(&epoch, NULL, THREADS);
        for (unsigned i = 0; i < THREADS; i++) {
            herd[i] = (struct herd){.caller = {.client = s->client, .number = i, .random = i + 1}, .epoch = &epoch};
            assert_int_equal(pthread_create(&herd[i].thread, NULL, run_herd, &herd[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(herd[i].thread, NULL);
        pthread_barrier_destroy(&epoch);
        assert_no_failure();
        assert_int_equal(stats_of(s->client, "echo").loads, before + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_run_exactly_once_while_scripts_are_flushed, begin, end_setting),
        cmocka_unit_test_setup_teardown(callers_that_miss_the_same_script_load_it_once, begin, end_setting),
    };
    return RUN_TESTS("script flush", tests);
}
