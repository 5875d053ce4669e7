/* The operations on the states of a service's pods. */
#include <podlink/state.h>

#include "ops/op.h"
#include "ops/results.h"

const char *podlink_routing_text(podlink_routing routing)
{
    switch (routing) {
    case PODLINK_UNAVAILABLE:
        return "unavailable";
    case PODLINK_READY:
        return "ready";
    case PODLINK_DRAINING:
        return "draining";
    case PODLINK_SHUTTING_DOWN:
        return "shutting-down";
    }
    return "unknown";
}

static pl_op_args args_of(const podlink_service *service)
{
    if (!service)
        return (pl_op_args){.missing = "service"};
    return (pl_op_args){.ns = {.text = service->ns}, .service = {.text = service->name}};
}

podlink_status podlink_state_set(podlink_client *client, const podlink_service *service, int32_t pod, int64_t load,
                                 podlink_routing routing, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    op.args.pod = pod;
    op.args.load = load;
    op.args.routing = routing;
    return pl_op_run(&op, PL_OP_STATE_SET, client, call, err);
}

podlink_status podlink_state_get(podlink_client *client, const podlink_service *service, int32_t pod,
                                 podlink_state *state, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    op.args.pod = pod;
    op.result.state = (podlink_state){.pod = pod};
    podlink_status status = pl_op_run(&op, PL_OP_STATE_GET, client, call, err);
    *state = op.result.state;
    if (status == PODLINK_ECORRUPT)
        pl_count_shared(&client->env.counters.states_unreadable, 1);
    return status;
}

static podlink_status get_list(pl_op *op, pl_operation_id id, podlink_client *client, podlink_states **states,
                               const podlink_call *call, podlink_error *err)
{
    *states = NULL;
    podlink_status status = pl_op_run(op, id, client, call, err);
    if (status == PODLINK_OK)
        status = pl_results_states(&client->env.config.heap, op->result.reply, states, err);
    if (status == PODLINK_OK)
        pl_count_shared(&client->env.counters.states_unreadable, (*states)->skipped);
    podlink_reply_free(op->result.reply);
    return status;
}

podlink_status podlink_state_list(podlink_client *client, const podlink_service *service, podlink_states **states,
                                  const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    return get_list(&op, PL_OP_STATE_LIST, client, states, call, err);
}

podlink_status podlink_state_live(podlink_client *client, const podlink_service *service, int64_t max_age_ms,
                                  podlink_states **states, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    op.args.max_age_ms = max_age_ms;
    return get_list(&op, PL_OP_STATE_LIVE, client, states, call, err);
}

podlink_status podlink_state_best(podlink_client *client, const podlink_service *service, int64_t max_age_ms,
                                  int32_t *pod, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    op.args.max_age_ms = max_age_ms;
    podlink_status status = pl_op_run(&op, PL_OP_STATE_BEST, client, call, err);
    *pod = op.result.pod;
    return status;
}

/* --- batches ---------------------------------------------------------------------------------------------------- */

static void load_item(const void *items, uint32_t i, pl_op_args *args)
{
    const podlink_state_item *item = &((const podlink_state_item *)items)[i];
    args->ns.text = item->service.ns;
    args->service.text = item->service.name;
    args->pod = item->pod;
    args->load = item->load;
    args->routing = item->routing;
}

static void store_item(void *items, uint32_t i, podlink_status status, podlink_delivery delivery,
                       const pl_op_result *result)
{
    (void)result;
    podlink_state_item *item = &((podlink_state_item *)items)[i];
    item->status = status;
    item->delivery = delivery;
}

static const pl_op_items state_items = {.load = load_item, .store = store_item};

podlink_status podlink_state_set_batch(podlink_client *client, podlink_state_item *items, size_t count,
                                       const podlink_call *call, podlink_error *err)
{
    return pl_op_run_batch(PL_OP_STATE_SET, &state_items, items, count, client, call, err);
}
