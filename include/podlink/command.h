/* Any Redis command, and reading its reply. */
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
    PODLINK_REPLY_ERROR = 4,  /* only inside an array, for example that of EXEC */
    PODLINK_REPLY_ARRAY = 5
} podlink_reply_type;

/** A reply, or an element of one. Read-only: any number of threads may read it. */
typedef struct podlink_reply podlink_reply;

/** One command. argv[0] is the command's name; the arguments are bytes, with lengths where they are not text. */
typedef struct podlink_command {
    size_t argc;
    const char *const *argv;    /* borrowed until the call returns */
    const size_t *argv_lengths; /* NULL: all are NUL-terminated */
    size_t key_index;           /* which argument decides the slot; 0: the command has no key */
    int repeatable;             /* not 0: harmless to repeat, so the library may */
} podlink_command;

/** Sends a command and waits for its reply.
 *  Commands that change the connection or block it are refused with PODLINK_EINVAL, since it is shared with other
 *  calls: SUBSCRIBE and its kin, MONITOR, MULTI, EXEC, DISCARD, WATCH, UNWATCH, AUTH, HELLO, SELECT, RESET, QUIT,
 *  SYNC, PSYNC, CLIENT REPLY, SCRIPT DEBUG, CLIENT TRACKING, blocking pops and moves, XREAD and XREADGROUP with BLOCK,
 * WAIT. For most of them there are sessions (<podlink/session.h>).
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; EINVAL (nothing sent), or what failed; an error that the server answers becomes a status, its
 *  words stand in err->server. Blocks until the call's deadline at most. */
PODLINK_API podlink_status podlink_command_run(podlink_client *client, const podlink_command *command,
                                               const podlink_call *call, podlink_reply **reply, podlink_error *err);

/** Frees a whole reply, not an element; NULL is allowed. */
PODLINK_API void podlink_reply_free(podlink_reply *reply);

/** The type. An element that does not exist (NULL) is PODLINK_REPLY_NIL. */
PODLINK_API podlink_reply_type podlink_reply_type_of(const podlink_reply *reply);

/** The bytes of a string, status or error, followed by a NUL that does not count; NULL for other types. Borrowed from
 *  the reply.
 *  @param length  out, may be NULL */
PODLINK_API const char *podlink_reply_text(const podlink_reply *reply, size_t *length);

/** The number in an integer, or in a string that is one.
 *  @param value  out; unchanged on failure
 *  @return PODLINK_OK or PODLINK_EREPLY */
PODLINK_API podlink_status podlink_reply_integer(const podlink_reply *reply, int64_t *value);

/** How many elements an array has; 0 for other types. */
PODLINK_API size_t podlink_reply_count(const podlink_reply *reply);

/** An element of an array, borrowed from it; NULL beyond its end. Takes a step for each earlier element that is itself
 *  an array with elements, else one step. */
PODLINK_API const podlink_reply *podlink_reply_at(const podlink_reply *reply, size_t index);

#ifdef __cplusplus
}
#endif
#endif
