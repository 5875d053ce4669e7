/* SPDX-License-Identifier: MIT */
/* Sessions: a connection for one caller, for MULTI, WATCH, blocking commands, SUBSCRIBE. */
#ifndef PODLINK_SESSION_H
#define PODLINK_SESSION_H

#include <podlink/command.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A dedicated connection of the client's pool, lent to a caller. One thread at a time may use it. */
typedef struct podlink_session podlink_session;

/** Acquires a connection: an idle one; else a new one if there are fewer than dedicated_max; else the next one that is
 *  released. Waiting callers are served in the order of their arrival.
 *  @param session  out: podlink_session_release(); NULL on failure
 *  @return PODLINK_OK; EINVAL, ENOMEM, ETIMEDOUT (no connection became free), ECLOSED, EFORKED, or the failure of the
 *  dial. Blocks until the deadline of the call or for pool_wait_ms, whichever is shorter. */
PODLINK_API podlink_status podlink_session_acquire(podlink_client *client, const podlink_call *call,
                                                   podlink_session **session, podlink_error *err);

/** Acquires a connection to the server of a key. In a cluster a transaction can only use keys of one server. If the
 *  key moves to another server later, commands fail with PODLINK_EREDIRECT: acquire a new session then.
 *  @param key  not NULL; must stay valid until the function returns */
PODLINK_API podlink_status podlink_session_acquire_for_key(podlink_client *client, const char *key, size_t key_length,
                                                           const podlink_call *call, podlink_session **session,
                                                           podlink_error *err);

/** Returns the connection to the pool; NULL is allowed. The connection is closed instead of reused if
 *  - a call timed out, or anything is unsent, unanswered or unread;
 *  - MULTI or WATCH is still in effect;
 *  - SELECT, AUTH, READONLY, READWRITE, ASKING, or CLIENT TRACKING, SETNAME, CACHING, NO-EVICT or NO-TOUCH was sent;
 *  - it has subscribed, or sent MONITOR;
 *  - it is dead, or older than max_lifetime_ms.
 *
 *  Does not block. */
PODLINK_API void podlink_session_release(podlink_session *session);

/** Runs a command and waits for its reply. Nothing is repeated: when the connection is lost, its MULTI, WATCH or
 *  subscriptions are lost with it. Refused with PODLINK_EINVAL, and nothing is sent:
 *  - HELLO, RESET, QUIT, SYNC, PSYNC, REPLCONF, CLIENT REPLY and SCRIPT DEBUG;
 *  - SUBSCRIBE and its other forms, and MONITOR, inside MULTI or WATCH, or while an earlier call is unanswered;
 *  - AUTH inside MULTI, or while an earlier call is unanswered: some servers send no reply then.
 *
 *  SUBSCRIBE, UNSUBSCRIBE, their P and S forms and MONITOR return when they are sent, without a reply. From then on
 *  the connection only listens: podlink_session_receive() returns the messages, first the confirmations. The error of
 *  a single command inside MULTI is an element of type PODLINK_REPLY_ERROR in the reply of EXEC. EXEC replies nil if a
 *  watched key has changed.
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return as podlink_command_run(). Blocks until the deadline of the call at most. Give a blocking command a deadline
 *  beyond its own timeout. Without a deadline a silent server on a unix socket is never noticed. */
PODLINK_API podlink_status podlink_session_run(podlink_session *session, const podlink_command *command,
                                               const podlink_call *call, podlink_reply **reply, podlink_error *err);

/** Waits for the next message on a connection that listens.
 *  @param reply  out: owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; ETIMEDOUT (no message yet: call again), EINVAL (the session does not listen), EREPLY (a
 *  message is lost: it is nested deeper than 128 levels, or longer than reply_max_bytes), ECONNLOST, EPROTOCOL, ENOMEM.
 *  Blocks until the deadline of the call at most. */
PODLINK_API podlink_status podlink_session_receive(podlink_session *session, const podlink_call *call,
                                                   podlink_reply **reply, podlink_error *err);

#ifdef __cplusplus
}
#endif
#endif
