/* SPDX-License-Identifier: MIT */
/* What carries a request to one server and back: a run on its shared connections, or a session. */
#ifndef PL_SCRIPT_TRANSPORT_H
#define PL_SCRIPT_TRANSPORT_H

#include "client/call.h"
#include "client/session.h"

typedef struct pl_transport {
    podlink_client *client;
    int64_t deadline;
    pl_node *node;            /* the server */
    pl_call *call;            /* this, */
    podlink_session *session; /* or this; borrowed */
} pl_transport;

/** Runs a request to its end. @return request->status */
static inline podlink_status pl_transport_run(const pl_transport *transport, pl_request *request)
{
    podlink_error failure; /* the call may run another request at the same time, whose failure stays */
    if (transport->session)
        return pl_session_request(transport->session, request, transport->deadline);
    request->failure = &failure;
    pl_call_run_attempts_on(transport->call, transport->node, request);
    return pl_call_conclude(transport->call, request);
}

#endif
