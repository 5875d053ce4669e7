/* SPDX-License-Identifier: MIT */
/* hiredis with one connection per thread. */
#include "eval_command.h"
#include "peer.h"

#include <stdlib.h>

struct caller {
    redisContext *context;
    struct bench_eval_command command;
};

static void *open_shared(const struct bench_options *options)
{
    return (void *)options; /* read only */
}

static void close_shared(void *shared)
{
    (void)shared;
}

static void *join(void *shared)
{
    const struct bench_options *options = shared;
    struct caller *caller = bench_allocate(1, sizeof *caller);
    caller->context = bench_connect(options, 0);
    bench_eval_command_init(&caller->command, options->sha);
    return caller;
}

static void leave(void *joined)
{
    struct caller *caller = joined;
    redisFree(caller->context);
    free(caller);
}

static int link_user(void *joined, unsigned user, int pod)
{
    struct caller *caller = joined;
    bench_eval_command_set(&caller->command, user, pod);
    return bench_eval_reply_take(caller->context, redisCommandArgv(caller->context, BENCH_EVAL_ARGC,
                                                                   caller->command.argv, caller->command.lengths));
}

const struct bench_peer bench_peer_hiredis = {
    .name = "hiredis",
    .open = open_shared,
    .close = close_shared,
    .join = join,
    .leave = leave,
    .link = link_user,
};
