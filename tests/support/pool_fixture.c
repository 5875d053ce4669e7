/* SPDX-License-Identifier: MIT */
/* Fixture of the pool tests. */
#include "pool_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static podlink_command command_of(const char *const words[])
{
    podlink_command command = {.argv = words};
    while (words[command.argc])
        command.argc++;
    return command;
}

podlink_status pool_run(podlink_client *client, const podlink_call *call, podlink_reply **reply, podlink_error *err,
                        const char *const words[])
{
    const podlink_command command = command_of(words);
    return podlink_command_run(client, &command, call, reply, err);
}

podlink_status pool_session_run(podlink_session *session, const podlink_call *call, podlink_reply **reply,
                                podlink_error *err, const char *const words[])
{
    const podlink_command command = command_of(words);
    return podlink_session_run(session, &command, call, reply, err);
}

podlink_call within(int64_t timeout_ms)
{
    podlink_call call = PODLINK_CALL_INIT;
    call.timeout_ms = timeout_ms;
    return call;
}

bool eventually(bool (*is_so)(void *context), void *context, int64_t limit_ms)
{
    const struct timespec step = {0, MS / 2};
    const int64_t limit = api_now_ns() + limit_ms * MS;
    while (!is_so(context)) {
        if (api_now_ns() > limit)
            return false;
        nanosleep(&step, NULL);
    }
    return true;
}

int64_t pool_info(redisContext *redis, const char *section, const char *name)
{
    char line[64];
    const redisReply *reply = api_ask(redis, "INFO %s", section);
    snprintf(line, sizeof line, "\n%s:", name);
    const char *at = strstr(reply->str, line);
    if (!at)
        fail_msg("INFO %s has no %s", section, name);
    return strtoll(at + strlen(line), NULL, 10);
}

/* ---- failures in a thread ---- */

static pthread_mutex_t failure_lock = PTHREAD_MUTEX_INITIALIZER;
static char first_failure[512];

void record_failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&failure_lock);
    if (first_failure[0] == '\0')
        vsnprintf(first_failure, sizeof first_failure, format, arguments);
    pthread_mutex_unlock(&failure_lock);
    va_end(arguments);
}

void pool_assert_no_failure(const char *file, int line)
{
    char text[sizeof first_failure];
    pthread_mutex_lock(&failure_lock);
    memcpy(text, first_failure, sizeof text);
    first_failure[0] = '\0';
    pthread_mutex_unlock(&failure_lock);
    if (text[0] == '\0')
        return;
    print_error("%s\n", text);
    _fail(file, line);
}

int pool_fill_queue(const struct sockaddr *address, socklen_t size, int fds[16])
{
    int count = 0;
    fds[count++] = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fds[0], address, size), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&bound, &bound_size), 0);
    for (; count < 8; count++) {
        fds[count] = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fds[count], (struct sockaddr *)&bound, bound_size) != 0 && address->sa_family == AF_UNIX) {
            close(fds[count]);
            break;
        }
    }
    return count;
}
