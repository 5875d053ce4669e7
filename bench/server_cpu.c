/* SPDX-License-Identifier: MIT */
#include "server_cpu.h"

#include "eval_command.h"

#include <stdlib.h>
#include <string.h>

static double field(const char *info, const char *name)
{
    const char *at = strstr(info, name);
    if (at == NULL)
        bench_die("INFO cpu has no %s", name);
    return strtod(at + strlen(name), NULL);
}

void bench_servers_connect(struct bench_servers *servers, const struct bench_options *options)
{
    servers->count = options->port_count;
    for (unsigned i = 0; i < servers->count; i++)
        servers->contexts[i] = bench_connect(options, i);
}

void bench_servers_close(struct bench_servers *servers)
{
    for (unsigned i = 0; i < servers->count; i++)
        redisFree(servers->contexts[i]);
}

static int64_t server_cpu_ns(redisContext *context)
{
    double seconds;
    redisReply *reply = redisCommand(context, "INFO cpu");
    if (reply == NULL || reply->str == NULL)
        bench_die("INFO cpu failed: %s", context->errstr);
    seconds = field(reply->str, "used_cpu_user:") + field(reply->str, "used_cpu_sys:");
    freeReplyObject(reply);
    return (int64_t)(seconds * 1e9);
}

int64_t bench_servers_cpu_ns(const struct bench_servers *servers)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < servers->count; i++)
        sum += server_cpu_ns(servers->contexts[i]);
    return sum;
}
