/* SPDX-License-Identifier: MIT */
#include "batch_sender.h"

#include <stdlib.h>
#include <string.h>

enum { POD = 3 };

static void take_users(struct bench_sender *sender, const unsigned *users, unsigned count)
{
    *sender = (struct bench_sender){.count = count, .users = bench_allocate(count, sizeof *users)};
    memcpy(sender->users, users, count * sizeof *users);
}

/* ---- podlink ---- */

static void write_items(struct bench_sender *sender)
{
    sender->uids = bench_allocate(sender->count, sizeof *sender->uids);
    sender->items = bench_allocate(sender->count, sizeof *sender->items);
    for (unsigned i = 0; i < sender->count; i++) {
        bench_uid_write(sender->uids[i], sender->users[i]);
        sender->items[i].link = (podlink_link){.ns = BENCH_NAMESPACE, .service = BENCH_SERVICE, .uid = sender->uids[i]};
        sender->items[i].pod = POD;
        sender->items[i].persist_s = PODLINK_FOREVER;
    }
}

void bench_sender_open_podlink(struct bench_sender *sender, const char *url, const unsigned *users, unsigned count)
{
    podlink_options options;
    podlink_error err;
    take_users(sender, users, count);
    write_items(sender);
    podlink_options_init(&options);
    options.url = url;
    if (podlink_client_open(&options, &sender->client, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
}

static void send_podlink(struct bench_sender *sender)
{
    podlink_error err;
    if (podlink_link_set_batch(sender->client, sender->items, sender->count, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
}

/* ---- hiredis ---- */

void bench_sender_open_hiredis(struct bench_sender *sender, const struct bench_options *options, const unsigned *users)
{
    take_users(sender, users, options->count);
    sender->context = bench_connect(options, 0);
    bench_eval_command_init(&sender->command, options->sha);
}

static void send_hiredis(struct bench_sender *sender)
{
    for (unsigned i = 0; i < sender->count; i++) {
        bench_eval_command_set(&sender->command, sender->users[i], POD);
        if (redisAppendCommandArgv(sender->context, BENCH_EVAL_ARGC, sender->command.argv, sender->command.lengths) !=
            REDIS_OK)
            bench_die("hiredis: %s", sender->context->errstr);
    }
    for (unsigned i = 0; i < sender->count; i++) {
        void *reply = NULL;
        redisGetReply(sender->context, &reply);
        bench_eval_reply_take(sender->context, reply);
    }
}

/* ---- both ---- */

void bench_sender_send(struct bench_sender *sender)
{
    if (sender->client != NULL)
        send_podlink(sender);
    else
        send_hiredis(sender);
}

void bench_sender_close(struct bench_sender *sender)
{
    podlink_client_free(sender->client);
    if (sender->context != NULL)
        redisFree(sender->context);
    free(sender->items);
    free(sender->uids);
    free(sender->users);
}
