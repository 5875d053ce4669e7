/* A connection for yourself: MULTI, WATCH, blocking commands, SUBSCRIBE. */
#ifndef PODLINK_SESSION_H
#define PODLINK_SESSION_H

#include <podlink/command.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A dedicated connection, borrowed from the client's pool. For one thread at a time. */
typedef struct podlink_session podlink_session;

/** Borrows a connection: one that is idle, or a new one while there are fewer than dedicated_max, or the next that is
 *  returned; waiters are served in the order in which they came.
 *  @param session  out: podlink_session_release(); NULL on failure
 *  @return PODLINK_OK; EINVAL, ENOMEM, ETIMEDOUT (none became free), ECLOSED, EFORKED, or why the dial failed. Blocks
 * until the call's deadline, or for pool_wait_ms, at most. */
PODLINK_API podlink_status podlink_session_acquire(podlink_client *client, const podlink_call *call,
                                                   podlink_session **session, podlink_error *err);

/** The same on the server that serves a key, in a cluster: a transaction can only touch keys of one server. Where the
 * key moves to another server later, commands fail with PODLINK_EREDIRECT, and a new session finds the new one.
 *  @param key  borrowed until it returns; not NULL */
PODLINK_API podlink_status podlink_session_acquire_for_key(podlink_client *client, const char *key, size_t key_length,
                                                           const podlink_call *call, podlink_session **session,
                                                           podlink_error *err);

/** Gives the connection back; NULL is allowed. It is used again only if it is as it was: nothing unread, no call that
 * timed out, no MULTI or WATCH left open, no SELECT, AUTH or CLIENT, not subscribed; else it is closed. Does not block.
 */
PODLINK_API void podlink_session_release(podlink_session *session);

/** Sends a command and waits for its reply: any command but CLIENT REPLY, HELLO, QUIT, RESET, SYNC, PSYNC and REPLCONF.
 *  Nothing is ever repeated: when the connection is lost, so is what was set up on it.
 *  SUBSCRIBE and its kin, and MONITOR, return when they are sent, without a reply: from then on the connection only
 *  listens, and podlink_session_receive() tells what comes, confirmations first. An error of a single command in MULTI
 * is its element in the reply of EXEC, of type PODLINK_REPLY_ERROR; EXEC answers nil where a watched key has changed.
 *  AUTH is refused (EINVAL) inside MULTI, and while an earlier call of the session is unanswered: some servers give no
 * answer then.
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return as podlink_command_run(). A blocking command needs a deadline beyond its own. Blocks until the call's
 * deadline at most. */
PODLINK_API podlink_status podlink_session_run(podlink_session *session, const podlink_command *command,
                                               const podlink_call *call, podlink_reply **reply, podlink_error *err);

/** Waits for the next message on a connection that listens.
 *  @param reply  out: owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; ETIMEDOUT (none came: call again), EINVAL (it does not listen), ECONNLOST, EPROTOCOL, ENOMEM.
 * Blocks until the call's deadline at most. */
PODLINK_API podlink_status podlink_session_receive(podlink_session *session, const podlink_call *call,
                                                   podlink_reply **reply, podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
