/* SPDX-License-Identifier: MIT */
/* The operations on the states of a service's pods. */
#include <podlink/state.h>

#include "ops/op.h"
#include "ops/pod.h"
#include "ops/results.h"
#include "ops/state_text.h"

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

/* --- decoders --------------------------------------------------------------------------------------------------- */

/* {1}. */
podlink_status pl_decode_done(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    int64_t done;
    return podlink_reply_integer(podlink_reply_at(reply->nodes, 0), &done) == PODLINK_OK ? PODLINK_OK : PODLINK_EREPLY;
}

/* The text of a state, or nil. */
podlink_status pl_decode_state(pl_reply *reply, pl_op_result *result)
{
    const podlink_reply *root = reply->nodes;
    size_t length = 0;
    if (root->type == PODLINK_REPLY_NIL)
        return PODLINK_NOT_FOUND;
    const char *text = podlink_reply_text(root, &length);
    if (!text)
        return PODLINK_EREPLY;
    return pl_state_read(text, length, &result->state) ? PODLINK_OK : PODLINK_ECORRUPT;
}

/* {pod}, or {"-1"}: none qualifies. */
podlink_status pl_decode_best(pl_reply *reply, pl_op_result *result)
{
    switch (pl_pod_of_reply(podlink_reply_at(reply->nodes, 0), &result->pod)) {
    case PL_POD_IS:
        return PODLINK_OK;
    case PL_POD_NONE:
        return PODLINK_NOT_FOUND;
    default:
        result->pod = PODLINK_NO_POD;
        return PODLINK_EREPLY;
    }
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
