#include "server_cpu.h"

#include "options.h"

#include <stdlib.h>
#include <string.h>

static double field(const char *info, const char *name)
{
    const char *at = strstr(info, name);
    if (at == NULL) {
        bench_die("INFO cpu has no %s", name);
    }
    return strtod(at + strlen(name), NULL);
}

int64_t bench_server_cpu_ns(redisContext *context)
{
    double seconds;
    redisReply *reply = redisCommand(context, "INFO cpu");
    if (reply == NULL || reply->str == NULL) {
        bench_die("INFO cpu failed: %s", context->errstr);
    }
    seconds = field(reply->str, "used_cpu_user:") + field(reply->str, "used_cpu_sys:");
    freeReplyObject(reply);
    return (int64_t)(seconds * 1e9);
}
