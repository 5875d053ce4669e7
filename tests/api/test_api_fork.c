/* SPDX-License-Identifier: MIT */
/* After fork() a child may only free the client that it has inherited. Its parent loses nothing. */
#include "api_fixture.h"
#include "operation_calls.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const podlink_link the_link = {"test", "game", "user"};

static int begin(void **state)
{
    (void)state;
    podlink_options options = operation_options(api_url(server));
    options.script_loading = PODLINK_LOAD_ON_OPEN;
    api_ask(redis, "FLUSHALL");
    client = api_open_with(&options);
    return 0;
}

static int64_t connection_id(void)
{
    static const char *const argv[] = {"CLIENT", "ID"};
    const podlink_command command = {.argc = 2, .argv = argv, .repeatable = 1};
    podlink_reply *reply = NULL;
    int64_t id = 0;
    assert_status(PODLINK_OK, podlink_command_run(client, &command, NULL, &reply, &err), &err);
    assert_int_equal(podlink_reply_integer(reply, &id), PODLINK_OK);
    podlink_reply_free(reply);
    return id;
}

/* In the child, which must not return to cmocka. 0: all is right; else the number of the operation. */
static int call_all(void)
{
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++) {
        podlink_error fault = {.status = PODLINK_OK};
        if (all[i].run(client, &operation_valid, &fault) != PODLINK_EFORKED || fault.status != PODLINK_EFORKED ||
            fault.delivery != PODLINK_NOT_SENT || !strstr(fault.message, "parent"))
            return (int)i;
    }
    return 0;
}

/* The child ends by a signal, so that its inherited memory does not count as leaks.
 * @return what its function returned */
static int in_a_child(int (*function)(void))
{
    unsigned char result = 255;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        result = (unsigned char)function();
        if (write(ends[1], &result, 1) == 1)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_true(pid > 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], &result, 1), 1);
    close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return result;
}

static void every_operation_fails_in_a_child_and_the_parent_loses_nothing(void **state)
{
    (void)state;
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, &err), &err);
    const int64_t id = connection_id();
    assert_int_equal(in_a_child(call_all), 0);
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 3);
    assert_int_equal(connection_id(), id);
    assert_int_equal(api_stats(client).dials, 1);
}

static int free_it(void)
{
    podlink_client_free(client);
    return 0;
}

static void a_child_can_free_the_client_and_the_parents_connection_survives(void **state)
{
    (void)state;
    const int64_t id = connection_id();
    assert_int_equal(in_a_child(free_it), 0);
    assert_int_equal(connection_id(), id);
    assert_int_equal(api_stats(client).connections_lost, 0);
}

static int call_and_free(void)
{
    int result = call_all();
    podlink_client_free(client);
    return result;
}

static int open_another(void)
{
    podlink_client *own = NULL;
    podlink_options options = operation_options(api_url(server));
    int32_t pod = 77;
    options.no_janitor_thread = 1; /* some sanitizers allow no thread here */
    podlink_client_free(client);
    if (podlink_client_open(&options, &own, NULL) != PODLINK_OK)
        return 1;
    podlink_status status = podlink_link_get(own, &the_link, &pod, NULL, NULL);
    podlink_client_free(own);
    return status == PODLINK_OK && pod == 3 ? 0 : 2;
}

static void a_child_can_open_its_own_client(void **state)
{
    (void)state;
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, &err), &err);
    assert_int_equal(in_a_child(open_another), 0);
    const int64_t id = connection_id();
    assert_int_equal(in_a_child(call_and_free), 0);
    assert_int_equal(connection_id(), id);
}

#define own_test(f) cmocka_unit_test_setup_teardown(f, begin, free_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        own_test(every_operation_fails_in_a_child_and_the_parent_loses_nothing),
        own_test(a_child_can_free_the_client_and_the_parents_connection_survives),
        own_test(a_child_can_open_its_own_client),
    };
    return RUN_TESTS_BETWEEN("api fork", tests, start_server, stop);
}
