/* SPDX-License-Identifier: MIT */
#include "manual_scatter.h"

#include "batch_sender.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    struct bench_scatter *scatter;
    pthread_t thread;
    struct bench_sender sender;
};

struct bench_scatter {
    unsigned count;
    bool is_ending;
    pthread_barrier_t start; /* of a batch, or of the shutdown */
    pthread_barrier_t done;
    struct worker workers[BENCH_SERVERS_MAX];
};

/* ---- users of each server ---- */

/* Reads the reply to EXISTS. A node of a cluster replies MOVED for slots of other nodes. */
static bool is_served(redisContext *context)
{
    void *found = NULL;
    redisGetReply(context, &found);
    redisReply *reply = found;
    if (reply == NULL)
        bench_die("EXISTS failed: %s", context->errstr);
    const bool is_own = reply->type == REDIS_REPLY_INTEGER;
    freeReplyObject(reply);
    return is_own;
}

/* Copies the users that a server serves to own, in their order. Returns their number. */
static unsigned select_own(const struct bench_options *options, unsigned server, const unsigned *users, unsigned *own)
{
    redisContext *context = bench_connect(options, server);
    struct bench_eval_command command;
    unsigned count = 0;
    bench_eval_command_init(&command, options->sha);
    for (unsigned i = 0; i < options->count; i++) {
        bench_eval_command_set(&command, users[i], 0);
        if (redisAppendCommand(context, "EXISTS %s", command.link_key) != REDIS_OK)
            bench_die("hiredis: %s", context->errstr);
    }
    for (unsigned i = 0; i < options->count; i++)
        if (is_served(context))
            own[count++] = users[i];
    redisFree(context);
    return count;
}

/* ---- threads ---- */

static void *send_batches(void *argument)
{
    struct worker *worker = argument;
    struct bench_scatter *scatter = worker->scatter;
    while (pthread_barrier_wait(&scatter->start), !scatter->is_ending) {
        bench_sender_send(&worker->sender);
        pthread_barrier_wait(&scatter->done);
    }
    return NULL;
}

static void start_worker(struct bench_scatter *scatter, unsigned server, const struct bench_options *options,
                         const unsigned *users, unsigned count)
{
    struct worker *worker = &scatter->workers[server];
    char url[sizeof options->url];
    bench_url_write(options, server, url, sizeof url);
    bench_sender_open_podlink(&worker->sender, url, users, count);
    worker->scatter = scatter;
    if (pthread_create(&worker->thread, NULL, send_batches, worker) != 0)
        bench_die("cannot start thread %u", server);
}

struct bench_scatter *bench_scatter_open(const struct bench_options *options, const unsigned *users)
{
    struct bench_scatter *scatter = bench_allocate(1, sizeof *scatter);
    unsigned *own = bench_allocate(options->count, sizeof *own);
    unsigned owned = 0;
    scatter->count = options->port_count;
    pthread_barrier_init(&scatter->start, NULL, scatter->count + 1);
    pthread_barrier_init(&scatter->done, NULL, scatter->count + 1);
    for (unsigned i = 0; i < scatter->count; i++) {
        const unsigned count = select_own(options, i, users, own);
        start_worker(scatter, i, options, own, count);
        owned += count;
    }
    if (owned != options->count)
        bench_die("only %u of %u users are served", owned, options->count);
    free(own);
    return scatter;
}

void bench_scatter_send(struct bench_scatter *scatter)
{
    pthread_barrier_wait(&scatter->start);
    pthread_barrier_wait(&scatter->done);
}

void bench_scatter_close(struct bench_scatter *scatter)
{
    scatter->is_ending = true;
    pthread_barrier_wait(&scatter->start);
    for (unsigned i = 0; i < scatter->count; i++) {
        pthread_join(scatter->workers[i].thread, NULL);
        bench_sender_close(&scatter->workers[i].sender);
    }
    pthread_barrier_destroy(&scatter->start);
    pthread_barrier_destroy(&scatter->done);
    free(scatter);
}
