/* SPDX-License-Identifier: MIT */
/* Closing a client that other threads still use. */
#include "pool_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    THREADS = 32,
    TIMEOUT_MS = 3000,
    WAIT_MS = 100,
    LATE_MS = 1500 /* how long calls that lost their connection may take to return on a loaded machine */
};

struct world {
    struct test_server *server;
    podlink_client *client;
    redisContext *redis;
    struct load load;
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
    load_stop(&world->load);
    redisFree(world->redis);
    test_server_stop(world->server);
    return 0;
}

static bool all_have_called(void *context)
{
    struct load *load = context;
    for (unsigned i = 0; i < load->threads; i++)
        if (load->each[i].ok < 20)
            return false;
    return true;
}

static void begin(struct world *world)
{
    world->client = api_open(api_url(world->server));
    world->load.client = world->client;
    world->load.threads = THREADS;
    world->load.timeout_ms = TIMEOUT_MS;
    load_start(&world->load);
    assert_true(eventually(all_have_called, &world->load, 10000));
}

static int64_t close_within(struct world *world, int64_t wait_ms)
{
    const int64_t began = api_now_ns();
    podlink_client_close(world->client, wait_ms);
    return (api_now_ns() - began) / MS;
}

static void end(struct world *world, const char *what)
{
    load_stop(&world->load);
    load_print(&world->load, what);
    assert_no_failure();
    assert_true(load_count_as(&world->load, PODLINK_ECLOSED, PODLINK_NOT_SENT) > 0);
    podlink_client_free(world->client);
}

static void calls_in_flight_at_the_close_complete_and_later_ones_fail(void **state)
{
    struct world *world = *state;
    begin(world);
    const int64_t took_ms = close_within(world, -1);
    podlink_error err;
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, podlink_ping(world->client, NULL, NULL, &err), &err);
    podlink_session *session;
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, podlink_session_acquire(world->client, NULL, &session, &err),
                   &err);
    end(world, "closed");
    assert_true(took_ms < TIMEOUT_MS);
    for (int i = 1; i < LOAD_STATUSES; i++)
        if (i != -PODLINK_ECLOSED)
            assert_int_equal(load_count(&world->load, (podlink_status)-i), 0);
    assert_int_equal(load_count_as(&world->load, PODLINK_ECLOSED, PODLINK_UNKNOWN), 0);
    load_assert_counters(&world->load, world->redis);
}

static void a_close_ends_calls_to_a_stopped_server_after_its_wait(void **state)
{
    struct world *world = *state;
    begin(world);
    test_server_suspend(world->server);
    const int64_t took_ms = close_within(world, WAIT_MS);
    end(world, "closed while stopped");
    test_server_resume(world->server);
    print_message("# the close took %lld ms\n", (long long)took_ms);
    assert_in_range(took_ms, WAIT_MS, WAIT_MS + LATE_MS);
    assert_true(load_count_as(&world->load, PODLINK_ECLOSED, PODLINK_UNKNOWN) > 0);
    api_ask(world->redis, "PING");
    load_assert_counters(&world->load, world->redis);
}

/* ---- calls that a close interrupts ---- */

/* A client without connections, whose server does not answer dials. */
struct stalled {
    struct proxy *proxy;
    podlink_client *client;
};

static void open_stalled(struct world *world, struct stalled *stalled)
{
    const struct proxy_fault stall = {.stalls = true};
    stalled->proxy = proxy_start(test_server_socket(world->server), false);
    assert_non_null(stalled->proxy);
    podlink_options options = api_options(proxy_url(stalled->proxy));
    stalled->client = api_open_with(&options);
    proxy_set(stalled->proxy, PROXY_TO_SERVER, &stall);
    proxy_end_all(stalled->proxy, PROXY_RST);
}

static void close_stalled(struct stalled *stalled)
{
    podlink_client_free(stalled->client);
    proxy_stop(stalled->proxy);
}

struct caller {
    pthread_t thread;
    podlink_client *client;
    podlink_session *session;
    podlink_status status;
    podlink_error err;
    atomic_bool returned;
};

static void *call_ping(void *argument)
{
    struct caller *caller = argument;
    const podlink_call call = within(TIMEOUT_MS);
    caller->status = podlink_ping(caller->client, NULL, &call, &caller->err);
    caller->returned = true;
    return NULL;
}

static void *call_acquire(void *argument)
{
    struct caller *caller = argument;
    const podlink_call call = within(TIMEOUT_MS);
    caller->status = podlink_session_acquire(caller->client, &call, &caller->session, &caller->err);
    caller->returned = true;
    return NULL;
}

static void *call_pop(void *argument)
{
    struct caller *caller = argument;
    const podlink_call call = within(TIMEOUT_MS);
    caller->status = pool_session_run(caller->session, &call, NULL, &caller->err, WORDS("BLPOP", "nothing", "0"));
    caller->returned = true;
    return NULL;
}

struct accepting {
    struct proxy *proxy;
    uint64_t more_than;
};

static bool has_accepted(void *context)
{
    const struct accepting *accepting = context;
    return proxy_accepted(accepting->proxy) > accepting->more_than;
}

/* The close waits for some time, and then ends the caller's call. */
static void close_and_expect_end(podlink_client *client, struct caller *caller)
{
    const int64_t began = api_now_ns();
    podlink_client_close(client, WAIT_MS);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    const bool returned = caller->returned;
    pthread_join(caller->thread, NULL);
    podlink_session_release(caller->session);
    print_message("# the close took %lld ms, the call: %s (%s)\n", (long long)took_ms,
                  podlink_status_name(caller->status), podlink_delivery_text(caller->err.delivery));
    assert_true(returned);
    assert_in_range(took_ms, WAIT_MS, WAIT_MS + LATE_MS);
    assert_status(PODLINK_ECLOSED, caller->status, &caller->err);
}

