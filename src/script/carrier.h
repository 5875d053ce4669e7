/* What carries an request to one server and back: a run on its shared connections, or a session. */
#ifndef PL_SCRIPT_CARRIER_H
#define PL_SCRIPT_CARRIER_H

#include "client/run.h"
#include "client/session.h"

typedef struct pl_carrier {
    podlink_client *client;
    int64_t deadline;
    pl_node *node;            /* the server */
    pl_run *run;              /* this, */
    podlink_session *session; /* or this; borrowed */
} pl_carrier;

/** Runs an request to its end. @return request->status */
static inline podlink_status pl_carrier_run(const pl_carrier *carrier, pl_request *request)
{
    if (carrier->session)
        return pl_session_exchange(carrier->session, request, carrier->deadline);
    pl_run_passes_on(carrier->run, carrier->node, request);
    return pl_run_end(carrier->run, request);
}

#endif
