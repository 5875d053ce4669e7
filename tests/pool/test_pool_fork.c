/* SPDX-License-Identifier: MIT */
/* A child that inherits a client gets an error, and its parent loses nothing. */
#include "pool_load.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 50, FORKS_SANITIZED = 20, THREADS = 8, SESSION_THREADS = 2, TIMEOUT_MS = 5000, CHILD_MS = 10000 };

/* The exit code of the child. */
enum {
    CHILD_OK = 0,
    CHILD_CALLED = 40,
    CHILD_ACQUIRED,
    CHILD_RAN,
    CHILD_LISTENED,
    CHILD_TICKED,
    CHILD_KEPT_DESCRIPTORS
};

static bool is_forked(podlink_status status, const podlink_error *err)
{
    return status == PODLINK_EFORKED && err->status == status && err->delivery == PODLINK_NOT_SENT;
}

/* In the child: no assertions, which would run the parent's other tests. */
static int use_inherited(podlink_client *client, podlink_session *session)
{
    podlink_error err;
    podlink_session *mine = NULL;
    podlink_reply *reply = NULL;
    if (!is_forked(podlink_ping(client, NULL, NULL, &err), &err))
        return CHILD_CALLED;
    if (!is_forked(podlink_session_acquire(client, NULL, &mine, &err), &err) || mine)
        return CHILD_ACQUIRED;
    if (!is_forked(pool_session_run(session, NULL, NULL, &err, WORDS("INCR", "child")), &err))
        return CHILD_RAN;
    if (!is_forked(podlink_session_receive(session, NULL, &reply, &err), &err))
        return CHILD_LISTENED;
    if (podlink_client_tick(client) <= 0)
        return CHILD_TICKED;
    podlink_client_close(client, -1);
    podlink_session_release(session);
    podlink_client_free(client);
    return CHILD_OK;
}

struct child {
    pid_t pid;
    int status;
};

static bool has_ended(void *context)
{
    struct child *child = context;
    return waitpid(child->pid, &child->status, WNOHANG) == child->pid;
}

static void expect_end(pid_t pid)
{
    struct child child = {.pid = pid};
    assert_true(pid > 0);
    if (!eventually(has_ended, &child, CHILD_MS)) {
        kill(pid, SIGKILL);
        waitpid(pid, &child.status, 0);
        fail_msg("the child hangs");
    }
    assert_true(WIFEXITED(child.status));
    assert_int_equal(WEXITSTATUS(child.status), CHILD_OK);
}

static bool all_have_called(void *context)
{
    struct load *load = context;
    for (unsigned i = 0; i < load->threads; i++)
        if (load->each[i].ok < 20)
            return false;
    return true;
}

struct progress {
    struct load *load;
    uint64_t ok;
};

static bool goes_on(void *context)
{
    const struct progress *progress = context;
    return load_ok(progress->load) > progress->ok;
}

static void children_get_an_error_while_calls_of_the_parent_continue(void **state)
{
    (void)state;
    static struct load load;
    podlink_session *session;
    podlink_error err;
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    redisContext *redis = api_redis(server);
    load = (struct load){.client = api_open(api_url(server)),
                         .threads = THREADS,
                         .session_threads = SESSION_THREADS,
                         .timeout_ms = TIMEOUT_MS};
    assert_status(PODLINK_OK, podlink_session_acquire(load.client, NULL, &session, &err), &err);
    load_start(&load);
    assert_true(eventually(all_have_called, &load, 10000));
    for (int i = 0; i < ROUNDS(FORKS, FORKS_SANITIZED); i++) {
        struct progress progress = {&load, load_ok(&load)};
        const pid_t pid = fork();
        if (pid == 0)
            _exit(use_inherited(load.client, session));
        expect_end(pid);
        assert_true(eventually(goes_on, &progress, 5000));
    }
    load_stop(&load);
    load_print(&load, "forked");
    assert_no_failure();
    assert_int_equal(load_failed_at(&load), 0);
    load_assert_counters(&load, redis);
    assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &err, WORDS("PING")), &err);
    assert_int_equal(api_ask(redis, "EXISTS child")->integer, 0);
    assert_int_equal(api_stats(load.client).connections_lost, 0);
    podlink_session_release(session);
    podlink_client_free(load.client);
    redisFree(redis);
    test_server_stop(server);
}

/* One shared connection, one idle, one lent. */
static void a_child_that_frees_the_client_keeps_none_of_its_descriptors(void **state)
{
    (void)state;
    podlink_session *sessions[2];
    podlink_error err;
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    const int before = api_descriptors();
    podlink_client *client = api_open(api_url(server));
    for (int i = 0; i < 2; i++)
        assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &sessions[i], &err), &err);
    podlink_session_release(sessions[0]);
    assert_int_equal(api_descriptors(), before + 3);
    const pid_t pid = fork();
    if (pid == 0) {
        const int code = use_inherited(client, sessions[1]);
        _exit(code != CHILD_OK ? code : api_descriptors() > before ? CHILD_KEPT_DESCRIPTORS : CHILD_OK);
    }
    expect_end(pid);
    assert_status(PODLINK_OK, pool_session_run(sessions[1], NULL, NULL, &err, WORDS("PING")), &err);
    podlink_session_release(sessions[1]);
    podlink_client_free(client);
    test_server_stop(server);
}

static void a_child_can_open_its_own_client(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(NULL);
    assert_non_null(server);
    podlink_client *client = api_open(api_url(server));
    podlink_options options = api_options(api_url(server));
    options.no_janitor_thread = 1; /* a sanitizer allows no threads in a child */
    const pid_t pid = fork();
    if (pid == 0) {
        podlink_client *own;
        podlink_status status = podlink_client_open(&options, &own, NULL);
        if (status == PODLINK_OK)
            status = podlink_ping(own, NULL, NULL, NULL);
        podlink_client_free(own);
        podlink_client_free(client);
        _exit(status == PODLINK_OK ? CHILD_OK : CHILD_CALLED);
    }
    expect_end(pid);
    assert_int_equal(podlink_ping(client, NULL, NULL, NULL), PODLINK_OK);
    podlink_client_free(client);
    test_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_get_an_error_while_calls_of_the_parent_continue),
        cmocka_unit_test(a_child_that_frees_the_client_keeps_none_of_its_descriptors),
        cmocka_unit_test(a_child_can_open_its_own_client),
    };
    return RUN_TESTS("pool fork", tests);
}
