/* SPDX-License-Identifier: MIT */
/* Sessions: a dedicated connection that a caller borrows. */
#ifndef PL_CLIENT_SESSION_H
#define PL_CLIENT_SESSION_H

#include "client/client.h"

#include <podlink/session.h>

/** A message that was received and not yet returned. */
typedef struct pl_push {
    podlink_reply *reply;
    const char *fault; /* NULL, or why there is no reply; static */
    struct pl_push *next;
} pl_push;

struct podlink_session {
    podlink_client *client; /* borrowed */
    pl_node *node;          /* of the connection: it is not freed while the connection is lent */
    pl_dedicated_conn *dedicated;
    int64_t began; /* of the present call */
    bool is_in_multi;
    bool is_watching;
    bool is_altered;   /* by SELECT, AUTH or CLIENT */
    pl_request pushes; /* receives messages while it listens */
    pl_push *first_push;
    pl_push *last_push;
    bool lost_push;        /* out of memory */
    podlink_error failure; /* of the request that is running: why its commands are pending */
};

/** Checks that the session may run a call, and enters it. If it succeeds, pl_session_finish() must follow.
 *  @param deadline  out */
podlink_status pl_session_begin(podlink_session *session, const podlink_call *call, int64_t *deadline,
                                podlink_error *err);
void pl_session_finish(podlink_session *session);

/** One attempt. Commands that are pending afterwards may be attempted again, or ended. */
void pl_session_attempt(podlink_session *session, pl_request *request, int64_t deadline);

/** Completes pending commands with their reason, and counts. @return request->status */
podlink_status pl_session_end(podlink_session *session, pl_request *request);

/** pl_session_attempt() and pl_session_end(): nothing is repeated. @return request->status */
podlink_status pl_session_request(podlink_session *session, pl_request *request, int64_t deadline);

#endif
