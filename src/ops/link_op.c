/* One operation on a link. */
#include "ops/link_op.h"

#include "base/error.h"

#include <stddef.h>

enum { PLAIN_COMMAND = -1 };

typedef struct operation_trait {
    const char *name;
    int script; /* a PL_SCRIPT_..., or PLAIN_COMMAND */
    bool is_repeatable;
    bool has_pod;
    const char *seconds; /* the name of its time, NULL where it has none */
} operation_trait;

static const operation_trait traits[] = {
    [PL_LINK_SET] = {"link set", PL_SCRIPT_SET_LINK, false, true, "persist_s"},
    [PL_LINK_SET_IF_ABSENT] = {"link set if absent", PL_SCRIPT_SET_LINK_IF_ABSENT, true, true, "persist_s"},
    [PL_LINK_TRY_SET] = {"link try set", PL_SCRIPT_TRY_SET_LINK, true, true, "persist_s"},
    [PL_LINK_GET] = {"link get", PLAIN_COMMAND, true, false, NULL},
    [PL_LINK_GET_IF_PERSISTENT] = {"link get if persistent", PL_SCRIPT_GET_LINK_IF_PERSIST, true, false, NULL},
    [PL_LINK_REMOVE] = {"link remove", PL_SCRIPT_REMOVE_LINK, false, false, "keep_s"},
    [PL_LINK_REMOVE_IF_POD] = {"link remove if pod", PL_SCRIPT_REMOVE_LINK_WITH_ID, false, true, "keep_s"},
};

const char *pl_link_op_name(pl_link_op_kind kind)
{
    return traits[kind].name;
}

bool pl_link_is_repeatable(pl_link_op_kind kind)
{
    return traits[kind].is_repeatable;
}

bool pl_link_reads_only(pl_link_op_kind kind)
{
    return kind == PL_LINK_GET || kind == PL_LINK_GET_IF_PERSISTENT;
}

uint16_t pl_link_slot(const pl_link_op *op)
{
    const pl_key index = pl_key_index(op->ns, op->uid);
    return pl_key_slot(&index);
}

const pl_script *pl_link_script(const podlink_client *client, pl_link_op_kind kind)
{
    int which = traits[kind].script;
    return which == PLAIN_COMMAND ? NULL : pl_script_builtin(client, which);
}

podlink_status pl_check_pod(int32_t pod, podlink_error *err)
{
    if (pod < 0)
        return pl_error_invalid(err, "pod %d is not from 0 to %d", (int)pod, PODLINK_POD_MAX);
    return PODLINK_OK;
}

podlink_status pl_check_seconds(const char *what, int64_t seconds, podlink_error *err)
{
    if (seconds == PODLINK_FOREVER || (seconds >= 1 && seconds <= PODLINK_PERSIST_MAX))
        return PODLINK_OK;
    return pl_error_invalid(err, "%s %lld is neither -1 (for ever) nor from 1 to %d", what, (long long)seconds,
                            PODLINK_PERSIST_MAX);
}

podlink_status pl_link_op_init(pl_link_op *op, pl_link_op_kind kind, const podlink_link *link, int32_t pod,
                               int64_t persist_s, podlink_error *err)
{
    const operation_trait *trait = &traits[kind];
    if (!link)
        return pl_error_invalid(err, "link is NULL");
    op->kind = kind;
    op->pod = pod;
    op->persist_s = persist_s;
    podlink_status status = pl_name_init_ns(&op->ns, link->ns, err);
    if (status == PODLINK_OK)
        status = pl_name_init(&op->service, "service", link->service, err);
    if (status == PODLINK_OK)
        status = pl_name_init(&op->uid, "uid", link->uid, err);
    if (status == PODLINK_OK && trait->has_pod)
        status = pl_check_pod(pod, err);
    if (status == PODLINK_OK && trait->seconds)
        status = pl_check_seconds(trait->seconds, persist_s, err);
    return status;
}

static void put_name(pl_buffer *out, pl_name name)
{
    pl_resp_argument(out, name.text, name.length);
}

static void encode_get(const pl_key *link, pl_buffer *out)
{
    pl_resp_command(out, 2);
    pl_resp_argument(out, "GET", 3);
    pl_key_put(link, out);
}

static void encode_script(const pl_link_op *op, const pl_script *script, const pl_key *link, pl_buffer *out)
{
    if (op->kind == PL_LINK_GET_IF_PERSISTENT) {
        pl_script_begin(out, script, 1, 0);
        pl_key_put(link, out);
        return;
    }
    const pl_key index = pl_key_index(op->ns, op->uid);
    const bool is_removal = op->kind == PL_LINK_REMOVE || op->kind == PL_LINK_REMOVE_IF_POD;
    const bool has_pod = traits[op->kind].has_pod;
    pl_script_begin(out, script, 2, has_pod ? 3 : 2);
    pl_key_put(link, out);
    pl_key_put(&index, out);
    put_name(out, op->service);
    if (has_pod && !is_removal)
        pl_resp_number(out, op->pod);
    pl_resp_number(out, op->persist_s);
    if (has_pod && is_removal)
        pl_resp_number(out, op->pod);
}

