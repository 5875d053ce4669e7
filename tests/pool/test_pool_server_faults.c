/* SPDX-License-Identifier: MIT */
/* Faults of a server and of the machine under load: the server stops, dies, is busy or refuses connections; the machine
 * has no descriptors left. Each call ends in time with the right status, and the client recovers within a second. */
#include "pool_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    THREADS = 32,
    SESSION_THREADS = 8,
    SHARED = 2,
    DEDICATED = 4,
    OWN_CONNECTIONS = 1,
    TIMEOUT_MS = 200,
    FAULT_MS = 700,
    RECOVERY_MS = 1000,
    AFTER_MS = 300 /* watched for failures after the recovery */
};

struct world {
    struct test_server *server;
    podlink_client *client;
    redisContext *redis;
    struct load load;
    int descriptors;      /* besides the client's, one of each thread */
    int most_descriptors; /* the most at one time */
    int64_t most_counted; /* connections, as the server counted them while it could */
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
    podlink_client_free(world->client);
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
    podlink_options options = api_options(api_url(world->server));
    options.shared_connections = SHARED;
    options.dedicated_max = DEDICATED;
    world->descriptors = api_descriptors();
    world->client = api_open_with(&options);
    world->load.client = world->client;
    world->load.threads = THREADS;
    world->load.session_threads = SESSION_THREADS;
    world->load.timeout_ms = TIMEOUT_MS;
    load_start(&world->load);
    assert_true(eventually(all_have_called, &world->load, 10000));
}

/* ---- checks during a fault ---- */

static void watch_descriptors(struct world *world)
{
    const int now = api_descriptors();
    world->most_descriptors = now > world->most_descriptors ? now : world->most_descriptors;
}

static void watch_connections(struct world *world)
{
    const int64_t now = pool_info(world->redis, "clients", "connected_clients");
    world->most_counted = now > world->most_counted ? now : world->most_counted;
}

struct watching {
    struct world *world;
    int64_t until;
    bool asks_server;
};

static bool is_over(void *context)
{
    const struct watching *watching = context;
    watch_descriptors(watching->world);
    if (watching->asks_server)
        watch_connections(watching->world);
    return api_now_ns() >= watching->until;
}

static void watch(struct world *world, int64_t ms, bool asks_server)
{
    struct watching watching = {world, api_now_ns() + ms * MS, asks_server};
    eventually(is_over, &watching, 10 * ms + 1000);
}

/* A server without processor time counts a connection whose dial was given up until it has seen its end. The client's
 * own maximum is checked exactly, by its descriptors. */
static void assert_counted(struct world *world)
{
    assert_true(world->most_counted <= SHARED + DEDICATED + OWN_CONNECTIONS || load_was_starved(&world->load));
}

/* The fault has ended now: a second later no call fails any more. */
static void expect_recovery(struct world *world, const char *what)
{
    const int64_t ended = api_now_ns();
    watch(world, RECOVERY_MS, false);
    const uint64_t ok = load_ok(&world->load);
    watch(world, AFTER_MS, true);
    load_stop(&world->load);
    load_print(&world->load, what);
    assert_no_failure();
    assert_true(load_ok(&world->load) > ok);
    if (load_failed_at(&world->load) > ended + RECOVERY_MS * MS && !load_was_starved(&world->load))
        fail_msg("a call that began %.0f ms after the end of the fault failed",
                 (double)(load_failed_at(&world->load) - ended) / 1e6);
    load_assert_in_time(&world->load);
    load_assert_counters(&world->load, world->redis);
    assert_true(world->most_descriptors <= world->descriptors + THREADS + SHARED + DEDICATED);
    assert_counted(world);
}

#define ONLY(...)                                                                                                      \
    (const podlink_status[])                                                                                           \
    {                                                                                                                  \
        __VA_ARGS__, PODLINK_OK                                                                                        \
    }

/* ---- a server that stops, dies or is busy ---- */

