/* SPDX-License-Identifier: MIT */
/* Questions to real servers. Works with hiredis 0.14 and 1.x. */
#include "ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_S = 2,
    STEP_MS = 5,
    PORT_FIRST = 11000, /* 11000..20999 and their buses 21000..30999: below the ports that the kernel assigns */
    PORT_COUNT = 10000,
    BUS = 10000
};

/* ---- time ---- */

int64_t ask_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ask_wait_ms(int ms)
{
    const struct timespec step = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&step, NULL);
}

bool ask_until(bool (*holds)(void *context), void *context, int64_t ms)
{
    const int64_t deadline = ask_now_ms() + ms;
    while (!holds(context)) {
        if (ask_now_ms() >= deadline)
            return false;
        ask_wait_ms(STEP_MS);
    }
    return true;
}

/* ---- questions ---- */

static bool log_in(redisContext *redis, const char *password)
{
    if (!password)
        return true;
    redisReply *reply = redisCommand(redis, "AUTH %s", password);
    bool in = reply && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return in;
}

redisContext *ask_open(const struct test_server *server)
{
    const struct timeval limit = {ANSWER_S, 0};
    if (test_server_pid(server) == 0)
        return NULL;
    redisContext *redis = redisConnectUnixWithTimeout(test_server_socket(server), limit);
    if (!redis)
        return NULL;
    if (redis->err || redisSetTimeout(redis, limit) != REDIS_OK || !log_in(redis, test_server_password(server))) {
        redisFree(redis);
        return NULL;
    }
    return redis;
}

static redisReply *ask_by_list(const struct test_server *server, const char *format, va_list arguments)
{
    redisContext *redis = ask_open(server);
    if (!redis)
        return NULL;
    redisReply *reply = redisvCommand(redis, format, arguments);
    redisFree(redis);
    return reply;
}

redisReply *ask(const struct test_server *server, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = ask_by_list(server, format, arguments);
    va_end(arguments);
    return reply;
}

bool ask_ok(const struct test_server *server, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = ask_by_list(server, format, arguments);
    va_end(arguments);
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    if (!ok)
        fprintf(stderr, "test server: %s: %s\n", format, reply ? reply->str : "no answer");
    freeReplyObject(reply);
    return ok;
}

bool ask_info_holds(const struct test_server *server, const char *section, const char *text)
{
    redisReply *reply = ask(server, "INFO %s", section);
    bool holds = reply && reply->str && strstr(reply->str, text);
    freeReplyObject(reply);
    return holds;
}

/* The number after a name in a section of INFO. */
static int64_t number_behind(const struct test_server *server, const char *section, const char *name)
{
    redisReply *reply = ask(server, "INFO %s", section);
    const char *at = reply && reply->str ? strstr(reply->str, name) : NULL;
    int64_t number = at ? strtoll(at + strlen(name), NULL, 10) : -1;
    freeReplyObject(reply);
    return number;
}

int64_t ask_info(const struct test_server *server, const char *section, const char *field)
{
    char name[64];
    snprintf(name, sizeof name, "\n%s:", field);
    return number_behind(server, section, name);
}

int64_t ask_calls(const struct test_server *server, const char *command, const char *older)
{
    char name[64];
    snprintf(name, sizeof name, "\ncmdstat_%s:calls=", command);
    int64_t calls = number_behind(server, "commandstats", name);
    if (calls < 0 && older)
        return ask_calls(server, older, NULL);
    return calls < 0 ? 0 : calls;
}

const char *ask_field(const redisReply *flat, const char *name)
{
    for (size_t i = 0; flat && i + 1 < flat->elements; i += 2) {
        const redisReply *key = flat->element[i], *value = flat->element[i + 1];
        if (key->str && value->str && strcmp(key->str, name) == 0)
            return value->str;
    }
    return "";
}

/* ---- ports ---- */

static bool is_free(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)};
    const int on = 1; /* connections that have ended do not block the port for a server */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool free = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return free;
}

uint16_t ask_free_port(void)
{
    static unsigned next;
    if (next == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        next = (unsigned)now.tv_nsec / 1000 + (unsigned)getpid() * 101;
    }
    for (int tries = 0; tries < 1000; tries++) {
        const uint16_t port = (uint16_t)(PORT_FIRST + next++ % PORT_COUNT);
        if (is_free(port) && is_free((uint16_t)(port + BUS)))
            return port;
    }
    return 0;
}
