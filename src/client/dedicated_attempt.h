/* SPDX-License-Identifier: MIT */
/* An attempt on a dedicated connection: for a command after ASKING, which holds for the next command of the connection,
 * and for WAIT, which blocks the connection. */
#ifndef PL_CLIENT_DEDICATED_ATTEMPT_H
#define PL_CLIENT_DEDICATED_ATTEMPT_H

#include "client/call.h"

/** One attempt on a dedicated connection of the node. If the call wants acks and a write has succeeded, sends WAIT and
 *  lowers call->acked to its reply.
 *  @param asks  sends ASKING before the command */
void pl_attempt_dedicated(pl_call *call, pl_node *node, pl_request *request, bool asks);

#endif
