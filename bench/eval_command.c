/* SPDX-License-Identifier: MIT */
#include "eval_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    ARG_LINK = 3,
    ARG_INDEX = 4,
    ARG_POD = 6,
    UID_AT = sizeof "sf:{" BENCH_NAMESPACE ":lk:" - 1,
    DIAL_TIMEOUT_S = 5,
    CALL_TIMEOUT_S = 3
};

void bench_uid_write(char *uid, unsigned user)
{
    uid[0] = 'u';
    for (int i = BENCH_UID_LENGTH - 1; i > 0; i--) {
        uid[i] = (char)('0' + user % 10);
        user /= 10;
    }
    uid[BENCH_UID_LENGTH] = '\0';
}

void bench_eval_command_init(struct bench_eval_command *command, const char *sha)
{
    const char *const argv[BENCH_EVAL_ARGC] = {"EVALSHA",          sha,           "2",          command->link_key,
                                               command->index_key, BENCH_SERVICE, command->pod, "-1"};
    memcpy(command->link_key, "sf:{" BENCH_NAMESPACE ":lk:u000000000000}" BENCH_SERVICE,
           sizeof "sf:{" BENCH_NAMESPACE ":lk:u000000000000}" BENCH_SERVICE);
    memcpy(command->index_key, "sf:{" BENCH_NAMESPACE ":lk:u000000000000}",
           sizeof "sf:{" BENCH_NAMESPACE ":lk:u000000000000}");
    memcpy(command->pod, "0", sizeof "0");
    for (int i = 0; i < BENCH_EVAL_ARGC; i++) {
        command->argv[i] = argv[i];
        command->lengths[i] = strlen(argv[i]);
    }
}

void bench_eval_command_set(struct bench_eval_command *command, unsigned user, int pod)
{
    char uid[BENCH_UID_LENGTH + 1];
    bench_uid_write(uid, user);
    memcpy(command->link_key + UID_AT, uid, BENCH_UID_LENGTH);
    memcpy(command->index_key + UID_AT, uid, BENCH_UID_LENGTH);
    command->pod[0] = (char)('0' + pod);
}

redisContext *bench_connect(const struct bench_options *options, unsigned server)
{
    struct timeval dial = {.tv_sec = DIAL_TIMEOUT_S};
    struct timeval call = {.tv_sec = CALL_TIMEOUT_S};
    redisContext *context = options->socket != NULL
                                ? redisConnectUnixWithTimeout(options->socket, dial)
                                : redisConnectWithTimeout(options->host, options->ports[server], dial);
    if (context == NULL || context->err != 0)
        bench_die("cannot connect: %s", context == NULL ? "out of memory" : context->errstr);
    if (redisSetTimeout(context, call) != REDIS_OK)
        bench_die("cannot set the timeout: %s", context->errstr);
    if (options->socket == NULL)
        redisEnableKeepAlive(context);
    return context;
}

int bench_eval_reply_take(redisContext *context, redisReply *reply)
{
    int previous;
    char *end;
    if (reply == NULL)
        bench_die("the call failed: %s", context->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        bench_die("the server replied: %s", reply->str);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 || reply->element[0]->type != REDIS_REPLY_STRING)
        bench_die("the reply has an unexpected shape");
    previous = (int)strtol(reply->element[0]->str, &end, 10);
    if (end == reply->element[0]->str || *end != '\0')
        bench_die("'%s' is not a pod", reply->element[0]->str);
    freeReplyObject(reply);
    return previous;
}
