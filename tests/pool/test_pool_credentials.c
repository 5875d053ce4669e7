/* SPDX-License-Identifier: MIT */
/* Credentials that rotate, and users that are revoked: their effect on open connections and on the calls in flight. A
 * server does not report either; podlink reauthenticates. */
#include "pool_fixture.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_AGE_MS = 300, THREADS = 6, ROTATIONS = ROUNDS(5, 3), FAILURE = 7, MACHINE_MS = 2000, LONGEST = 65536 };

/* The credentials that the callback returns. */
struct vault {
    pthread_mutex_t lock;
    char user[64]; /* "": the default user */
    char password[64];
    atomic_int fails; /* it fails with this number; 0: it succeeds */
    atomic_int asked;
};

struct world {
    struct test_server *server;
    redisContext *redis;
    podlink_options options;
    podlink_client *client;
    struct vault vault;
};

static int give(void *context, podlink_credentials *into)
{
    struct vault *vault = context;
    atomic_fetch_add(&vault->asked, 1);
    if (atomic_load(&vault->fails) != 0)
        return atomic_load(&vault->fails);
    pthread_mutex_lock(&vault->lock);
    podlink_status status = podlink_credentials_set(into, vault->user[0] ? vault->user : NULL, vault->password);
    pthread_mutex_unlock(&vault->lock);
    return status;
}

static void put(struct vault *vault, const char *user, const char *password)
{
    pthread_mutex_lock(&vault->lock);
    snprintf(vault->user, sizeof vault->user, "%s", user);
    snprintf(vault->password, sizeof vault->password, "%s", password);
    pthread_mutex_unlock(&vault->lock);
}

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    world.server = test_server_start(NULL);
    if (!world.server)
        return -1;
    world.redis = api_redis(world.server);
    api_ask(world.redis, "ACL SETUSER eva on >first ~* &* +@all");
    pthread_mutex_init(&world.vault.lock, NULL);
    put(&world.vault, "eva", "first");
    world.options = api_options(api_url(world.server));
    world.options.credentials = give;
    world.options.credentials_context = &world.vault;
    world.options.script_loading = PODLINK_LOAD_ON_DEMAND;
    world.options.shared_connections = 1;
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    redisFree(world->redis);
    podlink_client_free(world->client);
    pthread_mutex_destroy(&world->vault.lock);
    test_server_stop(world->server);
    return 0;
}

static void open_client(struct world *world)
{
    world->client = api_open_with(&world->options);
}

/* The same by an option, which never changes. */
static void open_with_password(struct world *world)
{
    world->options.credentials = NULL;
    world->options.user = "eva";
    world->options.password = "first";
    open_client(world);
}

static podlink_status ping(struct world *world, podlink_error *err)
{
    return podlink_ping(world->client, NULL, NULL, err);
}

static void expect_ping(struct world *world)
{
    podlink_error err;
    assert_status(PODLINK_OK, ping(world, &err), &err);
}

/* Connections of this user that the server has. */
static int connections_of(struct world *world, const char *user)
{
    char wanted[80];
    int count = 0;
    snprintf(wanted, sizeof wanted, " user=%s ", user);
    for (const char *at = api_ask(world->redis, "CLIENT LIST")->str; (at = strstr(at, wanted)); at++)
        count++;
    return count;
}

static bool nobody_is_eva(void *context)
{
    return connections_of(context, "eva") == 0;
}

static podlink_session *open_session(struct world *world)
{
    podlink_session *session;
    podlink_error err;
    assert_status(PODLINK_OK, podlink_session_acquire(world->client, NULL, &session, &err), &err);
    return session;
}

/* Ways to revoke a user's permissions. */
static const char *const revocations[] = {"ACL SETUSER eva off", "ACL DELUSER eva", "ACL SETUSER eva resetpass",
                                          "ACL SETUSER eva <first >other"};

static void revoke(struct world *world, const char *how)
{
    api_ask(world->redis, how);
}

/* ---- the callback ---- */

static void the_callback_is_called_for_each_connection(void **state)
{
    struct world *world = *state;
    open_client(world);
    expect_ping(world);
    expect_ping(world);
    assert_int_equal(atomic_load(&world->vault.asked), 1);
    assert_int_equal(connections_of(world, "eva"), 1);
    api_ask(world->redis, "ACL SETUSER default resetpass >whatever");
    put(&world->vault, "", "whatever");
    podlink_session *session = open_session(world);
    assert_int_equal(atomic_load(&world->vault.asked), 2);
    assert_int_equal(connections_of(world, "eva"), 1);
    podlink_session_release(session);
}

