/* A guard: a command behind one that the server may leave unanswered, with an answer like no other, so that no reply is
 * taken for the one to another command. Redis since 7.2 and Valkey 7.2 and 8.0 say nothing to an AUTH that they refuse
 * while replies to earlier commands are still to be sent (redis/redis issue 15640). A user who may not PING has no
 * connection to begin with. */
#ifndef PL_CONN_GUARD_H
#define PL_CONN_GUARD_H

#include "base/buffer.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <string.h>

#define PL_GUARD_TEXT    "podlink guard"
#define PL_GUARD_COMMAND "*2\r\n$4\r\nPING\r\n$13\r\n" PL_GUARD_TEXT "\r\n"

enum { PL_GUARD_SIZE = sizeof PL_GUARD_COMMAND - 1 };

/** Appends one. False when out of memory. */
static inline bool pl_guard_encode(pl_buffer *out)
{
    if (!pl_buffer_reserve(out, PL_GUARD_SIZE))
        return false;
    pl_buffer_put(out, PL_GUARD_COMMAND, PL_GUARD_SIZE);
    return true;
}

/** Whether this is what it is answered with. */
static inline bool pl_guard_is_answer(const podlink_reply *reply)
{
    size_t length = 0;
    const char *text = reply->type == PODLINK_REPLY_STRING ? podlink_reply_text(reply, &length) : NULL;
    return text && length == sizeof PL_GUARD_TEXT - 1 && memcmp(text, PL_GUARD_TEXT, length) == 0;
}

#endif
