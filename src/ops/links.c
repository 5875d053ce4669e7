/* SPDX-License-Identifier: MIT */
/* The operations on links. */
#include <podlink/link.h>

#include "ops/op.h"
#include "ops/pod.h"
#include "ops/results.h"

static void set_args(pl_op_args *args, const podlink_link *link, int32_t pod, int64_t seconds)
{
    args->missing = link ? NULL : "link";
    if (!link)
        return;
    args->ns.text = link->ns;
    args->service.text = link->service;
    args->uid.text = link->uid;
    args->text.length = 0;
    args->pod = pod;
    args->seconds = seconds;
}

static void give(int32_t *out, int32_t pod)
{
    if (out)
        *out = pod;
}

podlink_status podlink_link_set(podlink_client *client, const podlink_link *link, int32_t pod, int64_t persist_s,
                                int32_t *previous, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, pod, persist_s);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_SET, client, call, err);
    give(previous, op.result.pod);
    return status;
}

podlink_status podlink_link_set_if_absent(podlink_client *client, const podlink_link *link, int32_t pod,
                                          int64_t persist_s, int32_t *in_force, const podlink_call *call,
                                          podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, pod, persist_s);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_SET_IF_ABSENT, client, call, err);
    give(in_force, op.result.pod);
    return status;
}

podlink_status podlink_link_try_set(podlink_client *client, const podlink_link *link, int32_t pod, int64_t persist_s,
                                    int32_t *in_force, int32_t *previous, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, pod, persist_s);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_TRY_SET, client, call, err);
    give(in_force, op.result.pod);
    give(previous, op.result.previous);
    return status;
}

podlink_status podlink_link_compute(podlink_client *client, const podlink_link *link, int64_t persist_s,
                                    int64_t max_age_ms, int32_t *in_force, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, PODLINK_NO_POD, persist_s);
    op.args.max_age_ms = max_age_ms;
    podlink_status status = pl_op_run(&op, PL_OP_LINK_COMPUTE, client, call, err);
    give(in_force, op.result.pod);
    return status;
}

podlink_status podlink_link_get(podlink_client *client, const podlink_link *link, int32_t *pod,
                                const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, PODLINK_NO_POD, PODLINK_FOREVER);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_GET, client, call, err);
    give(pod, op.result.pod);
    return status;
}

podlink_status podlink_link_get_if_persistent(podlink_client *client, const podlink_link *link, int32_t *pod,
                                              const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, PODLINK_NO_POD, PODLINK_FOREVER);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_GET_IF_PERSISTENT, client, call, err);
    give(pod, op.result.pod);
    return status;
}

podlink_status podlink_link_ttl(podlink_client *client, const podlink_link *link, int64_t *seconds,
                                const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, PODLINK_NO_POD, PODLINK_FOREVER);
    podlink_status status = pl_op_run(&op, PL_OP_LINK_TTL, client, call, err);
    *seconds = op.result.number;
    return status;
}

podlink_status podlink_link_remove(podlink_client *client, const podlink_link *link, int64_t keep_s,
                                   const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, PODLINK_NO_POD, keep_s);
    return pl_op_run(&op, PL_OP_LINK_REMOVE, client, call, err);
}

podlink_status podlink_link_remove_if_pod(podlink_client *client, const podlink_link *link, int32_t pod, int64_t keep_s,
                                          const podlink_call *call, podlink_error *err)
{
    pl_op op;
    set_args(&op.args, link, pod, keep_s);
    return pl_op_run(&op, PL_OP_LINK_REMOVE_IF_POD, client, call, err);
}

podlink_status podlink_link_services(podlink_client *client, const char *ns, const char *uid,
                                     podlink_service_links **links, const podlink_call *call, podlink_error *err)
{
    pl_op op;
    op.args = (pl_op_args){.ns = {.text = ns}, .uid = {.text = uid}};
    *links = NULL;
    podlink_status status = pl_op_run(&op, PL_OP_LINK_SERVICES, client, call, err);
    if (status == PODLINK_OK) {
        const pl_key index = pl_key_index(op.args.ns, op.args.uid);
        status = pl_results_service_links(&client->env.config.heap, &index, op.result.reply, links, err);
    }
    podlink_reply_free(op.result.reply);
    return status;
}

/* --- decoders --------------------------------------------------------------------------------------------------- */

/* A pod; nil or "-1": none. */
static podlink_status decode_pod_at(const podlink_reply *value, pl_op_result *result)
{
    switch (pl_pod_of_reply(value, &result->pod)) {
    case PL_POD_IS:
        return PODLINK_OK;
    case PL_POD_NONE:
        return PODLINK_NOT_LINKED;
    case PL_POD_UNREADABLE:
        return PODLINK_ECORRUPT;
    case PL_POD_NO_TEXT:
        break;
    }
    return PODLINK_EREPLY;
}

