/* SPDX-License-Identifier: MIT */
/* Connections that are dead, silent, slow or corrupted: how they are detected, and what a caller notices. */
#include "pool_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TICK_MS = 200 /* of the janitor */, MACHINE_MS = 500 /* allowance for a loaded machine */ };

struct world {
    struct test_server *server;
    struct proxy *proxy;
    podlink_options options;
    podlink_client *client;
    redisContext *redis;
    struct api_clock clock;
};

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    world.server = test_server_start_tcp(NULL);
    if (!world.server)
        return -1;
    world.proxy = proxy_start(test_server_socket(world.server), false);
    if (!world.proxy)
        return -1;
    world.options = api_options(api_url(world.server));
    world.options.shared_connections = 1;
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

static void open_client(struct world *world)
{
    world->client = api_open_with(&world->options);
}

static void open_through_proxy(struct world *world)
{
    world->options.url = proxy_url(world->proxy);
    open_client(world);
}

/* An increment is never repeated, so every fault becomes visible. */
static void expect_count(struct world *world, int64_t expected)
{
    int64_t value = 0;
    podlink_error err;
    podlink_reply *reply;
    assert_status(PODLINK_OK, pool_run(world->client, NULL, &reply, &err, WORDS("INCR", "count")), &err);
    assert_int_equal(podlink_reply_integer(reply, &value), PODLINK_OK);
    assert_int_equal(value, expected);
    podlink_reply_free(reply);
}

/* ---- idle connections ---- */

static bool one_is_stale(void *client)
{
    return api_stats(client).stale > 0;
}

static void an_idle_connection_closed_by_the_server_is_replaced_unnoticed(void **state)
{
    struct world *world = *state;
    world->options.url = api_tcp_url(world->server);
    open_client(world);
    expect_count(world, 1);
    assert_int_equal(api_ask(world->redis, "CLIENT KILL TYPE normal")->integer, 1);
    assert_true(eventually(one_is_stale, world->client, TICK_MS + MACHINE_MS));
    expect_count(world, 2);
    assert_int_equal(api_stats(world->client).dials, 2);
}

static void a_connection_idle_for_a_second_is_checked_before_use(void **state)
{
    struct world *world = *state;
    api_clock_init(&world->clock);
    world->options.url = api_tcp_url(world->server);
    world->options.clock = &world->clock.clock;
    world->options.no_janitor_thread = 1;
    open_client(world);
    expect_count(world, 1);
    assert_int_equal(api_ask(world->redis, "CLIENT KILL TYPE normal")->integer, 1);
    world->clock.ahead_ns += 1100 * MS;
    expect_count(world, 2);
    assert_int_equal(api_stats(world->client).stale, 1);
}

/* On a unix socket the kernel reports that the peer is gone: nothing was sent, so the command is sent again. */
static void a_connection_closed_a_moment_ago_is_replaced_unnoticed(void **state)
{
    struct world *world = *state;
    open_client(world);
    for (int64_t i = 1; i <= 100; i++) {
        expect_count(world, i);
        assert_int_equal(api_ask(world->redis, "CLIENT KILL TYPE normal")->integer, 1);
    }
}

/* ---- silent connections ---- */

static void a_connection_is_closed_after_the_set_number_of_timeouts_in_a_row(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    world->options.timeouts_max = 3;
    open_client(world);
    expect_count(world, 1);
    test_server_suspend(world->server);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(api_stats(world->client).connections_lost, 0);
        assert_int_equal(pool_run(world->client, &call, NULL, &err, WORDS("GET", "count")), PODLINK_ETIMEDOUT);
    }
    assert_int_equal(api_stats(world->client).connections_lost, 1);
    test_server_resume(world->server);
    assert_status(PODLINK_OK, podlink_ping(world->client, NULL, NULL, &err), &err);
}

static void a_single_timeout_does_not_close_a_slow_connection(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(20);
    open_client(world);
    for (int64_t i = 1; i <= 10; i++) {
        expect_count(world, i);
        api_ask(world->redis, "CLIENT PAUSE 60 ALL");
        assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN,
                       pool_run(world->client, &call, NULL, &err, WORDS("ECHO", "late")), &err);
    }
    assert_int_equal(api_stats(world->client).connections_lost, 0);
    assert_int_equal(api_stats(world->client).dials, 1);
}

