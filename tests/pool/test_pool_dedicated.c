/* SPDX-License-Identifier: MIT */
/* The pool of dedicated connections: its limits, the order of waiters, what it closes and what it keeps ready. */
#include "pool_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE_MS = 50, MACHINE_MS = 500 /* allowance for a loaded machine */ };

struct world {
    struct test_server *server;
    podlink_options options;
    podlink_client *client;
    redisContext *redis;
    struct api_clock clock;
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){.server = test_server_start(NULL)};
    if (!world.server)
        return -1;
    world.options = api_options(api_url(world.server));
    world.options.client_name = "under-test";
    world.redis = api_redis(world.server);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    redisFree(world->redis);
    podlink_client_free(world->client);
    test_server_stop(world->server);
    return 0;
}

static void open_client(struct world *world)
{
    world->client = api_open_with(&world->options);
}

/* The test sets the time and does the periodic work. */
static void open_with_clock(struct world *world)
{
    api_clock_init(&world->clock);
    world->options.clock = &world->clock.clock;
    world->options.no_janitor_thread = 1;
    open_client(world);
}

static podlink_session *borrow(podlink_client *client)
{
    podlink_session *session;
    podlink_error err;
    const podlink_call call = within(5000);
    const podlink_status status = podlink_session_acquire(client, &call, &session, &err);
    assert_status(PODLINK_OK, status, &err);
    return session;
}

static int64_t id_of(podlink_session *session)
{
    podlink_reply *reply;
    podlink_error err;
    int64_t id = 0;
    if (pool_session_run(session, NULL, &reply, &err, WORDS("CLIENT", "ID")) != PODLINK_OK)
        record_failure("CLIENT ID: %s", err.message);
    podlink_reply_integer(reply, &id);
    podlink_reply_free(reply);
    return id;
}

/* How many connections of the tested client the server has. */
static unsigned connections(redisContext *redis)
{
    unsigned count = 0;
    const redisReply *reply = api_ask(redis, "CLIENT LIST");
    for (const char *at = reply->str; (at = strstr(at, " name=under-test ")); at++)
        count++;
    return count;
}

/* ---- the order of lending ---- */

static void the_connection_returned_last_is_lent_first(void **state)
{
    struct world *world = *state;
    podlink_session *sessions[3];
    int64_t ids[3];
    open_client(world);
    for (int i = 0; i < 3; i++) {
        sessions[i] = borrow(world->client);
        ids[i] = id_of(sessions[i]);
    }
    podlink_session_release(sessions[1]);
    podlink_session_release(sessions[2]);
    podlink_session_release(sessions[0]);
    const int order[3] = {0, 2, 1};
    for (int i = 0; i < 3; i++) {
        sessions[i] = borrow(world->client);
        assert_int_equal(id_of(sessions[i]), ids[order[i]]);
    }
    for (int i = 0; i < 3; i++)
        podlink_session_release(sessions[i]);
    assert_int_equal(api_stats(world->client).dedicated_reused, 3);
    assert_no_failure();
}

enum { WAITERS = 12 };

struct waiter {
    pthread_t thread;
    podlink_client *client;
    atomic_int *turn;
    int served; /* its position among those served */
};

static void *wait_in_line(void *argument)
{
    struct waiter *waiter = argument;
    podlink_session *session;
    podlink_error err;
    const podlink_call call = within(10000);
    if (podlink_session_acquire(waiter->client, &call, &session, &err) != PODLINK_OK) {
        record_failure("a waiter got no session: %s", err.message);
        return NULL;
    }
    waiter->served = atomic_fetch_add(waiter->turn, 1);
    podlink_session_release(session);
    return NULL;
}

struct waiting {
    podlink_client *client;
    uint64_t wanted;
};

static bool so_many_wait(void *context)
{
    const struct waiting *waiting = context;
    return api_stats(waiting->client).dedicated_waiting == waiting->wanted;
}

static void waiters_are_served_in_order_without_a_dial(void **state)
{
    struct world *world = *state;
    struct waiter waiters[WAITERS];
    atomic_int turn = 0;
    world->options.dedicated_max = 1;
    open_client(world);
    podlink_session *session = borrow(world->client);
    const uint64_t dials = api_stats(world->client).dials;
    for (int i = 0; i < WAITERS; i++) {
        struct waiting waiting = {world->client, (uint64_t)i + 1};
        waiters[i] = (struct waiter){.client = world->client, .turn = &turn, .served = -1};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_in_line, &waiters[i]), 0);
        assert_true(eventually(so_many_wait, &waiting, 5000));
    }
    podlink_session_release(session);
    for (int i = 0; i < WAITERS; i++)
        pthread_join(waiters[i].thread, NULL);
    assert_no_failure();
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(waiters[i].served, i);
    const podlink_stats stats = api_stats(world->client);
    assert_int_equal(stats.dials, dials);
    assert_int_equal(stats.dedicated_reused, WAITERS);
    assert_int_equal(stats.dedicated_waiting, 0);
    assert_int_equal(stats.dedicated_idle, 1);
    assert_true(stats.waits >= WAITERS);
    assert_true(stats.wait_ns > 0);
}

