/* SPDX-License-Identifier: MIT */
/* The operations on the workload states of services. */
#include <podlink/state.h>

#include "base/error.h"
#include "ops/op.h"
#include "ops/results.h"

#include <assert.h>

static pl_op_args args_of(const podlink_service *service)
{
    if (!service)
        return (pl_op_args){.missing = "service"};
    return (pl_op_args){.ns = {.text = service->ns}, .service = {.text = service->name}};
}

podlink_status podlink_workload_set(podlink_client *client, const podlink_service *service, const char *state,
                                    const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    op.args.text.text = state;
    return pl_op_run(&op, PL_OP_WORKLOAD_SET, client, call, err);
}

podlink_status podlink_workload_get(podlink_client *client, const podlink_service *service,
                                    podlink_workloads **workloads, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = args_of(service);
    *workloads = NULL;
    podlink_status status = pl_op_run(&op, PL_OP_WORKLOAD_GET, client, call, err);
    if (status == PODLINK_OK)
        status = pl_results_workloads(&client->env.config.heap, &op.result.reply, 1, workloads, err);
    podlink_reply_free(op.result.reply);
    if (status != PODLINK_OK)
        return status;
    assert(*workloads);
    return (*workloads)->items[0].state ? PODLINK_OK : PODLINK_NOT_FOUND;
}

/* +OK. */
podlink_status pl_decode_stored(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    return reply->nodes[0].type == PODLINK_REPLY_STATUS ? PODLINK_OK : PODLINK_EREPLY;
}

/* --- many ------------------------------------------------------------------------------------------------------- */

typedef struct many {
    const char *ns;
    const char *const *services;
    podlink_reply **replies; /* one for each service; owned */
} many;

static void load_item(const void *items, uint32_t i, pl_op_args *args)
{
    const many *m = items;
    args->ns.text = m->ns;
    args->service.text = m->services[i];
}

static void store_item(void *items, uint32_t i, podlink_status status, podlink_delivery delivery,
                       const pl_op_result *result)
{
    (void)status, (void)delivery;
    ((many *)items)->replies[i] = result->reply;
}

static const pl_op_items workload_items = {.load = load_item, .store = store_item};

podlink_status podlink_workload_get_many(podlink_client *client, const char *ns, const char *const *services,
                                         size_t count, podlink_workloads **workloads, const podlink_call *call,
                                         podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    many m = {.ns = ns, .services = services};
    *workloads = NULL;
    pl_error_clear(err);
    if (count == 0)
        return pl_results_workloads(heap, NULL, 0, workloads, err);
    if (!services)
        return pl_error_invalid(err, "services is NULL");
    m.replies = pl_heap_zalloc(heap, count * sizeof(podlink_reply *));
    if (!m.replies)
        return pl_error_no_memory(err);
    podlink_status status = pl_op_run_batch(PL_OP_WORKLOAD_GET, &workload_items, &m, count, client, call, err);
    if (status == PODLINK_OK)
        status = pl_results_workloads(heap, m.replies, count, workloads, err);
    for (size_t i = 0; i < count; i++)
        podlink_reply_free(m.replies[i]);
    pl_heap_free(heap, m.replies);
    return status;
}
