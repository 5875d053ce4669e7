/* What carries a request to one server and back: a run on its shared connections, or a session. */
#ifndef PL_SCRIPT_CARRIER_H
#define PL_SCRIPT_CARRIER_H

#include "client/call.h"
#include "client/session.h"

typedef struct pl_carrier {
    podlink_client *client;
    int64_t deadline;
    pl_node *node;            /* the server */
    pl_call *call;            /* this, */
    podlink_session *session; /* or this; borrowed */
} pl_carrier;

/** Runs a request to its end. @return request->status */
static inline podlink_status pl_carrier_run(const pl_carrier *carrier, pl_request *request)
{
    if (carrier->session)
        return pl_session_request(carrier->session, request, carrier->deadline);
    pl_call_run_attempts_on(carrier->call, carrier->node, request);
    return pl_call_conclude(carrier->call, request);
}

#endif
