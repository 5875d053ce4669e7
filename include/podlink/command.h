/* SPDX-License-Identifier: MIT */
/* Running any Redis command, and reading its reply. */
#ifndef PODLINK_COMMAND_H
#define PODLINK_COMMAND_H

#include <podlink/client.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum podlink_reply_type {
    PODLINK_REPLY_NIL = 0,
    PODLINK_REPLY_INTEGER = 1,
    PODLINK_REPLY_STRING = 2, /* bytes, binary-safe */
    PODLINK_REPLY_STATUS = 3, /* a simple string such as OK */
    PODLINK_REPLY_ERROR = 4,  /* only as an element of an array, for example of EXEC */
    PODLINK_REPLY_ARRAY = 5
} podlink_reply_type;

/** A reply, or an element of one. Read-only: any number of threads may read it at the same time. */
typedef struct podlink_reply podlink_reply;

/** One command. argv[0] is its name. Arguments are bytes; set argv_lengths unless all of them are text. */
typedef struct podlink_command {
    size_t argc;
    const char *const *argv;    /* must stay valid until the call returns */
    const size_t *argv_lengths; /* NULL: all are NUL-terminated */
    size_t key_index;           /* index in argv of the key that selects the slot; 0: no key */
    int repeatable;             /* not 0: harmless to run twice, so the library may repeat it */
} podlink_command;

/** Runs a command on a shared connection and waits for its reply. A command that changes the connection, blocks it, or
 *  has no single reply is refused with PODLINK_EINVAL, because other calls share the connection. Run it in a session
 *  (<podlink/session.h>), except those marked with a star, which a session refuses, too:
 *
 *      MULTI, EXEC, DISCARD, WATCH, UNWATCH, AUTH, SELECT, READONLY, READWRITE, ASKING,
 *      CLIENT TRACKING, SETNAME, CACHING, NO-EVICT and NO-TOUCH,
 *      SUBSCRIBE, UNSUBSCRIBE and their P and S forms, MONITOR,
 *      BLPOP, BRPOP, BRPOPLPUSH, BLMOVE, BLMPOP, BZPOPMIN, BZPOPMAX, BZMPOP, XREAD and XREADGROUP with BLOCK,
 *      WAIT, WAITAOF,
 *      HELLO*, RESET*, QUIT*, SYNC*, PSYNC*, REPLCONF*, CLIENT REPLY*, SCRIPT DEBUG*
 *
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; EINVAL (nothing was sent), or another failure. An error reply of the server becomes a status,
 *  and err->server has its text. Blocks until the deadline of the call at most. */
PODLINK_API podlink_status podlink_command_run(podlink_client *client, const podlink_command *command,
                                               const podlink_call *call, podlink_reply **reply, podlink_error *err);

/** Frees a reply with all its elements; NULL is allowed. Not for an element. */
PODLINK_API void podlink_reply_free(podlink_reply *reply);

/** The type of a reply. NULL, an element that does not exist, is PODLINK_REPLY_NIL. */
PODLINK_API podlink_reply_type podlink_reply_type_of(const podlink_reply *reply);

/** The bytes of a string, status or error, followed by a NUL that is not counted; NULL for the other types. Valid as
 *  long as the reply.
 *  @param length  out, may be NULL */
PODLINK_API const char *podlink_reply_text(const podlink_reply *reply, size_t *length);

/** The value of an integer, or of a string that contains one.
 *  @param value  out; unchanged on failure
 *  @return PODLINK_OK or PODLINK_EREPLY */
PODLINK_API podlink_status podlink_reply_integer(const podlink_reply *reply, int64_t *value);

/** The number of elements of an array; 0 for the other types. */
PODLINK_API size_t podlink_reply_count(const podlink_reply *reply);

/** The first element of an array, valid as long as the array; NULL where the array has none, and for the other types.
 *  With podlink_reply_next() it walks through an array at the cost of one step for each element, however deep these are
 *  nested:
 *
 *      for (const podlink_reply *e = podlink_reply_first(array); e; e = podlink_reply_next(array, e))
 *          ...
 */
PODLINK_API const podlink_reply *podlink_reply_first(const podlink_reply *array);

/** The element after another one of the same array, valid as long as the array; NULL after the last one.
 *  @param array    the array that has the element; not NULL
 *  @param element  from podlink_reply_first(), podlink_reply_next() or podlink_reply_at() of this array, not of an
 *  array inside it. NULL: returns NULL */
PODLINK_API const podlink_reply *podlink_reply_next(const podlink_reply *array, const podlink_reply *element);

/** An element of an array, valid as long as the array; NULL beyond its end. The cost is one step if no element is
 *  itself an array with elements, otherwise one step for each earlier element: use podlink_reply_next() in loops. */
PODLINK_API const podlink_reply *podlink_reply_at(const podlink_reply *reply, size_t index);

#ifdef __cplusplus
}
#endif
#endif
