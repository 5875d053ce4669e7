/* SPDX-License-Identifier: MIT */
/* One attempt at the commands of a call, on one node. */
#include "client/attempt.h"

#include "base/error.h"
#include "client/dedicated_attempt.h"

void pl_attempt_set_no_node(const pl_call *call, pl_request *request, uint16_t slot)
{
    podlink_error fault;
    const char *server = call->client->env.config.address.text;
    if (slot == PL_SLOT_ANY)
        pl_error_set(&fault, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "%s on %s: no server is known", request->name,
                     server);
    else
        pl_error_set(&fault, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "%s on %s: no node serves slot %u", request->name,
                     server, slot);
    pl_request_not_sent(request, &fault);
}

pl_node *pl_attempt_route(pl_call *call, pl_request *request, bool of_replicas)
{
    podlink_error fault;
    pl_deployment *deployment = &call->client->deployment;
    const bool has_slot = deployment->topology->has_slots && request->ops->slot;
    const uint16_t slot = has_slot ? request->ops->slot(request, 0) : PL_SLOT_ANY;
    pl_node *node;
    if (pl_deployment_find(deployment, slot, of_replicas, call->deadline, &node, &fault) != PODLINK_OK)
        pl_request_not_sent(request, &fault);
    else if (!node)
        pl_attempt_set_no_node(call, request, slot);
    return node;
}

void pl_attempt_note_missing(pl_call *call, pl_node *node, uint32_t loads, const pl_request *request)
{
    if (request->is_script_missing && call->missing_count < PL_MISSING_MAX)
        call->missing[call->missing_count++] = (pl_missing){node, loads};
}

/* Enters the connection of the node that has the fewest callers. A connection that has failed is the last choice. */
static void enter(pl_call *call, pl_node *node, int64_t now)
{
    pl_shared_conn *shared = pl_pool_enter(&node->pool, call->shared, now);
    if (call->shared)
        pl_pool_leave(call->shared);
    call->node = node;
    call->shared = shared;
}

void pl_attempt_on(pl_call *call, pl_node *node, pl_request *request)
{
    const int64_t now = request->queued_at == 0 ? call->began : pl_clock_now(&call->client->env.clock);
    const uint32_t loads = pl_node_loads(node);
    if (call->acks > 0 && !request->reads_only) {
        call->node = node;
        pl_attempt_dedicated(call, node, request, false);
    } else {
        enter(call, node, now);
        pl_shared_conn_run(call->shared, request, now, call->deadline);
    }
    pl_attempt_note_missing(call, node, loads, request);
}

void pl_attempt_asking(pl_call *call, pl_request *request)
{
    pl_node *node = call->asked;
    const uint32_t loads = pl_node_loads(node);
    call->asked = NULL;
    call->node = node;
    pl_attempt_dedicated(call, node, request, true);
    pl_attempt_note_missing(call, node, loads, request);
}
