/* One pass of a call's commands to one node. */
#include "client/pass.h"

#include "base/error.h"
#include "client/borrowed.h"
#include "client/discovery.h"

void pl_pass_set_no_node(const pl_run *run, pl_request *request, uint16_t slot)
{
    podlink_error fault;
    const char *server = run->client->config.address.text;
    if (slot == PL_SLOT_ANY)
        pl_error_set(&fault, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "%s on %s: no server is known", request->name,
                     server);
    else
        pl_error_set(&fault, PODLINK_ECLUSTERDOWN, PODLINK_NOT_SENT, "%s on %s: no node serves slot %u", request->name,
                     server, slot);
    pl_request_not_sent(request, &fault);
}

static pl_node *node_in_view(podlink_client *client, uint16_t slot, bool of_replicas)
{
    return pl_nodes_route(&client->nodes, pl_nodes_view(&client->nodes), slot, of_replicas,
                          pl_clock_now(&client->clock));
}

/* The node for a slot, found out where it is not known. NULL: there is none, and the request knows why. */
static pl_node *route(pl_run *run, pl_request *request, uint16_t slot, bool of_replicas)
{
    podlink_error fault;
    pl_node *node = node_in_view(run->client, slot, of_replicas);
    if (node)
        return node;
    if (pl_discover(run->client, run->deadline, &fault) != PODLINK_OK) {
        pl_request_not_sent(request, &fault);
        return NULL;
    }
    node = node_in_view(run->client, slot, of_replicas);
    if (!node)
        pl_pass_set_no_node(run, request, slot);
    return node;
}

void pl_pass_note_lacking(pl_run *run, pl_node *node, uint32_t loads, const pl_request *request)
{
    if (request->lacks_script && run->lacking_count < PL_LACKING_MAX)
        run->lacking[run->lacking_count++] = (pl_lacking){node, loads};
}

/* Enters the node's connection that has the fewest callers. The one that failed is not the first choice any more. */
static void enter(pl_run *run, pl_node *node, int64_t now)
{
    pl_shared_conn *shared = pl_pool_enter(&node->pool, run->shared, now);
    if (run->shared)
        pl_pool_leave(run->shared);
    run->node = node;
    run->shared = shared;
}

void pl_pass_on(pl_run *run, pl_node *node, pl_request *request)
{
    const int64_t now = request->queued_at == 0 ? run->began : pl_clock_now(&run->client->clock);
    const uint32_t loads = pl_node_loads(node);
    if (run->acks > 0 && !request->reads_only) {
        run->node = node;
        pl_borrowed_pass(run, node, request, false);
    } else {
        enter(run, node, now);
        pl_shared_conn_run(run->shared, request, now, run->deadline);
    }
    pl_pass_note_lacking(run, node, loads, request);
}

/* To the node that an ASK has named. */
static void pass_asking(pl_run *run, pl_request *request)
{
    pl_node *node = run->asked;
    const uint32_t loads = pl_node_loads(node);
    run->asked = NULL;
    run->node = node;
    pl_borrowed_pass(run, node, request, true);
    pl_pass_note_lacking(run, node, loads, request);
}

static uint16_t slot_of(const podlink_client *client, const pl_request *request)
{
    if (client->config.kind != PL_CLUSTER || !request->ops->slot)
        return PL_SLOT_ANY;
    return request->ops->slot(request, 0);
}

void pl_pass(pl_run *run, pl_request *request, bool of_replicas)
{
    if (run->asked) {
        pass_asking(run, request);
        return;
    }
    podlink_client *client = run->client;
    pl_node *node = client->config.kind == PL_SINGLE ? pl_nodes_view(&client->nodes)->nodes[0]
                                                     : route(run, request, slot_of(client, request), of_replicas);
    if (node)
        pl_pass_on(run, node, request);
}
