/* SPDX-License-Identifier: MIT */
/* A host that has closed its standard streams: no descriptor of the library gets one of their numbers. */
#include "api.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IS_FREE = 0, IS_TAKEN = 1, FAILED = 2 };

static struct test_server *server;

static bool is_any_taken(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return true;
    return false;
}

/* In a process of its own, whose three streams are closed. */
static int use_client(const char *url)
{
    podlink_client *client = NULL;
    podlink_options options = api_options(url);
    const podlink_link link = {"test", "game", "user"};
    int32_t pod;
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    if (podlink_client_open(&options, &client, NULL) != PODLINK_OK)
        return FAILED;
    int result = podlink_link_get(client, &link, &pod, NULL, NULL) < 0 ? FAILED : IS_FREE;
    podlink_session *session = NULL;
    if (podlink_session_acquire(client, NULL, &session, NULL) != PODLINK_OK)
        result = FAILED;
    if (is_any_taken())
        result = IS_TAKEN;
    podlink_session_release(session);
    podlink_client_free(client);
    return result;
}

static void expect_free(const char *url)
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        _exit(use_client(url));
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), IS_FREE);
}

static void no_socket_gets_the_number_of_a_standard_stream(void **state)
{
    (void)state;
    char url[64];
    expect_free(api_url(server));
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", (unsigned)test_server_port(server));
    expect_free(url);
    snprintf(url, sizeof url, "redis://localhost:%u", (unsigned)test_server_port(server));
    expect_free(url);
}

static int start(void **state)
{
    (void)state;
    server = test_server_start_tcp(NULL);
    return server ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    test_server_stop(server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_socket_gets_the_number_of_a_standard_stream)};
    return cmocka_run_group_tests_name("descriptors", tests, start, stop);
}
