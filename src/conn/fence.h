/* SPDX-License-Identifier: MIT */
/* A fence: a command behind one that the server may leave unanswered, with an answer like no other, so that no reply is
 * taken for the one to another command. Redis since 7.2 and Valkey 7.2 and 8.0 say nothing to an AUTH that they refuse
 * while replies to earlier commands are still to be sent (redis/redis issue 15640).
 *
 * It is an ECHO without its argument: servers look at the number of arguments before anything else, so that the answer
 * is the same whatever the user may do, and whether the server loads its data, runs a script or has lost its master. */
#ifndef PL_CONN_FENCE_H
#define PL_CONN_FENCE_H

#include "base/buffer.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <strings.h>

#define PL_FENCE_COMMAND "*1\r\n$4\r\nECHO\r\n"
#define PL_FENCE_ANSWER  "ERR wrong number of arguments for 'echo'" /* begins so */

enum { PL_FENCE_SIZE = sizeof PL_FENCE_COMMAND - 1 };

/** Appends one. False when out of memory. */
static inline bool pl_fence_encode(pl_buffer *out)
{
    if (!pl_buffer_reserve(out, PL_FENCE_SIZE))
        return false;
    pl_buffer_put(out, PL_FENCE_COMMAND, PL_FENCE_SIZE);
    return true;
}

/** Whether this is what it is answered with. @param reply  NULL: one that could not be read */
static inline bool pl_fence_is_answer(const podlink_reply *reply)
{
    size_t length = 0;
    const bool is_error = podlink_reply_type_of(reply) == PODLINK_REPLY_ERROR;
    const char *words = is_error ? podlink_reply_text(reply, &length) : NULL;
    return words && length >= sizeof PL_FENCE_ANSWER - 1 &&
           strncasecmp(words, PL_FENCE_ANSWER, sizeof PL_FENCE_ANSWER - 1) == 0;
}

#endif
