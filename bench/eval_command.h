/* The set-link script as a careful user of hiredis calls it: EVALSHA with keys and lengths, and a look at the reply. */
#ifndef BENCH_EVAL_COMMAND_H
#define BENCH_EVAL_COMMAND_H

#include "bench_options.h"

#include <hiredis.h>

#define BENCH_NAMESPACE "bench"
#define BENCH_SERVICE   "game"

enum {
    BENCH_UID_LENGTH = 13, /* u and twelve digits, as redis-benchmark writes them */
    BENCH_EVAL_ARGC = 8
};

/** "u000000000042"; uid holds BENCH_UID_LENGTH + 1 bytes. */
void bench_uid_write(char *uid, unsigned user);

/** One EVALSHA: a user's link to a pod, for ever. Points into itself, so it must not be moved. */
struct bench_eval_command {
    const char *argv[BENCH_EVAL_ARGC];
    size_t lengths[BENCH_EVAL_ARGC];
    char link_key[64];
    char index_key[64];
    char pod[12];
};

/** Fills in what all commands have in common.
 *  @param sha  borrowed */
void bench_eval_command_init(struct bench_eval_command *command, const char *sha);

/** Names the user and the pod (0..9). */
void bench_eval_command_set(struct bench_eval_command *command, unsigned user, int pod);

/** Connects to one of the servers, with the timeouts that podlink has by default. Ends the program where that fails. */
redisContext *bench_connect(const struct bench_options *options, unsigned server);

/** Reads the previous pod from a reply and frees it; anything but a pod ends the program.
 *  @param reply  may be NULL: the call failed */
int bench_eval_reply_take(redisContext *context, redisReply *reply);

#endif