/* {pod}. */
podlink_status pl_decode_pod(pl_reply *reply, pl_op_result *result)
{
    return decode_pod_at(podlink_reply_at(reply->nodes, 0), result);
}

/* The reply to GET: nil where there is none. A stored "-1" is not a pod. */
podlink_status pl_decode_stored_pod(pl_reply *reply, pl_op_result *result)
{
    const podlink_status status = decode_pod_at(reply->nodes, result);
    return status == PODLINK_NOT_LINKED && podlink_reply_text(reply->nodes, NULL) ? PODLINK_ECORRUPT : status;
}

/* {previous}. A value that was not a pod has been replaced, and is returned as PODLINK_UNREADABLE_POD. */
podlink_status pl_decode_previous(pl_reply *reply, pl_op_result *result)
{
    const pl_pod_kind kind = pl_pod_of_reply(podlink_reply_at(reply->nodes, 0), &result->pod);
    return kind == PL_POD_NO_TEXT ? PODLINK_EREPLY : PODLINK_OK;
}

/* {pod in force}. There is one, so that "-1" is what is stored. */
podlink_status pl_decode_in_force(pl_reply *reply, pl_op_result *result)
{
    const podlink_status status = pl_decode_pod(reply, result);
    return status == PODLINK_NOT_LINKED ? PODLINK_ECORRUPT : status;
}

/* {pod in force}: refused. {pod in force, previous}: set. */
podlink_status pl_decode_try(pl_reply *reply, pl_op_result *result)
{
    const podlink_reply *root = reply->nodes;
    const pl_pod_kind kind = pl_pod_of_reply(podlink_reply_at(root, 0), &result->pod);
    result->previous = result->pod;
    if (podlink_reply_count(root) == 1)
        return kind == PL_POD_IS ? PODLINK_REFUSED : kind == PL_POD_NO_TEXT ? PODLINK_EREPLY : PODLINK_ECORRUPT;
    if (kind != PL_POD_IS || pl_pod_of_reply(podlink_reply_at(root, 1), &result->previous) == PL_POD_NO_TEXT)
        return PODLINK_EREPLY;
    return PODLINK_OK;
}

/* Milliseconds; -1: persistent; -2: no link. Rounded up, so that a link that still exists never has 0 seconds left. */
podlink_status pl_decode_ttl(pl_reply *reply, pl_op_result *result)
{
    int64_t ms;
    if (podlink_reply_integer(reply->nodes, &ms) != PODLINK_OK || ms < -2)
        return PODLINK_EREPLY;
    if (ms == -2)
        return PODLINK_NOT_LINKED;
    result->number = ms == -1 ? PODLINK_FOREVER : ms < 1000 ? 1 : ms / 1000 + (ms % 1000 != 0);
    return PODLINK_OK;
}

/* {1} or {0}. */
podlink_status pl_decode_removed(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    int64_t removed;
    if (podlink_reply_integer(podlink_reply_at(reply->nodes, 0), &removed) != PODLINK_OK)
        return PODLINK_EREPLY;
    return removed ? PODLINK_OK : PODLINK_NOT_LINKED;
}

/* --- batches ---------------------------------------------------------------------------------------------------- */

static void load_item(const void *items, uint32_t i, pl_op_args *args)
{
    const podlink_link_item *item = &((const podlink_link_item *)items)[i];
    args->ns.text = item->link.ns;
    args->service.text = item->link.service;
    args->uid.text = item->link.uid;
    args->pod = item->pod;
    args->seconds = item->persist_s;
}

static void store_item(void *items, uint32_t i, podlink_status status, podlink_delivery delivery,
                       const pl_op_result *result)
{
    podlink_link_item *item = &((podlink_link_item *)items)[i];
    item->status = status;
    item->delivery = delivery;
    item->result = result->pod;
}

static const pl_op_items link_items = {.load = load_item, .store = store_item};

podlink_status podlink_link_set_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                      const podlink_call *call, podlink_error *err)
{
    return pl_op_run_batch(PL_OP_LINK_SET, &link_items, items, count, client, call, err);
}

podlink_status podlink_link_set_if_absent_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                                const podlink_call *call, podlink_error *err)
{
    return pl_op_run_batch(PL_OP_LINK_SET_IF_ABSENT, &link_items, items, count, client, call, err);
}

podlink_status podlink_link_get_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                      const podlink_call *call, podlink_error *err)
{
    return pl_op_run_batch(PL_OP_LINK_GET, &link_items, items, count, client, call, err);
}

podlink_status podlink_link_remove_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                         const podlink_call *call, podlink_error *err)
{
    return pl_op_run_batch(PL_OP_LINK_REMOVE, &link_items, items, count, client, call, err);
}