static void a_failing_callback_fails_the_dial_before_anything_is_sent(void **state)
{
    struct world *world = *state;
    podlink_error err;
    atomic_store(&world->vault.fails, FAILURE);
    open_client(world);
    const int64_t before = pool_info(world->redis, "stats", "total_connections_received");
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, ping(world, &err), &err);
    assert_holds(err.message, "the credentials callback failed with 7");
    assert_int_equal(pool_info(world->redis, "stats", "total_connections_received"), before);
    atomic_store(&world->vault.fails, 0);
    podlink_session *session = open_session(world); /* needs a connection of its own, and no dial has failed yet */
    podlink_session_release(session);
}

static void unknown_credentials_fail_with_the_servers_message(void **state)
{
    struct world *world = *state;
    podlink_error err;
    put(&world->vault, "eva", "wrong");
    open_client(world);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, ping(world, &err), &err);
    assert_holds(err.server, "WRONGPASS");
}

static char longest[LONGEST + 2];

static int give_nothing(void *context, podlink_credentials *into)
{
    (void)context;
    (void)into;
    return 0;
}

static int give_bad(void *context, podlink_credentials *into)
{
    const int kind = *(int *)context;
    const struct {
        const char *user;
        const char *password;
    } bad[] = {{"eva", NULL}, {"eva", ""}, {"", "first"}, {"eva", longest}, {longest, "first"}};
    return podlink_credentials_set(into, bad[kind].user, bad[kind].password) == PODLINK_EINVAL ? 0 : FAILURE;
}

static void the_callbacks_credentials_are_validated(void **state)
{
    struct world *world = *state;
    podlink_error err;
    int kind;
    memset(longest, 'x', LONGEST + 1);
    world->options.credentials = give_bad;
    world->options.credentials_context = &kind;
    for (kind = 0; kind < 5; kind++) {
        open_client(world);
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, ping(world, &err), &err);
        assert_holds(err.message, "empty or longer than 65536 bytes");
        podlink_client_free(world->client);
    }
    world->options.credentials = give_nothing;
    open_client(world);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, ping(world, &err), &err);
    assert_holds(err.message, "gave no password");
}

/* As if the credentials had changed since the callback was called. */
static int give_the_old_first(void *context, podlink_credentials *into)
{
    struct vault *vault = context;
    const int asked = atomic_fetch_add(&vault->asked, 1);
    return podlink_credentials_set(into, "eva", asked % 2 == 0 ? "old" : "first");
}

static void credentials_that_change_during_the_dial_are_fetched_again(void **state)
{
    struct world *world = *state;
    podlink_error err;
    world->options.credentials = give_the_old_first;
    open_client(world);
    expect_ping(world);
    assert_int_equal(atomic_load(&world->vault.asked), 2);
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    assert_int_equal(atomic_load(&world->vault.asked), 4);
    podlink_session_release(open_session(world));
    assert_int_equal(atomic_load(&world->vault.asked), 6);
    assert_int_equal(connections_of(world, "eva"), 2);
}

static int give_twice(void *context, podlink_credentials *into)
{
    (void)context;
    return podlink_credentials_set(into, "nobody", "wrong") != PODLINK_OK ||
           podlink_credentials_set(into, "eva", "first") != PODLINK_OK;
}

static void the_latest_credentials_of_the_callback_count(void **state)
{
    struct world *world = *state;
    world->options.credentials = give_twice;
    open_client(world);
    expect_ping(world);
    assert_int_equal(connections_of(world, "eva"), 1);
}

/* Freed memory contains nothing of the callback's credentials. */
static void forget(const void *block, const char *secret)
{
    if (block && memmem(block, malloc_usable_size((void *)block), secret, strlen(secret)))
        record_failure("a freed block contains the password");
}

static void *watched_allocate(void *context, size_t size)
{
    (void)context;
    return calloc(1, size);
}

static void watched_release(void *context, void *block)
{
    forget(block, context);
    free(block);
}

static void *watched_reallocate(void *context, void *block, size_t size)
{
    const size_t old = block ? malloc_usable_size(block) : 0;
    void *grown = calloc(1, size);
    if (grown && block) {
        memcpy(grown, block, old < size ? old : size);
        watched_release(context, block);
    }
    return grown;
}

