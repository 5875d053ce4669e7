/* SPDX-License-Identifier: MIT */
/* Sends the same batch of links repeatedly: by podlink's batch call, or by hiredis, which appends all commands and then
 * reads all replies. Each link is to the pod that the user already has, as with redis-benchmark, so that the server
 * does the same work for each peer. */
#ifndef BENCH_BATCH_SENDER_H
#define BENCH_BATCH_SENDER_H

#include "eval_command.h"

#include <podlink/podlink.h>

/* Contains pointers into itself: must not be copied. */
struct bench_sender {
    unsigned count;
    unsigned *users;
    podlink_client *client; /* NULL: hiredis */
    podlink_link_item *items;
    char (*uids)[BENCH_UID_LENGTH + 1];
    redisContext *context;
    struct bench_eval_command command;
};

/** Opens a client of podlink. Copies the users. Here and below a failure ends the program. */
void bench_sender_open_podlink(struct bench_sender *sender, const char *url, const unsigned *users, unsigned count);

/** Opens a hiredis connection to the first server. Copies the users. */
void bench_sender_open_hiredis(struct bench_sender *sender, const struct bench_options *options, const unsigned *users);

void bench_sender_close(struct bench_sender *sender);

/** Sends the batch and waits for all replies. */
void bench_sender_send(struct bench_sender *sender);

#endif
