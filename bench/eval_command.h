/* SPDX-License-Identifier: MIT */
/* The set-link script by hiredis: EVALSHA with lengths, and a checked reply. */
#ifndef BENCH_EVAL_COMMAND_H
#define BENCH_EVAL_COMMAND_H

#include "bench_options.h"

#include <hiredis.h>

#define BENCH_NAMESPACE "bench"
#define BENCH_SERVICE   "game"

enum {
    BENCH_UID_LENGTH = 13, /* u and twelve digits, like __rand_int__ of redis-benchmark */
    BENCH_EVAL_ARGC = 8
};

/** "u000000000042"; uid holds BENCH_UID_LENGTH + 1 bytes. */
void bench_uid_write(char *uid, unsigned user);

/** One EVALSHA that sets a persistent link. Contains pointers into itself: must not be copied. */
struct bench_eval_command {
    const char *argv[BENCH_EVAL_ARGC];
    size_t lengths[BENCH_EVAL_ARGC];
    char link_key[64];
    char index_key[64];
    char pod[12];
};

/** Sets the parts that are the same in all commands.
 *  @param sha  must stay valid as long as the command */
void bench_eval_command_init(struct bench_eval_command *command, const char *sha);

/** Sets the user and the pod (0..9). */
void bench_eval_command_set(struct bench_eval_command *command, unsigned user, int pod);

/** Connects to one of the servers, with podlink's default timeouts. A failure ends the program. */
redisContext *bench_connect(const struct bench_options *options, unsigned server);

/** Reads the previous pod from a reply and frees the reply. Any other reply ends the program.
 *  @param reply  NULL: the call failed */
int bench_eval_reply_take(redisContext *context, redisReply *reply);

#endif
