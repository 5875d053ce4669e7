/* An attempt on a dedicated connection, for what needs one for itself: a command behind ASKING, which holds for the
 * next command on the connection; and WAIT, which blocks the connection. */
#ifndef PL_CLIENT_DEDICATED_ATTEMPT_H
#define PL_CLIENT_DEDICATED_ATTEMPT_H

#include "client/call.h"

/** Runs an attempt of a request on a connection of the node's that is lent for it. Where the call wants
 * acknowledgements and all of it has succeeded, waits for them and tells them in call->acked.
 *  @param asks  each command goes behind an ASKING */
void pl_attempt_dedicated(pl_call *call, pl_node *node, pl_request *request, bool asks);

#endif