static void a_connection_without_a_byte_while_answers_are_due_is_closed(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const podlink_call call = within(10000);
    world->options.silence_timeout_ms = 100;
    open_client(world);
    expect_count(world, 1);
    test_server_suspend(world->server);
    const int64_t began = api_now_ns();
    assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN,
                   pool_run(world->client, &call, NULL, &err, WORDS("INCR", "other")), &err);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    test_server_resume(world->server);
    assert_in_range(took_ms, 100, 100 + TICK_MS + MACHINE_MS);
    assert_holds(err.message, "silent");
    expect_count(world, 2);
}

/* ---- TCP keepalive ---- */

/* The descriptor of a connection to this port. */
static int find_socket(uint16_t port)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            return fd;
    }
    return -1;
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

static void keepalive_finds_a_connection_whose_host_is_gone(void **state)
{
    struct world *world = *state;
    world->options.url = api_tcp_url(world->server);
    world->options.silence_timeout_ms = 2345;
    open_client(world);
    const int fd = find_socket(test_server_port(world->server));
    assert_true(fd >= 0);
    assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_in_range(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1, 60);
    assert_in_range(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 1, 30);
    assert_in_range(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 1, 10);
    assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 2345);
}

/* ---- slow and corrupted streams ---- */

enum { ECHO_THREADS = 4, HUGE_BYTES = 8 * 1024 * 1024, SMALL_BYTES = 200 };

struct echoer {
    pthread_t thread;
    podlink_client *client;
    size_t length;
    int rounds;
    char mark;
};

static void *echo(void *argument)
{
    struct echoer *echoer = argument;
    char *text = malloc(echoer->length);
    const podlink_call call = within(60000);
    memset(text, echoer->mark, echoer->length);
    for (int i = 0; i < echoer->rounds; i++) {
        podlink_reply *reply;
        podlink_error err;
        size_t length = 0;
        const char *const words[] = {"ECHO", text};
        const size_t lengths[] = {4, echoer->length};
        const podlink_command command = {.argc = 2, .argv = words, .argv_lengths = lengths};
        if (podlink_command_run(echoer->client, &command, &call, &reply, &err) != PODLINK_OK)
            record_failure("ECHO: %s", err.message);
        const char *answer = podlink_reply_text(reply, &length);
        if (!answer || length != echoer->length || memcmp(answer, text, length) != 0)
            record_failure("ECHO returned other bytes");
        podlink_reply_free(reply);
    }
    free(text);
    return NULL;
}

static void echo_from_many(podlink_client *client, size_t length, int rounds)
{
    struct echoer echoers[ECHO_THREADS];
    for (int i = 0; i < ECHO_THREADS; i++) {
        echoers[i] = (struct echoer){.client = client, .length = length, .rounds = rounds, .mark = (char)('a' + i)};
        assert_int_equal(pthread_create(&echoers[i].thread, NULL, echo, &echoers[i]), 0);
    }
    for (int i = 0; i < ECHO_THREADS; i++)
        pthread_join(echoers[i].thread, NULL);
    assert_no_failure();
}

/* Neither side could continue if the client did not read while another call waits to write. */
static void huge_commands_and_replies_on_one_connection_do_not_block_each_other(void **state)
{
    struct world *world = *state;
    open_client(world);
    echo_from_many(world->client, HUGE_BYTES, ROUNDS(4, 1));
    assert_int_equal(api_stats(world->client).dials, 1);
}

static void replies_in_pieces_of_any_size_are_read(void **state)
{
    struct world *world = *state;
    open_through_proxy(world);
    for (size_t chop = 1; chop < 16; chop += 2) {
        const struct proxy_fault fault = {.chop = chop};
        proxy_set(world->proxy, PROXY_TO_CLIENT, &fault);
        proxy_set(world->proxy, PROXY_TO_SERVER, &fault);
        echo_from_many(world->client, SMALL_BYTES, 5);
    }
    assert_int_equal(api_stats(world->client).dials, 1);
}

