/* One pass of a call's commands: to the node that serves them, or in parts to all nodes at the same time. */
#ifndef PL_CLIENT_ATTEMPT_H
#define PL_CLIENT_ATTEMPT_H

#include "client/call.h"

/** The node for a request whose commands all go to one node. Discovers it if the view has none.
 *  @param of_replicas  it may be a replica
 *  @return NULL: there is none, and the request has the reason */
pl_node *pl_attempt_route(pl_call *call, pl_request *request, bool of_replicas);

/** An attempt on this node. */
void pl_attempt_on(pl_call *call, pl_node *node, pl_request *request);

/** An attempt on call->asked, the node that an ASK has named; by this attempt alone. */
void pl_attempt_asking(pl_call *call, pl_request *request);

/** An attempt of many commands, split by the nodes that serve them. */
void pl_attempt_scatter(pl_call *call, pl_request *whole, bool of_replicas);

/** The call is about to lack a script there: remembered for who loads it. */
void pl_attempt_note_missing(pl_call *call, pl_node *node, uint32_t loads, const pl_request *request);

/** Nobody serves a slot, after all was asked: the request is told so. */
void pl_attempt_set_no_node(const pl_call *call, pl_request *request, uint16_t slot);

#endif