/* If a returned connection cannot be reused, its slot goes to the first waiter as well. */
static void a_waiter_can_dial_when_a_connection_is_closed(void **state)
{
    struct world *world = *state;
    podlink_error err;
    atomic_int turn = 0;
    world->options.dedicated_max = 1;
    open_client(world);
    podlink_session *session = borrow(world->client);
    assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &err, WORDS("MULTI")), &err);
    struct waiter waiter = {.client = world->client, .turn = &turn, .served = -1};
    struct waiting waiting = {world->client, 1};
    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_in_line, &waiter), 0);
    assert_true(eventually(so_many_wait, &waiting, 5000));
    const uint64_t dials = api_stats(world->client).dials;
    podlink_session_release(session);
    pthread_join(waiter.thread, NULL);
    assert_no_failure();
    assert_int_equal(waiter.served, 0);
    assert_int_equal(api_stats(world->client).dials, dials + 1);
}

/* ---- deadlines ---- */

static void expect_timeout(podlink_client *client, const podlink_call *call, int64_t after_ms)
{
    podlink_session *session;
    podlink_error err;
    const int64_t began = api_now_ns();
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, podlink_session_acquire(client, call, &session, &err), &err);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    assert_null(session);
    assert_in_range(took_ms, after_ms, after_ms + LATE_MS + MACHINE_MS);
}

static void a_wait_for_a_connection_ends_at_the_calls_or_the_pools_deadline(void **state)
{
    struct world *world = *state;
    const podlink_call call = within(40), patient = within(10000);
    world->options.dedicated_max = 1;
    world->options.pool_wait_ms = 150;
    open_client(world);
    podlink_session *session = borrow(world->client);
    expect_timeout(world->client, &call, 40);
    expect_timeout(world->client, &patient, 150);
    assert_int_equal(api_stats(world->client).dedicated_waiting, 0);
    podlink_session_release(session);
    podlink_session_release(borrow(world->client));
}

/* ---- limits ---- */

enum { CALLERS = 64, CALLERS_MAX = 8 };

struct member {
    pthread_t thread;
    podlink_client *client;
    atomic_int *inside;
    int rounds;
};

static void *come_and_go(void *argument)
{
    const struct member *member = argument;
    const podlink_call call = within(20000);
    podlink_error err;
    for (int i = 0; i < member->rounds; i++) {
        podlink_session *session;
        if (podlink_session_acquire(member->client, &call, &session, &err) != PODLINK_OK) {
            record_failure("no session: %s", err.message);
            return NULL;
        }
        if (atomic_fetch_add(member->inside, 1) >= CALLERS_MAX)
            record_failure("more than %d callers have a session", CALLERS_MAX);
        /* Sometimes a connection is left in a state in which it must be closed. */
        if (pool_session_run(session, NULL, NULL, &err, i % 16 == 0 ? WORDS("MULTI") : WORDS("INCR", "n")) != 0)
            record_failure("%s", err.message);
        atomic_fetch_sub(member->inside, 1);
        podlink_session_release(session);
    }
    return NULL;
}

static void many_callers_never_have_more_than_the_maximum(void **state)
{
    struct world *world = *state;
    static struct member callers[CALLERS];
    atomic_int inside = 0;
    unsigned most = 0;
    world->options.dedicated_max = CALLERS_MAX;
    world->options.pool_wait_ms = -1;
    open_client(world);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct member){.client = world->client, .inside = &inside, .rounds = ROUNDS(400, 100)};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, come_and_go, &callers[i]), 0);
    }
    for (int i = 0; i < 200; i++) {
        const unsigned now = connections(world->redis);
        most = now > most ? now : most;
        assert_true(api_stats(world->client).dedicated_in_use <= CALLERS_MAX);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i].thread, NULL);
    assert_no_failure();
    print_message("# at most %u connections\n", most);
    assert_true(most <= CALLERS_MAX + world->options.shared_connections);
    const podlink_stats stats = api_stats(world->client);
    assert_int_equal(stats.dedicated_in_use, 0);
    assert_int_equal(stats.dedicated_waiting, 0);
    assert_true(stats.dedicated_reused > 0);
}