static void the_callbacks_credentials_are_wiped(void **state)
{
    struct world *world = *state;
    podlink_error err;
    char secret[] = "canary-in-the-callback";
    podlink_allocator watch = {watched_allocate, watched_reallocate, watched_release, secret};
    api_ask(world->redis, "ACL SETUSER eva >canary-in-the-callback");
    put(&world->vault, "eva", secret);
    world->options.allocator = &watch;
    world->options.client_name = "the-name-of-a-client";
    open_client(world);
    expect_ping(world);
    podlink_session_release(open_session(world));
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    revoke(world, revocations[0]);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, podlink_client_reauthenticate(world->client, &err), &err);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, ping(world, &err), &err);
    podlink_client_free(world->client);
    world->client = NULL;
    assert_no_failure();
}

/* ---- reauthentication ---- */

static void a_client_without_credentials_sends_no_auth(void **state)
{
    struct world *world = *state;
    podlink_error err;
    world->options.credentials = NULL;
    world->options.credentials_max_age_ms = 1;
    open_client(world);
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    expect_ping(world);
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    assert_int_equal(api_stats(world->client).reauthentications, 0);
}

static void reauthentication_opens_no_connection(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world);
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    assert_int_equal(atomic_load(&world->vault.asked), 0);
    expect_ping(world);
}

static void a_connection_changes_its_user_in_place(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world);
    expect_ping(world);
    api_ask(world->redis, "ACL SETUSER adam on >second ~* &* +@all");
    put(&world->vault, "adam", "second");
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    assert_int_equal(connections_of(world, "eva"), 0);
    assert_int_equal(connections_of(world, "adam"), 1);
    expect_ping(world);
    const podlink_stats stats = api_stats(world->client);
    assert_int_equal(stats.reauthentications, 1);
    assert_int_equal(stats.dials, 1);
}

static void a_failing_callback_leaves_connections_unchanged(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world);
    expect_ping(world);
    podlink_session_release(open_session(world));
    atomic_store(&world->vault.fails, FAILURE);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, podlink_client_reauthenticate(world->client, &err), &err);
    assert_holds(err.message, "failed with 7");
    assert_int_equal(connections_of(world, "eva"), 2);
    expect_ping(world);
}

static void dedicated_connections_are_closed_at_once_or_when_returned(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world);
    podlink_session *lent = open_session(world);
    podlink_session_release(open_session(world));
    assert_int_equal(api_stats(world->client).dedicated_idle, 1);
    assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
    assert_status(PODLINK_OK, pool_session_run(lent, NULL, NULL, &err, WORDS("PING")), &err);
    podlink_session_release(lent);
    assert_int_equal(api_stats(world->client).dedicated_idle, 0);
    podlink_session_release(open_session(world));
    assert_int_equal(api_stats(world->client).dedicated_idle, 1); /* younger: it stays */
}

static void reauthentication_waits_at_most_the_dial_timeout(void **state)
{
    struct world *world = *state;
    podlink_error err;
    world->options.dial_timeout_ms = 200;
    open_client(world);
    expect_ping(world);
    test_server_suspend(world->server);
    const int64_t began = api_now_ns();
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, podlink_client_reauthenticate(world->client, &err), &err);
    const int64_t took = api_now_ns() - began;
    test_server_resume(world->server);
    assert_in_range(took, 200 * MS, (200 + MACHINE_MS) * MS);
    assert_int_equal(api_stats(world->client).connections, 0);
    expect_ping(world);
}

static void a_closed_client_does_not_reauthenticate(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_client(world);
    expect_ping(world);
    podlink_client_close(world->client, 0);
    assert_failure(PODLINK_ECLOSED, PODLINK_NOT_SENT, podlink_client_reauthenticate(world->client, &err), &err);
}

/* ---- under load ---- */

/* Threads that echo a text of their own. */
struct load_of_echoes {
    struct world *world;
    pthread_t threads[THREADS];
    atomic_bool stops;
    atomic_bool may_fail;
    atomic_int answered;
    atomic_int refused;
    atomic_int numbers;
};

static void note(struct load_of_echoes *load, podlink_status status, const podlink_error *err)
{
    if (status == PODLINK_OK)
        atomic_fetch_add(&load->answered, 1);
    else if (!atomic_load(&load->may_fail))
        record_failure("%s", err->message);
    else if (status != PODLINK_EAUTH && status != PODLINK_ECONNLOST)
        record_failure("%s: %s", podlink_status_name(status), err->message);
    else
        atomic_fetch_add(&load->refused, status == PODLINK_EAUTH && err->delivery == PODLINK_NOT_SENT);
}

