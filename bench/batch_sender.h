/* Who sends a batch of links, again and again the same: podlink's batch call, or hiredis that appends as many commands
 * and then reads as many replies. Each link is to the pod that the user has already, as redis-benchmark sends it, so
 * that the server does the same work for all. */
#ifndef BENCH_BATCH_SENDER_H
#define BENCH_BATCH_SENDER_H

#include "eval_command.h"

#include <podlink/podlink.h>

/* Must not be moved. */
struct bench_sender {
    unsigned count;
    unsigned *users;
    podlink_client *client; /* NULL: hiredis sends */
    podlink_link_item *items;
    char (*uids)[BENCH_UID_LENGTH + 1];
    redisContext *context;
    struct bench_eval_command command;
};

/** Copies the users; what fails ends the program, here and below.
 *  @param url  of the client that is opened for them */
void bench_sender_open_podlink(struct bench_sender *sender, const char *url, const unsigned *users, unsigned count);

/** The same over a connection to the first server. */
void bench_sender_open_hiredis(struct bench_sender *sender, const struct bench_options *options, const unsigned *users);

void bench_sender_close(struct bench_sender *sender);

/** Sends the batch, and returns when all of it is answered. */
void bench_sender_send(struct bench_sender *sender);

/** calloc, which ends the program where there is no memory. */
void *bench_allocate(size_t count, size_t size);

#endif