/* ---- periodic work ---- */

static bool three_are_idle(void *client)
{
    return api_stats(client).dedicated_idle == 3;
}

static void the_janitor_keeps_the_minimum_and_replaces_closed_connections(void **state)
{
    struct world *world = *state;
    world->options.dedicated_min_idle = 3;
    open_client(world);
    assert_true(eventually(three_are_idle, world->client, 5000));
    assert_true(api_ask(world->redis, "CLIENT KILL TYPE normal SKIPME yes")->integer >= 3);
    const uint64_t stale = api_stats(world->client).stale;
    while (api_stats(world->client).stale < stale + 3)
        podlink_client_stats(world->client, &(podlink_stats){.size = sizeof(podlink_stats)});
    assert_true(eventually(three_are_idle, world->client, 5000));
    assert_in_range(connections(world->redis), 3, 3 + world->options.shared_connections);
}

static void borrow_and_return(podlink_client *client, int count)
{
    podlink_session *sessions[8];
    for (int i = 0; i < count; i++)
        sessions[i] = borrow(client);
    for (int i = 0; i < count; i++)
        podlink_session_release(sessions[i]);
}

static void idle_connections_are_closed_down_to_the_minimum(void **state)
{
    struct world *world = *state;
    world->options.idle_timeout_ms = 60000;
    world->options.dedicated_min_idle = 2;
    open_with_clock(world);
    borrow_and_return(world->client, 6);
    assert_true(podlink_client_tick(world->client) > 0);
    assert_int_equal(api_stats(world->client).dedicated_idle, 6);
    world->clock.ahead_ns += 59000 * MS;
    podlink_client_tick(world->client);
    assert_int_equal(api_stats(world->client).dedicated_idle, 6);
    world->clock.ahead_ns += 2000 * MS;
    podlink_client_tick(world->client);
    assert_int_equal(api_stats(world->client).dedicated_idle, 2);
    assert_int_equal(api_stats(world->client).connections, 2); /* the shared connections are idle for as long */
    assert_int_equal(api_ask(world->redis, "PING")->type, REDIS_REPLY_STATUS);
    assert_int_equal(connections(world->redis), 2);
}

static void a_connection_in_occasional_use_is_not_closed(void **state)
{
    struct world *world = *state;
    world->options.idle_timeout_ms = 60000;
    open_with_clock(world);
    borrow_and_return(world->client, 1);
    const uint64_t dials = api_stats(world->client).dials;
    for (int i = 0; i < 10; i++) {
        world->clock.ahead_ns += 50000 * MS;
        podlink_client_tick(world->client);
        borrow_and_return(world->client, 1);
    }
    assert_int_equal(api_stats(world->client).dials, dials);
}

static void lifetimes_of_connections_are_spread(void **state)
{
    struct world *world = *state;
    unsigned steps_with_an_end = 0;
    uint64_t left = 8;
    world->options.max_lifetime_ms = 100000;
    world->options.idle_timeout_ms = -1;
    open_with_clock(world);
    borrow_and_return(world->client, 8);
    world->clock.ahead_ns += 89000 * MS;
    podlink_client_tick(world->client);
    assert_int_equal(api_stats(world->client).dedicated_idle, 8);
    for (int i = 0; i < 23; i++) {
        world->clock.ahead_ns += 1000 * MS;
        podlink_client_tick(world->client);
        const uint64_t now = api_stats(world->client).dedicated_idle;
        steps_with_an_end += now < left;
        left = now;
    }
    assert_int_equal(left, 0);
    assert_true(steps_with_an_end > 2);
}

static void a_connection_lent_beyond_its_lifetime_is_closed_when_returned(void **state)
{
    struct world *world = *state;
    world->options.max_lifetime_ms = 1000;
    open_with_clock(world);
    podlink_session *session = borrow(world->client);
    const int64_t id = id_of(session);
    world->clock.ahead_ns += 2000 * MS;
    podlink_client_tick(world->client);
    assert_int_equal(id_of(session), id);
    podlink_session_release(session);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
    assert_no_failure();
}

/* ---- a server that is down ---- */

enum { KNOCKERS = 16, KNOCK_MS = 500 };

struct knocker {
    pthread_t thread;
    podlink_client *client;
    bool wants_session;
    unsigned tries;
};

