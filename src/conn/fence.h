/* SPDX-License-Identifier: MIT */
/* Pipeline fence: a command with a unique reply, sent after a command that the server may leave unanswered. It keeps
 * replies and commands in step. Redis since 7.2, and Valkey 7.2 and 8.0, do not answer an AUTH that they refuse while
 * replies to earlier commands are still to be sent (redis/redis issue 15640).
 *
 * The fence is an ECHO without its argument. Servers check the number of arguments before anything else. So the reply
 * is the same whatever the user's permissions are, and while the server loads its data, runs a script or has no master.
 */
#ifndef PL_CONN_FENCE_H
#define PL_CONN_FENCE_H

#include "base/buffer.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <strings.h>

#define PL_FENCE_COMMAND "*1\r\n$4\r\nECHO\r\n"
#define PL_FENCE_ANSWER  "ERR wrong number of arguments for 'echo'" /* the beginning of the reply */

enum { PL_FENCE_SIZE = sizeof PL_FENCE_COMMAND - 1 };

/** Appends a fence. False when out of memory. */
static inline bool pl_fence_encode(pl_buffer *out)
{
    if (!pl_buffer_reserve(out, PL_FENCE_SIZE))
        return false;
    pl_buffer_put(out, PL_FENCE_COMMAND, PL_FENCE_SIZE);
    return true;
}

/** Whether this is the reply to a fence. @param reply  NULL: a reply that could not be read */
static inline bool pl_fence_is_answer(const podlink_reply *reply)
{
    size_t length = 0;
    const bool is_error = podlink_reply_type_of(reply) == PODLINK_REPLY_ERROR;
    const char *words = is_error ? podlink_reply_text(reply, &length) : NULL;
    return words && length >= sizeof PL_FENCE_ANSWER - 1 &&
           strncasecmp(words, PL_FENCE_ANSWER, sizeof PL_FENCE_ANSWER - 1) == 0;
}

#endif