static void *run_echoes(void *context)
{
    struct load_of_echoes *load = context;
    const int thread = atomic_fetch_add(&load->numbers, 1);
    char asked[32];
    podlink_error err;
    for (int i = 0; !atomic_load(&load->stops); i++) {
        podlink_reply *reply = NULL;
        snprintf(asked, sizeof asked, "thread %d call %d", thread, i);
        podlink_status status = pool_run(load->world->client, NULL, &reply, &err, WORDS("ECHO", asked));
        const char *answered = status == PODLINK_OK ? podlink_reply_text(reply, NULL) : asked;
        if (!answered || strcmp(answered, asked) != 0)
            record_failure("asked for \"%s\", got \"%s\"", asked, answered ? answered : "(none)");
        podlink_reply_free(reply);
        note(load, status, &err);
    }
    return NULL;
}

static void start_load(struct load_of_echoes *load, struct world *world)
{
    memset(load, 0, sizeof *load);
    load->world = world;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&load->threads[i], NULL, run_echoes, load), 0);
}

static void stop_load(struct load_of_echoes *load)
{
    atomic_store(&load->stops, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(load->threads[i], NULL);
    assert_no_failure();
}

struct progress {
    atomic_int *counter;
    int wanted;
};

static bool has_reached(void *context)
{
    const struct progress *progress = context;
    return atomic_load(progress->counter) >= progress->wanted;
}

/* Waits until so many more are counted. */
static void expect_more(atomic_int *counter, int more)
{
    struct progress progress = {counter, atomic_load(counter) + more};
    assert_true(eventually(has_reached, &progress, 10000));
}

/* Two passwords are valid for a while: no call fails. */
static void a_password_rotates_under_load_without_a_failed_call(void **state)
{
    struct world *world = *state;
    struct load_of_echoes load;
    podlink_error err;
    char old[32] = "first", new[32];
    world->options.shared_connections = 2;
    open_client(world);
    start_load(&load, world);
    for (int i = 0; i < ROTATIONS; i++) {
        snprintf(new, sizeof new, "secret %d", i);
        char rule[40];
        snprintf(rule, sizeof rule, ">%s", new);
        api_ask(world->redis, "ACL SETUSER eva %s", rule);
        put(&world->vault, "eva", new);
        assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
        snprintf(rule, sizeof rule, "<%s", old);
        api_ask(world->redis, "ACL SETUSER eva %s", rule);
        assert_status(PODLINK_OK, podlink_client_reauthenticate(world->client, &err), &err);
        snprintf(old, sizeof old, "%s", new);
        expect_more(&load.answered, 100);
    }
    stop_load(&load);
    assert_int_equal(api_stats(world->client).dials, 2);
}

/* The same, only by the age of the credentials. */
static void the_janitor_reauthenticates_by_the_age_of_credentials(void **state)
{
    struct world *world = *state;
    struct load_of_echoes load;
    world->options.credentials_max_age_ms = MAX_AGE_MS;
    open_client(world);
    start_load(&load, world);
    expect_more(&load.answered, 10);
    api_ask(world->redis, "ACL SETUSER adam on >second ~* &* +@all");
    put(&world->vault, "adam", "second");
    assert_true(eventually(nobody_is_eva, world, 2 * MAX_AGE_MS + MACHINE_MS));
    expect_more(&world->vault.asked, 3);
    stop_load(&load);
    assert_int_equal(api_stats(world->client).dials, 1);
    assert_true(api_stats(world->client).reauthentications >= 3);
}

/* ---- a revoked user ---- */

static void restore(struct world *world)
{
    api_ask(world->redis, "ACL SETUSER eva on resetpass >first ~* &* +@all");
}

/* A client with a password that did not come from a callback. */
static void a_revoked_user_is_out_after_reauthentication(void **state)
{
    struct world *world = *state;
    podlink_error err;
    for (size_t i = 0; i < COUNT_OF(revocations); i++) {
        restore(world);
        open_with_password(world);
        expect_ping(world);
        podlink_session *lent = open_session(world);
        podlink_session_release(open_session(world));
        revoke(world, revocations[i]);
        podlink_status status = podlink_client_reauthenticate(world->client, &err);
        if (status != PODLINK_EAUTH && status != PODLINK_ECONNLOST) /* DELUSER ends the connections itself */
            fail_msg("%s: %s", revocations[i], podlink_status_name(status));
        podlink_session_release(lent);
        assert_true(eventually(nobody_is_eva, world, MACHINE_MS));
        assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, ping(world, &err), &err);
        podlink_client_free(world->client);
        world->client = NULL;
    }
}