static void calls_to_a_stopped_server_end_in_time_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    begin(world);
    test_server_suspend(world->server);
    watch(world, FAULT_MS, false);
    test_server_resume(world->server);
    expect_recovery(world, "stopped");
    load_assert_only(&world->load, ONLY(PODLINK_ETIMEDOUT, PODLINK_ECONNLOST));
    assert_true(load_count(&world->load, PODLINK_ETIMEDOUT) > 0);
}

static void calls_to_a_killed_server_fail_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    begin(world);
    kill(test_server_pid(world->server), SIGKILL);
    watch(world, FAULT_MS, false);
    assert_int_equal(test_server_restart(world->server), 0);
    redisFree(world->redis);
    world->redis = api_redis(world->server);
    for (unsigned i = 0; i < THREADS; i++) /* it has lost its counters */
        api_ask(world->redis, "INCRBY load:%u 0", i);
    watch(world, RECOVERY_MS, false);
    const int64_t ended = api_now_ns() - RECOVERY_MS * MS;
    watch(world, AFTER_MS, true);
    load_stop(&world->load);
    load_print(&world->load, "killed");
    assert_no_failure();
    assert_true(load_failed_at(&world->load) <= ended + RECOVERY_MS * MS || load_was_starved(&world->load));
    load_assert_in_time(&world->load);
    load_assert_only(&world->load, ONLY(PODLINK_ECONNLOST, PODLINK_ECONNECT, PODLINK_ETIMEDOUT, PODLINK_ELOADING));
    assert_true(load_count_as(&world->load, PODLINK_ECONNECT, PODLINK_NOT_SENT) > 0);
    /* Unknown is a ping that was sent, and could not be sent again. */
    assert_int_equal(load_count_as(&world->load, PODLINK_ECONNECT, PODLINK_ANSWERED), 0);
    assert_true(world->most_descriptors <= world->descriptors + THREADS + SHARED + DEDICATED + OWN_CONNECTIONS);
    assert_counted(world);
}

static void calls_to_a_paused_server_end_in_time_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    begin(world);
    api_ask(world->redis, "CLIENT PAUSE %d ALL", FAULT_MS);
    watch(world, FAULT_MS, false);
    expect_recovery(world, "paused");
    load_assert_only(&world->load, ONLY(PODLINK_ETIMEDOUT, PODLINK_ECONNLOST));
    assert_true(load_count(&world->load, PODLINK_ETIMEDOUT) > 0);
}

/* As DEBUG SLEEP, which must be enabled on a server: a script runs and the server answers no client. Some servers stop
 * the clock of a script until they report BUSY after five seconds. */
static void calls_to_a_busy_server_end_in_time_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    static const char script[] =
        "local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end "
        "local until_ms = now() + ARGV[1] repeat until now() > until_ms return 1";
    begin(world);
    assert_int_equal(api_ask(world->redis, "EVAL %s 0 %d", script, FAULT_MS)->integer, 1);
    expect_recovery(world, "busy");
    load_assert_only(&world->load, ONLY(PODLINK_ETIMEDOUT, PODLINK_ECONNLOST, PODLINK_EBUSY));
    assert_true(load_count(&world->load, PODLINK_ETIMEDOUT) > 0);
}

/* ---- a server that refuses connections ---- */

static void calls_to_a_server_with_too_many_clients_fail_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    world->load.never_rests = true; /* the server's message before it closes must be read, however fast it closes */
    begin(world);
    api_ask(world->redis, "CONFIG SET maxclients 1");
    api_ask(world->redis, "CLIENT KILL TYPE normal");
    watch(world, FAULT_MS, true);
    api_ask(world->redis, "CONFIG SET maxclients 1000");
    expect_recovery(world, "too many clients");
    load_assert_only(&world->load, ONLY(PODLINK_ECONNECT, PODLINK_ECONNLOST, PODLINK_ETIMEDOUT));
    assert_true(load_count_as(&world->load, PODLINK_ECONNECT, PODLINK_NOT_SENT) > 0);
}