bool pl_link_encode(const pl_link_op *op, const pl_script *script, pl_buffer *out)
{
    /* Two keys, the service, two numbers: what the names take, and what stands around them. */
    size_t names = (size_t)op->ns.length + op->uid.length + op->service.length;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE + 2 * names + 7 * PL_RESP_OVERHEAD))
        return false;
    const pl_key link = pl_key_link(op->ns, op->uid, op->service);
    if (script)
        encode_script(op, script, &link, out);
    else
        encode_get(&link, out);
    return true;
}

static podlink_status corrupt(const pl_link_op *op, const podlink_reply *value, podlink_error *err)
{
    const pl_key link = pl_key_link(op->ns, op->uid, op->service);
    return pl_pod_corrupt(&link, value, err);
}

/* {previous}: what could not be read was replaced, and is told as such. */
static podlink_status decode_set(const podlink_reply *root, pl_link_answer *answer)
{
    return pl_pod_of_reply(podlink_reply_at(root, 0), &answer->pod) == PL_POD_NO_TEXT ? PODLINK_EREPLY : PODLINK_OK;
}

/* {pod in force}, refused; or {pod in force, previous}, taken. */
static podlink_status decode_try(const podlink_reply *root, pl_link_answer *answer)
{
    pl_pod_kind kind = pl_pod_of_reply(podlink_reply_at(root, 0), &answer->pod);
    answer->previous = answer->pod;
    if (podlink_reply_count(root) == 1)
        return kind == PL_POD_IS ? PODLINK_REFUSED : kind == PL_POD_NO_TEXT ? PODLINK_EREPLY : PODLINK_ECORRUPT;
    if (kind != PL_POD_IS || pl_pod_of_reply(podlink_reply_at(root, 1), &answer->previous) == PL_POD_NO_TEXT)
        return PODLINK_EREPLY;
    return PODLINK_OK;
}

/* A pod, or none. */
static podlink_status decode_get(const podlink_reply *value, pl_link_answer *answer)
{
    switch (pl_pod_of_reply(value, &answer->pod)) {
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

/* {1} or {0}. */
static podlink_status decode_remove(const podlink_reply *root)
{
    int64_t removed;
    if (podlink_reply_integer(podlink_reply_at(root, 0), &removed) != PODLINK_OK)
        return PODLINK_EREPLY;
    return removed ? PODLINK_OK : PODLINK_NOT_LINKED;
}

static podlink_status decode_reply(pl_link_op_kind kind, const podlink_reply *root, pl_link_answer *answer)
{
    podlink_status status;
    switch (kind) {
    case PL_LINK_SET:
        return decode_set(root, answer);
    case PL_LINK_SET_IF_ABSENT:
        status = decode_get(podlink_reply_at(root, 0), answer);
        return status == PODLINK_NOT_LINKED ? PODLINK_ECORRUPT : status; /* "-1" is stored there */
    case PL_LINK_TRY_SET:
        return decode_try(root, answer);
    case PL_LINK_GET:
        /* GET answers nil, never "-1": one that is stored is no pod. */
        status = decode_get(root, answer);
        return status == PODLINK_NOT_LINKED && podlink_reply_text(root, NULL) ? PODLINK_ECORRUPT : status;
    case PL_LINK_GET_IF_PERSISTENT:
        return decode_get(podlink_reply_at(root, 0), answer);
    case PL_LINK_REMOVE:
    case PL_LINK_REMOVE_IF_POD:
        return decode_remove(root);
    }
    return PODLINK_EREPLY;
}

podlink_status pl_link_decode(const pl_link_op *op, const pl_request *request, const pl_outcome *outcome,
                              pl_link_answer *answer, podlink_error *err)
{
    *answer = (pl_link_answer){PODLINK_NO_POD, PODLINK_NO_POD};
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_reply *root = outcome->reply->nodes;
    podlink_status status = decode_reply(op->kind, root, answer);
    if (status == PODLINK_ECORRUPT) {
        *answer = (pl_link_answer){PODLINK_UNREADABLE_POD, PODLINK_UNREADABLE_POD};
        return corrupt(op, root->type == PODLINK_REPLY_ARRAY ? podlink_reply_at(root, 0) : root, err);
    }
    if (status == PODLINK_EREPLY)
        return pl_reply_unexpected(request, outcome, err);
    return status;
}