static void calls_over_a_slow_network_share_its_latency(void **state)
{
    struct world *world = *state;
    const struct proxy_fault fault = {.delay_ms = 20};
    open_through_proxy(world);
    proxy_set(world->proxy, PROXY_TO_SERVER, &fault);
    proxy_set(world->proxy, PROXY_TO_CLIENT, &fault);
    const int64_t began = api_now_ns();
    echo_from_many(world->client, SMALL_BYTES, 10);
    const int64_t took_ms = (api_now_ns() - began) / MS;
    assert_in_range(took_ms, 10 * 40 - 10, 2 * 10 * 40 + MACHINE_MS);
}

static void a_corrupted_byte_ends_the_connection_and_the_next_one_works(void **state)
{
    struct world *world = *state;
    podlink_error err;
    const struct proxy_fault fault = {.spoil = 0x40, .spoil_at = 0};
    open_through_proxy(world);
    expect_count(world, 1);
    proxy_set(world->proxy, PROXY_TO_CLIENT, &fault);
    assert_failure(PODLINK_EPROTOCOL, PODLINK_UNKNOWN,
                   pool_run(world->client, NULL, NULL, &err, WORDS("INCR", "count")), &err);
    expect_count(world, 3);
    assert_int_equal(api_stats(world->client).connections_lost, 1);
}

/* ---- a caller with a short deadline ---- */

struct accepting {
    struct proxy *proxy;
    uint64_t more_than;
};

static bool has_accepted(void *context)
{
    const struct accepting *accepting = context;
    return proxy_accepted(accepting->proxy) > accepting->more_than;
}

static void *ping_in_a_hurry(void *client)
{
    const podlink_call call = within(60);
    podlink_error err;
    if (podlink_ping(client, NULL, &call, &err) != PODLINK_ETIMEDOUT)
        record_failure("the call with the short deadline did not time out");
    return NULL;
}

/* The first caller dials for all. When it gives up, the others still have their time. */
static void the_short_deadline_of_a_dialling_caller_does_not_fail_the_waiters(void **state)
{
    struct world *world = *state;
    pthread_t hurried;
    podlink_error err;
    const podlink_call patient = within(5000);
    const struct proxy_fault slow = {.delay_ms = 100};
    world->options.script_loading = PODLINK_LOAD_ON_DEMAND;
    world->options.retries = 0;
    open_through_proxy(world);
    proxy_set(world->proxy, PROXY_TO_CLIENT, &slow);
    struct accepting accepting = {world->proxy, proxy_accepted(world->proxy)};
    assert_int_equal(pthread_create(&hurried, NULL, ping_in_a_hurry, world->client), 0);
    assert_true(eventually(has_accepted, &accepting, 5000));
    const podlink_status status = podlink_ping(world->client, NULL, &patient, &err);
    pthread_join(hurried, NULL);
    assert_no_failure();
    assert_status(PODLINK_OK, status, &err);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(an_idle_connection_closed_by_the_server_is_replaced_unnoticed),
        WITH_WORLD(a_connection_idle_for_a_second_is_checked_before_use),
        WITH_WORLD(a_connection_closed_a_moment_ago_is_replaced_unnoticed),
        WITH_WORLD(a_connection_is_closed_after_the_set_number_of_timeouts_in_a_row),
        WITH_WORLD(a_single_timeout_does_not_close_a_slow_connection),
        WITH_WORLD(a_connection_without_a_byte_while_answers_are_due_is_closed),
        WITH_WORLD(keepalive_finds_a_connection_whose_host_is_gone),
        WITH_WORLD(huge_commands_and_replies_on_one_connection_do_not_block_each_other),
        WITH_WORLD(replies_in_pieces_of_any_size_are_read),
        WITH_WORLD(calls_over_a_slow_network_share_its_latency),
        WITH_WORLD(a_corrupted_byte_ends_the_connection_and_the_next_one_works),
        WITH_WORLD(the_short_deadline_of_a_dialling_caller_does_not_fail_the_waiters),
    };
    return RUN_TESTS("pool health", tests);
}
