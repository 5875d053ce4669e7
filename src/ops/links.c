/* The operations on one link. */
#include <podlink/link.h>

#include "base/error.h"
#include "ops/best_pod.h"
#include "ops/link_op.h"
#include "ops/read_op.h"
#include "ops/results.h"

typedef struct link_call {
    pl_request request; /* first: its functions get it as theirs */
    pl_link_op op;
    const pl_script *script;
    pl_link_answer answer;
} link_call;

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const link_call *c = (link_call *)request;
    return pl_link_encode(&c->op, c->script, out);
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    link_call *c = (link_call *)request;
    return pl_link_decode(&c->op, request, outcome, &c->answer, err);
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_link_slot(&((const link_call *)request)->op);
}

static const pl_request_ops link_ops = {.encode = encode, .complete = complete, .slot = slot};

/* Within a call that has begun. */
static podlink_status run_step(pl_call *call, link_call *c, podlink_error *err)
{
    const pl_link_op_kind kind = c->op.kind;
    c->script = pl_link_script(call->client, kind);
    pl_request_init(&c->request, &link_ops, pl_link_op_name(kind), pl_link_is_repeatable(kind), err);
    c->request.reads_only = pl_link_reads_only(kind);
    if (c->script)
        pl_script_attempts(call, &c->request, c->script);
    else
        pl_call_run_attempts(call, &c->request);
    return pl_call_conclude(call, &c->request);
}

static podlink_status run_link(podlink_client *client, pl_link_op_kind kind, const podlink_link *link, int32_t pod,
                               int64_t persist_s, pl_link_answer *answer, const podlink_call *call, podlink_error *err)
{
    link_call c;
    pl_call active;
    c.answer = (pl_link_answer){PODLINK_NO_POD, PODLINK_NO_POD};
    podlink_status status = pl_link_op_init(&c.op, kind, link, pod, persist_s, err);
    if (status == PODLINK_OK)
        status = pl_call_begin(&active, client, call, err);
    if (status == PODLINK_OK) {
        status = run_step(&active, &c, err);
        pl_call_finish(&active);
    }
    *answer = c.answer;
    return status;
}

static void give(int32_t *out, int32_t pod)
{
    if (out)
        *out = pod;
}

podlink_status podlink_link_set(podlink_client *client, const podlink_link *link, int32_t pod, int64_t persist_s,
                                int32_t *previous, const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    podlink_status status = run_link(client, PL_LINK_SET, link, pod, persist_s, &answer, call, err);
    give(previous, answer.pod);
    return status;
}

podlink_status podlink_link_set_if_absent(podlink_client *client, const podlink_link *link, int32_t pod,
                                          int64_t persist_s, int32_t *in_force, const podlink_call *call,
                                          podlink_error *err)
{
    pl_link_answer answer;
    podlink_status status = run_link(client, PL_LINK_SET_IF_ABSENT, link, pod, persist_s, &answer, call, err);
    give(in_force, answer.pod);
    return status;
}

podlink_status podlink_link_try_set(podlink_client *client, const podlink_link *link, int32_t pod, int64_t persist_s,
                                    int32_t *in_force, int32_t *previous, const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    podlink_status status = run_link(client, PL_LINK_TRY_SET, link, pod, persist_s, &answer, call, err);
    give(in_force, answer.pod);
    give(previous, answer.previous);
    return status;
}

podlink_status podlink_link_get(podlink_client *client, const podlink_link *link, int32_t *pod,
                                const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    podlink_status status = run_link(client, PL_LINK_GET, link, 0, PODLINK_FOREVER, &answer, call, err);
    give(pod, answer.pod);
    return status;
}

podlink_status podlink_link_get_if_persistent(podlink_client *client, const podlink_link *link, int32_t *pod,
                                              const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    podlink_status status = run_link(client, PL_LINK_GET_IF_PERSISTENT, link, 0, PODLINK_FOREVER, &answer, call, err);
    give(pod, answer.pod);
    return status;
}

podlink_status podlink_link_remove(podlink_client *client, const podlink_link *link, int64_t keep_s,
                                   const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    return run_link(client, PL_LINK_REMOVE, link, 0, keep_s, &answer, call, err);
}

podlink_status podlink_link_remove_if_pod(podlink_client *client, const podlink_link *link, int32_t pod, int64_t keep_s,
                                          const podlink_call *call, podlink_error *err)
{
    pl_link_answer answer;
    return run_link(client, PL_LINK_REMOVE_IF_POD, link, pod, keep_s, &answer, call, err);
}

/* Get, else pick and set if absent: the states and the link are on two slots, so no one script may touch both. */
static podlink_status compute(pl_call *call, link_call *c, int64_t max_age_ms, podlink_error *err)
{
    c->op.kind = PL_LINK_GET;
    podlink_status status = run_step(call, c, err);
    if (status != PODLINK_NOT_LINKED)
        return status;
    status = pl_best_pod(call, c->op.ns, c->op.service, max_age_ms, &c->op.pod, err);
    if (status != PODLINK_OK)
        return status;
    c->op.kind = PL_LINK_SET_IF_ABSENT;
    return run_step(call, c, err);
}

podlink_status podlink_link_compute(podlink_client *client, const podlink_link *link, int64_t persist_s,
                                    int64_t max_age_ms, int32_t *in_force, const podlink_call *call, podlink_error *err)
{
    link_call c;
    pl_call active;
    c.answer = (pl_link_answer){PODLINK_NO_POD, PODLINK_NO_POD};
    podlink_status status = pl_link_op_init(&c.op, PL_LINK_SET_IF_ABSENT, link, 0, persist_s, err);
    if (status == PODLINK_OK)
        status = pl_check_age(max_age_ms, err);
    if (status == PODLINK_OK)
        status = pl_call_begin(&active, client, call, err);
    if (status == PODLINK_OK) {
        status = compute(&active, &c, max_age_ms, err);
        pl_call_finish(&active);
    }
    give(in_force, c.answer.pod);
    return status;
}

podlink_status podlink_link_services(podlink_client *client, const char *ns, const char *uid,
                                     podlink_service_links **links, const podlink_call *call, podlink_error *err)
{
    pl_read_op read_op = {.script = pl_script_builtin(client, PL_SCRIPT_GET_LINK_SERVICE)};
    pl_name checked_ns, checked_uid;
    *links = NULL;
    podlink_status status = pl_name_init_ns(&checked_ns, ns, err);
    if (status == PODLINK_OK)
        status = pl_name_init(&checked_uid, "uid", uid, err);
    if (status != PODLINK_OK)
        return status;
    read_op.key = pl_key_index(checked_ns, checked_uid);
    status = pl_read_op_run(client, &read_op, "link services", call, err);
    if (status == PODLINK_OK)
        status = pl_results_service_links(&client->env.config.heap, &read_op.key, read_op.reply, links, err);
    podlink_reply_free(read_op.reply);
    return status;
}
