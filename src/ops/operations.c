/* The table of operations, and the decoders of their replies. */
#include "ops/operations.h"

#include "ops/pod.h"
#include "ops/state_text.h"
#include "script/builtin.h"

#include <podlink/acl.h>

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
static podlink_status decode_pod(pl_reply *reply, pl_op_result *result)
{
    return decode_pod_at(podlink_reply_at(reply->nodes, 0), result);
}

/* The reply to GET: nil where there is none. A stored "-1" is not a pod. */
static podlink_status decode_stored_pod(pl_reply *reply, pl_op_result *result)
{
    const podlink_status status = decode_pod_at(reply->nodes, result);
    return status == PODLINK_NOT_LINKED && podlink_reply_text(reply->nodes, NULL) ? PODLINK_ECORRUPT : status;
}

/* {previous}. A value that was not a pod has been replaced, and is returned as PODLINK_UNREADABLE_POD. */
static podlink_status decode_previous(pl_reply *reply, pl_op_result *result)
{
    const pl_pod_kind kind = pl_pod_of_reply(podlink_reply_at(reply->nodes, 0), &result->pod);
    return kind == PL_POD_NO_TEXT ? PODLINK_EREPLY : PODLINK_OK;
}

/* {pod in force}. There is one, so that "-1" is what is stored. */
static podlink_status decode_in_force(pl_reply *reply, pl_op_result *result)
{
    const podlink_status status = decode_pod(reply, result);
    return status == PODLINK_NOT_LINKED ? PODLINK_ECORRUPT : status;
}

/* {pod in force}: refused. {pod in force, previous}: set. */
static podlink_status decode_try(pl_reply *reply, pl_op_result *result)
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

/* {1} or {0}. */
static podlink_status decode_removed(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    int64_t removed;
    if (podlink_reply_integer(podlink_reply_at(reply->nodes, 0), &removed) != PODLINK_OK)
        return PODLINK_EREPLY;
    return removed ? PODLINK_OK : PODLINK_NOT_LINKED;
}

/* {1}. */
static podlink_status decode_done(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    int64_t done;
    return podlink_reply_integer(podlink_reply_at(reply->nodes, 0), &done) == PODLINK_OK ? PODLINK_OK : PODLINK_EREPLY;
}

/* +OK. */
static podlink_status decode_stored(pl_reply *reply, pl_op_result *result)
{
    (void)result;
    return reply->nodes[0].type == PODLINK_REPLY_STATUS ? PODLINK_OK : PODLINK_EREPLY;
}

/* {pod}, or {"-1"}: none qualifies. */
static podlink_status decode_best(pl_reply *reply, pl_op_result *result)
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

/* The text of a state, or nil. */
static podlink_status decode_state(pl_reply *reply, pl_op_result *result)
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

/* The whole reply is kept: a list is made of it without the connection's lock. */
static podlink_status decode_reply(pl_reply *reply, pl_op_result *result)
{
    result->reply = pl_reply_handout(reply);
    return result->reply ? PODLINK_OK : PODLINK_ENOMEM;
}

const pl_operation pl_operations[PL_OP_END] = {
#define OPERATION(id, ...) [PL_OP_##id] = {__VA_ARGS__},
#include "ops/operations.def"
#undef OPERATION
};