static void *knock(void *argument)
{
    struct knocker *knocker = argument;
    const int64_t until = api_now_ns() + KNOCK_MS * MS;
    const podlink_call call = within(2000);
    for (; api_now_ns() < until; knocker->tries++) {
        podlink_session *session = NULL;
        podlink_error err;
        podlink_status status = knocker->wants_session ? podlink_session_acquire(knocker->client, &call, &session, &err)
                                                       : podlink_ping(knocker->client, NULL, &call, &err);
        if ((status != PODLINK_ECONNECT && status != PODLINK_ECONNLOST) || err.delivery != PODLINK_NOT_SENT)
            record_failure("%s, %s: %s", podlink_status_name(status), podlink_delivery_text(err.delivery), err.message);
        podlink_session_release(session);
    }
    return NULL;
}

static void expect_few_dials(struct world *world, const char *url, bool wants_session, uint64_t most)
{
    struct knocker knockers[KNOCKERS];
    unsigned tries = 0;
    world->options.url = url;
    world->options.script_loading = PODLINK_LOAD_ON_DEMAND;
    open_client(world);
    for (int i = 0; i < KNOCKERS; i++) {
        knockers[i] = (struct knocker){.client = world->client, .wants_session = wants_session};
        assert_int_equal(pthread_create(&knockers[i].thread, NULL, knock, &knockers[i]), 0);
    }
    for (int i = 0; i < KNOCKERS; i++) {
        pthread_join(knockers[i].thread, NULL);
        tries += knockers[i].tries;
    }
    const podlink_stats stats = api_stats(world->client);
    print_message("# %u tries, %llu dials\n", tries, (unsigned long long)stats.dials);
    assert_no_failure();
    assert_true(stats.dials > 0);
    assert_true(stats.dials <= most);
    assert_int_equal(stats.dials, stats.dial_failures);
    assert_int_equal(stats.connections, 0);
}

static void expect_few_dials_of_nobody(struct world *world, bool wants_session, uint64_t most)
{
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)api_closed_port());
    expect_few_dials(world, url, wants_session, most);
}

/* It closes in the middle of the handshake: a dial takes long enough for other callers to come meanwhile. */
static void expect_few_dials_of_one_that_hangs_up(struct world *world, bool wants_session, uint64_t most)
{
    const struct proxy_fault fault = {.delay_ms = 5, .cut = PROXY_FIN, .cut_at = 0, .cuts_each = true};
    struct proxy *proxy = proxy_start(test_server_socket(world->server), false);
    assert_non_null(proxy);
    proxy_set(proxy, PROXY_TO_SERVER, &fault);
    expect_few_dials(world, proxy_url(proxy), wants_session, most);
    proxy_stop(proxy);
}

/* After a failure no caller dials for 5 ms, then 10, 20, 40, 80, 160, 250: eight dials in half a second, on each of two
 * shared connections, and by four at a time for sessions. */
enum { SHARED_DIALS = 2 * 8, SESSION_DIALS = 4 * 8 };

static void dials_to_a_dead_server_back_off(void **state)
{
    expect_few_dials_of_nobody(*state, false, SHARED_DIALS);
}

static void dials_to_a_server_that_hangs_up_back_off(void **state)
{
    expect_few_dials_of_one_that_hangs_up(*state, false, SHARED_DIALS);
}

static void session_dials_to_a_dead_server_back_off(void **state)
{
    expect_few_dials_of_nobody(*state, true, SESSION_DIALS);
}

static void session_dials_to_a_server_that_hangs_up_back_off(void **state)
{
    expect_few_dials_of_one_that_hangs_up(*state, true, SESSION_DIALS);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(the_connection_returned_last_is_lent_first),
        WITH_WORLD(waiters_are_served_in_order_without_a_dial),
        WITH_WORLD(a_waiter_can_dial_when_a_connection_is_closed),
        WITH_WORLD(a_wait_for_a_connection_ends_at_the_calls_or_the_pools_deadline),
        WITH_WORLD(many_callers_never_have_more_than_the_maximum),
        WITH_WORLD(the_janitor_keeps_the_minimum_and_replaces_closed_connections),
        WITH_WORLD(idle_connections_are_closed_down_to_the_minimum),
        WITH_WORLD(a_connection_in_occasional_use_is_not_closed),
        WITH_WORLD(lifetimes_of_connections_are_spread),
        WITH_WORLD(a_connection_lent_beyond_its_lifetime_is_closed_when_returned),
        WITH_WORLD(dials_to_a_dead_server_back_off),
        WITH_WORLD(dials_to_a_server_that_hangs_up_back_off),
        WITH_WORLD(session_dials_to_a_dead_server_back_off),
        WITH_WORLD(session_dials_to_a_server_that_hangs_up_back_off),
    };
    return RUN_TESTS("pool dedicated", tests);
}
