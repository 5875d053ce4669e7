/* SPDX-License-Identifier: MIT */
/* One attempt at the commands of a call: on the node that serves them, or scattered over several nodes. */
#ifndef PL_CLIENT_ATTEMPT_H
#define PL_CLIENT_ATTEMPT_H

#include "client/call.h"

/** The node for a request whose commands all go to one node, after a discovery if the view has none.
 *  @param of_replicas  it may be a replica
 *  @return NULL: there is none, and the request has the reason */
pl_node *pl_attempt_route(pl_call *call, pl_request *request, bool of_replicas);

/** One attempt on this node. */
void pl_attempt_on(pl_call *call, pl_node *node, pl_request *request);

/** One attempt on call->asked, the node that an ASK has named. Resets call->asked. */
void pl_attempt_asking(pl_call *call, pl_request *request);

/** One attempt at many commands, scattered over the nodes that serve them. */
void pl_attempt_scatter(pl_call *call, pl_request *parent, bool of_replicas);

/** Adds the node to call->missing if a command of the attempt met NOSCRIPT.
 *  @param loads  pl_node_loads() before the attempt */
void pl_attempt_note_missing(pl_call *call, pl_node *node, uint32_t loads, const pl_request *request);

/** Sets the reason of the request: discovery has found no node for the slot. */
void pl_attempt_set_no_node(const pl_call *call, pl_request *request, uint16_t slot);

#endif
