/* One pass of a call's commands: to the node that serves them, or in parts to all nodes at the same time. */
#ifndef PL_CLIENT_PASS_H
#define PL_CLIENT_PASS_H

#include "client/run.h"

/** A pass of an request whose commands all go to one node: its slot's, or run->asked.
 *  @param of_replicas  a replica may serve it */
void pl_pass(pl_run *run, pl_request *request, bool of_replicas);

/** A pass on this node. */
void pl_pass_on(pl_run *run, pl_node *node, pl_request *request);

/** A pass of many commands, split by the nodes that serve them. */
void pl_pass_split(pl_run *run, pl_request *whole, bool of_replicas);

/** The call is about to lack a script there: remembered for who loads it. */
void pl_pass_note_lacking(pl_run *run, pl_node *node, uint32_t loads, const pl_request *request);

/** Nobody serves a slot, after all was asked: the request is told so. */
void pl_pass_set_no_node(const pl_run *run, pl_request *request, uint16_t slot);

#endif
