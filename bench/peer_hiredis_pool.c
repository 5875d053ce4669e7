/* SPDX-License-Identifier: MIT */
/* hiredis with the pool that applications usually write: eight connections, a mutex and a condition variable. */
#include "eval_command.h"
#include "peer.h"

#include <pthread.h>
#include <stdlib.h>

enum { CONNECTIONS = 8 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    size_t idle_count;
    redisContext *idle[CONNECTIONS]; /* a stack: the connection released last is reused first */
    const char *sha;
};

struct caller {
    struct pool *pool;
    struct bench_eval_command command;
};

static void *open_pool(const struct bench_options *options)
{
    struct pool *pool = bench_allocate(1, sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->returned, NULL);
    pool->sha = options->sha;
    for (size_t i = 0; i < CONNECTIONS; i++)
        pool->idle[pool->idle_count++] = bench_connect(options, 0);
    return pool;
}

static void close_pool(void *shared)
{
    struct pool *pool = shared;
    for (size_t i = 0; i < pool->idle_count; i++)
        redisFree(pool->idle[i]);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static redisContext *acquire(struct pool *pool)
{
    redisContext *context;
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0)
        pthread_cond_wait(&pool->returned, &pool->lock);
    context = pool->idle[--pool->idle_count];
    pthread_mutex_unlock(&pool->lock);
    return context;
}

static void release(struct pool *pool, redisContext *context)
{
    pthread_mutex_lock(&pool->lock);
    pool->idle[pool->idle_count++] = context;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_signal(&pool->returned);
}

static void *join(void *shared)
{
    struct caller *caller = bench_allocate(1, sizeof *caller);
    caller->pool = shared;
    bench_eval_command_init(&caller->command, caller->pool->sha);
    return caller;
}

static void leave(void *joined)
{
    free(joined);
}

static int link_user(void *joined, unsigned user, int pod)
{
    struct caller *caller = joined;
    redisContext *context;
    redisReply *reply;
    bench_eval_command_set(&caller->command, user, pod);
    context = acquire(caller->pool);
    reply = redisCommandArgv(context, BENCH_EVAL_ARGC, caller->command.argv, caller->command.lengths);
    release(caller->pool, context); /* the reply does not belong to it; a failure ends the program */
    return bench_eval_reply_take(context, reply);
}

const struct bench_peer bench_peer_hiredis_pool = {
    .name = "hiredis-pool",
    .open = open_pool,
    .close = close_pool,
    .join = join,
    .leave = leave,
    .link = link_user,
};
