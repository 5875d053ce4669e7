/* Telling the host of a call that has ended: the log and the trace. */
#ifndef PL_CLIENT_TRACE_H
#define PL_CLIENT_TRACE_H

#include "client/client.h"
#include "conn/request.h"

/** Without any lock held. Costs nothing where nobody listens.
 *  @param node  that the latest of it went to; NULL: it did not come so far */
void pl_trace_report(const podlink_client *client, const pl_node *node, const pl_request *request, int64_t began);

#endif
