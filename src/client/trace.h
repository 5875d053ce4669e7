/* SPDX-License-Identifier: MIT */
/* Log and trace of a call that has ended. */
#ifndef PL_CLIENT_TRACE_H
#define PL_CLIENT_TRACE_H

#include "client/client.h"
#include "conn/request.h"

/** Without any lock held. Costs nothing if neither is wanted.
 *  @param node  of the latest attempt; NULL: there was none */
void pl_trace_report(const podlink_client *client, const pl_node *node, const pl_request *request, int64_t began);

#endif
