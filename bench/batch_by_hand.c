#include "batch_by_hand.h"

#include "batch_sender.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    struct bench_by_hand *by_hand;
    pthread_t thread;
    struct bench_sender sender;
};

struct bench_by_hand {
    unsigned count;
    bool is_ending;
    pthread_barrier_t start; /* of a batch, or of the end */
    pthread_barrier_t done;
    struct worker workers[BENCH_SERVERS_MAX];
};

/* ---- whose users they are ---- */

/* A node of a cluster answers for its own slots, and says who else is to be asked for the others: MOVED. */
static bool answers(redisContext *context)
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

/* Keeps a server's own users, in their order. @return how many */
static unsigned keep_own(const struct bench_options *options, unsigned server, const unsigned *users, unsigned *own)
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
        if (answers(context))
            own[count++] = users[i];
    redisFree(context);
    return count;
}

/* ---- threads ---- */

static void *send_when_told(void *argument)
{
    struct worker *worker = argument;
    struct bench_by_hand *by_hand = worker->by_hand;
    while (pthread_barrier_wait(&by_hand->start), !by_hand->is_ending) {
        bench_sender_send(&worker->sender);
        pthread_barrier_wait(&by_hand->done);
    }
    return NULL;
}

static void start_worker(struct bench_by_hand *by_hand, unsigned server, const struct bench_options *options,
                         const unsigned *users, unsigned count)
{
    struct worker *worker = &by_hand->workers[server];
    char url[sizeof options->url];
    bench_url_write(options, server, url, sizeof url);
    bench_sender_open_podlink(&worker->sender, url, users, count);
    worker->by_hand = by_hand;
    if (pthread_create(&worker->thread, NULL, send_when_told, worker) != 0)
        bench_die("cannot start thread %u", server);
}

struct bench_by_hand *bench_by_hand_open(const struct bench_options *options, const unsigned *users)
{
    struct bench_by_hand *by_hand = bench_allocate(1, sizeof *by_hand);
    unsigned *own = bench_allocate(options->count, sizeof *own);
    unsigned owned = 0;
    by_hand->count = options->port_count;
    pthread_barrier_init(&by_hand->start, NULL, by_hand->count + 1);
    pthread_barrier_init(&by_hand->done, NULL, by_hand->count + 1);
    for (unsigned i = 0; i < by_hand->count; i++) {
        const unsigned count = keep_own(options, i, users, own);
        start_worker(by_hand, i, options, own, count);
        owned += count;
    }
    if (owned != options->count)
        bench_die("%u of %u links have a server", owned, options->count);
    free(own);
    return by_hand;
}

void bench_by_hand_send(struct bench_by_hand *by_hand)
{
    pthread_barrier_wait(&by_hand->start);
    pthread_barrier_wait(&by_hand->done);
}

void bench_by_hand_close(struct bench_by_hand *by_hand)
{
    by_hand->is_ending = true;
    pthread_barrier_wait(&by_hand->start);
    for (unsigned i = 0; i < by_hand->count; i++) {
        pthread_join(by_hand->workers[i].thread, NULL);
        bench_sender_close(&by_hand->workers[i].sender);
    }
    pthread_barrier_destroy(&by_hand->start);
    pthread_barrier_destroy(&by_hand->done);
    free(by_hand);
}