struct dialling {
    podlink_client *client;
    uint64_t more_than;
};

static uint64_t dials(podlink_client *client)
{
    podlink_stats stats;
    podlink_stats_init(&stats);
    podlink_client_stats(client, &stats);
    return stats.dials;
}

static bool has_dialled(void *context)
{
    const struct dialling *dialling = context;
    return dials(dialling->client) > dialling->more_than;
}

/* Closes a client while a caller dials. */
static void close_while_dialling(struct world *world, void *(*call)(void *argument))
{
    struct stalled stalled;
    open_stalled(world, &stalled);
    struct accepting accepting = {stalled.proxy, proxy_accepted(stalled.proxy)};
    struct caller caller = {.client = stalled.client};
    assert_int_equal(pthread_create(&caller.thread, NULL, call, &caller), 0);
    assert_true(eventually(has_accepted, &accepting, 5000));
    close_and_expect_end(stalled.client, &caller);
    close_stalled(&stalled);
}

static void a_close_ends_a_call_that_dials_after_its_wait(void **state)
{
    close_while_dialling(*state, call_ping);
}

/* No server accepts: a host that drops all packets. */
static void a_close_ends_a_call_in_connect_after_its_wait(void **state)
{
    (void)state;
    int fds[16];
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int count = pool_fill_queue((struct sockaddr *)&address, size, fds);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    struct caller caller = {.client = api_open_with(&options)};
    struct dialling dialling = {caller.client, dials(caller.client)};
    assert_int_equal(pthread_create(&caller.thread, NULL, call_ping, &caller), 0);
    assert_true(eventually(has_dialled, &dialling, 5000));
    close_and_expect_end(caller.client, &caller);
    podlink_client_free(caller.client);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

static void a_close_ends_a_dial_for_a_session_after_its_wait(void **state)
{
    close_while_dialling(*state, call_acquire);
}

static bool one_waits(void *client)
{
    return api_stats(client).dedicated_waiting == 1;
}

static void a_close_ends_a_wait_for_a_session_at_once(void **state)
{
    struct world *world = *state;
    podlink_session *session;
    podlink_error err;
    podlink_options options = api_options(api_url(world->server));
    options.dedicated_max = 1;
    podlink_client *client = api_open_with(&options);
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    struct caller caller = {.client = client};
    assert_int_equal(pthread_create(&caller.thread, NULL, call_acquire, &caller), 0);
    assert_true(eventually(one_waits, client, 5000));
    const int64_t began = api_now_ns();
    podlink_client_close(client, WAIT_MS);
    pthread_join(caller.thread, NULL);
    assert_true(api_now_ns() - began < (WAIT_MS + LATE_MS) * MS);
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, caller.status, &caller.err);
    podlink_session_release(session);
    podlink_client_free(client);
}

static bool one_is_blocked(void *redis)
{
    return pool_info(redis, "clients", "blocked_clients") == 1;
}

/* When the close returns, no call is running, nor one on a session. */
static void a_close_ends_a_call_on_a_session_after_its_wait(void **state)
{
    struct world *world = *state;
    podlink_error err;
    podlink_client *client = api_open(api_url(world->server));
    struct caller caller = {.client = client};
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &caller.session, &err), &err);
    assert_int_equal(pthread_create(&caller.thread, NULL, call_pop, &caller), 0);
    assert_true(eventually(one_is_blocked, world->redis, 5000));
    const int64_t began = api_now_ns();
    podlink_client_close(client, WAIT_MS);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    const bool returned = caller.returned;
    pthread_join(caller.thread, NULL);
    podlink_session_release(caller.session);
    podlink_client_free(client);
    print_message("# the close took %lld ms, the call: %s (%s)\n", (long long)took_ms,
                  podlink_status_name(caller.status), podlink_delivery_text(caller.err.delivery));
    assert_true(returned);
    assert_in_range(took_ms, WAIT_MS, WAIT_MS + LATE_MS);
    assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN, caller.status, &caller.err);
}

static void a_session_can_be_returned_after_the_close(void **state)
{
    struct world *world = *state;
    podlink_session *session;
    podlink_error err;
    podlink_client *client = api_open(api_url(world->server));
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    podlink_client_close(client, WAIT_MS);
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, pool_session_run(session, NULL, NULL, &err, WORDS("PING")), &err);
    podlink_session_release(session);
    assert_int_equal(api_stats(client).dedicated_in_use, 0);
    assert_int_equal(api_stats(client).dedicated_idle, 0);
    podlink_client_free(client);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(calls_in_flight_at_the_close_complete_and_later_ones_fail),
        WITH_WORLD(a_close_ends_calls_to_a_stopped_server_after_its_wait),
        WITH_WORLD(a_close_ends_a_call_that_dials_after_its_wait),
        WITH_WORLD(a_close_ends_a_call_in_connect_after_its_wait),
        WITH_WORLD(a_close_ends_a_dial_for_a_session_after_its_wait),
        WITH_WORLD(a_close_ends_a_wait_for_a_session_at_once),
        WITH_WORLD(a_close_ends_a_call_on_a_session_after_its_wait),
        WITH_WORLD(a_session_can_be_returned_after_the_close),
    };
    return RUN_TESTS("pool close", tests);
}