static void expect_no_way_in(struct world *world, const char *url, podlink_status expected)
{
    podlink_options options = api_options(url);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.dedicated_max = DEDICATED;
    world->client = api_open_with(&options);
    world->load = (struct load){
        .client = world->client, .threads = THREADS, .session_threads = SESSION_THREADS, .timeout_ms = TIMEOUT_MS};
    load_start(&world->load);
    watch(world, FAULT_MS, false);
    load_stop(&world->load);
    load_print(&world->load, url);
    assert_no_failure();
    load_assert_in_time(&world->load);
    load_assert_only(&world->load, ONLY(expected));
    assert_int_equal(load_count(&world->load, expected), load_count_as(&world->load, expected, PODLINK_NOT_SENT));
    assert_true(load_count(&world->load, expected) > 0);
    assert_int_equal(load_ok(&world->load), 0);
}

static void calls_to_a_full_listen_queue_end_in_time_unsent(void **state)
{
    struct world *world = *state;
    int fds[16];
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int count = pool_fill_queue((struct sockaddr *)&address, size, fds);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    expect_no_way_in(world, url, PODLINK_ETIMEDOUT);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

static void calls_to_a_full_queue_of_a_unix_socket_fail_at_once(void **state)
{
    struct world *world = *state;
    int fds[16];
    char url[128];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s.full", test_server_socket(world->server));
    const int count = pool_fill_queue((struct sockaddr *)&address, sizeof address, fds);
    snprintf(url, sizeof url, "unix://%s", address.sun_path);
    expect_no_way_in(world, url, PODLINK_ECONNECT);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

/* ---- a machine without descriptors ---- */

static void set_descriptor_limit(rlim_t limit)
{
    struct rlimit limits;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limits), 0);
    limits.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

static void calls_without_descriptors_fail_and_the_client_recovers(void **state)
{
    struct world *world = *state;
    struct rlimit limits;
    begin(world);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limits), 0);
    set_descriptor_limit(3);
    api_ask(world->redis, "CLIENT KILL TYPE normal");
    const int64_t until = api_now_ns() + FAULT_MS * MS;
    while (api_now_ns() < until) /* listing the descriptors takes one */
        watch_connections(world);
    set_descriptor_limit(limits.rlim_cur);
    expect_recovery(world, "no descriptors");
    load_assert_only(&world->load, ONLY(PODLINK_ECONNECT, PODLINK_ECONNLOST));
    assert_true(load_count_as(&world->load, PODLINK_ECONNECT, PODLINK_NOT_SENT) > 0);
}

/* ---- lost connections ---- */

static void killed_connections_fail_calls_only_as_lost_connections(void **state)
{
    struct world *world = *state;
    begin(world);
    const int64_t until = api_now_ns() + FAULT_MS * MS;
    while (api_now_ns() < until) {
        api_ask(world->redis, "CLIENT KILL TYPE normal");
        watch(world, 20, true);
    }
    expect_recovery(world, "killed again and again");
    load_assert_only(&world->load, ONLY(PODLINK_ECONNLOST));
    assert_int_equal(load_count(&world->load, PODLINK_ECONNLOST),
                     load_count_as(&world->load, PODLINK_ECONNLOST, PODLINK_UNKNOWN) +
                         load_count_as(&world->load, PODLINK_ECONNLOST, PODLINK_NOT_SENT));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(calls_to_a_stopped_server_end_in_time_and_the_client_recovers),
        WITH_WORLD(calls_to_a_killed_server_fail_and_the_client_recovers),
        WITH_WORLD(calls_to_a_paused_server_end_in_time_and_the_client_recovers),
        WITH_WORLD(calls_to_a_busy_server_end_in_time_and_the_client_recovers),
        WITH_WORLD(calls_to_a_server_with_too_many_clients_fail_and_the_client_recovers),
        WITH_WORLD(calls_to_a_full_listen_queue_end_in_time_unsent),
        WITH_WORLD(calls_to_a_full_queue_of_a_unix_socket_fail_at_once),
        WITH_WORLD(calls_without_descriptors_fail_and_the_client_recovers),
        WITH_WORLD(killed_connections_fail_calls_only_as_lost_connections),
    };
    return RUN_TESTS("pool server faults", tests);
}