static void revoke_under_load(struct world *world, const char *how)
{
    struct load_of_echoes load;
    restore(world);
    world->options.credentials_max_age_ms = MAX_AGE_MS;
    world->options.shared_connections = 2;
    open_with_password(world);
    start_load(&load, world);
    expect_more(&load.answered, 10);
    podlink_session_release(open_session(world));
    atomic_store(&load.may_fail, true);
    const int64_t began = api_now_ns();
    revoke(world, how);
    assert_true(eventually(nobody_is_eva, world, MAX_AGE_MS + MACHINE_MS));
    expect_more(&load.refused, THREADS);
    assert_in_range(api_now_ns() - began, 0, (MAX_AGE_MS + 2 * MACHINE_MS) * MS);
    restore(world); /* and recovers by itself */
    expect_more(&load.answered, THREADS);
    stop_load(&load);
    podlink_client_free(world->client);
    world->client = NULL;
}

static void a_revoked_user_under_load_is_out_by_the_age_of_credentials(void **state)
{
    for (size_t i = 0; i < COUNT_OF(revocations); i++)
        revoke_under_load(*state, revocations[i]);
}

/* As Redis since 7.2 does while replies are unsent: no call may get the reply of another because of that. */
static void an_unanswered_refusal_under_load_is_detected(void **state)
{
    struct world *world = *state;
    const struct proxy_fault silence = {.swallows =
                                            "-WRONGPASS invalid username-password pair or user is disabled.\r\n"};
    struct proxy *proxy = proxy_start(test_server_socket(world->server), false);
    assert_non_null(proxy);
    proxy_set(proxy, PROXY_TO_CLIENT, &silence);
    world->options.url = proxy_url(proxy);
    for (size_t i = 0; i < COUNT_OF(revocations); i++)
        revoke_under_load(world, revocations[i]);
    proxy_stop(proxy);
}

/* podlink must act itself: the server keeps such users logged in. */
static void without_an_age_a_disabled_user_stays_logged_in(void **state)
{
    struct world *world = *state;
    podlink_error err;
    open_with_password(world);
    expect_ping(world);
    revoke(world, revocations[0]);
    assert_status(PODLINK_OK, ping(world, &err), &err);
    assert_int_equal(connections_of(world, "eva"), 1);
}

/* A vault that cannot be reached does not end the connections at once, but it does in the end. */
static void a_failing_callback_is_retried_until_the_credentials_expire(void **state)
{
    struct world *world = *state;
    const int64_t age_ms = 1000;
    world->options.credentials_max_age_ms = age_ms;
    open_client(world);
    expect_ping(world);
    const int64_t began = api_now_ns();
    atomic_store(&world->vault.fails, FAILURE);
    assert_true(eventually(nobody_is_eva, world, 3 * age_ms + MACHINE_MS));
    assert_in_range(api_now_ns() - began, (2 * age_ms - 100) * MS, (3 * age_ms + MACHINE_MS) * MS);
    assert_true(atomic_load(&world->vault.asked) >= 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_callback_is_called_for_each_connection),
        TEST(a_failing_callback_fails_the_dial_before_anything_is_sent),
        TEST(unknown_credentials_fail_with_the_servers_message),
        TEST(the_callbacks_credentials_are_validated),
        TEST(credentials_that_change_during_the_dial_are_fetched_again),
        TEST(the_latest_credentials_of_the_callback_count),
        TEST(the_callbacks_credentials_are_wiped),
        TEST(a_client_without_credentials_sends_no_auth),
        TEST(reauthentication_opens_no_connection),
        TEST(a_connection_changes_its_user_in_place),
        TEST(a_failing_callback_leaves_connections_unchanged),
        TEST(dedicated_connections_are_closed_at_once_or_when_returned),
        TEST(reauthentication_waits_at_most_the_dial_timeout),
        TEST(a_closed_client_does_not_reauthenticate),
        TEST(a_password_rotates_under_load_without_a_failed_call),
        TEST(the_janitor_reauthenticates_by_the_age_of_credentials),
        TEST(a_revoked_user_is_out_after_reauthentication),
        TEST(a_revoked_user_under_load_is_out_by_the_age_of_credentials),
        TEST(an_unanswered_refusal_under_load_is_detected),
        TEST(without_an_age_a_disabled_user_stays_logged_in),
        TEST(a_failing_callback_is_retried_until_the_credentials_expire),
    };
    return RUN_TESTS("pool credentials", tests);
}
