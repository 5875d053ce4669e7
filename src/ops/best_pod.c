/* Picking the best pod of a service. */
#include "ops/best_pod.h"

#include "base/error.h"
#include "ops/pod.h"
#include "script/script_call.h"

enum { AGE_MAX_BITS = 53 };

typedef struct best_call {
    pl_request request; /* first: its functions get it as theirs */
    const pl_script *script;
    pl_key key;
    int64_t max_age_ms;
    int32_t pod;
} best_call;

podlink_status pl_check_age(int64_t max_age_ms, podlink_error *err)
{
    const int64_t most = INT64_C(1) << AGE_MAX_BITS;
    if (max_age_ms >= 0 && max_age_ms <= most)
        return PODLINK_OK;
    return pl_error_invalid(err, "max_age_ms %lld is not from 0 (any age) to %lld", (long long)max_age_ms,
                            (long long)most);
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const best_call *c = (best_call *)request;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE + PL_KEY_SIZE + PL_NUMBER_MAX + PL_RESP_OVERHEAD))
        return false;
    pl_script_begin(out, c->script, 1, 1);
    pl_key_put(&c->key, out);
    pl_resp_number(out, c->max_age_ms);
    return true;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    best_call *c = (best_call *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    switch (pl_pod_of_reply(podlink_reply_at(outcome->reply->nodes, 0), &c->pod)) {
    case PL_POD_IS:
        return PODLINK_OK;
    case PL_POD_NONE:
        return PODLINK_NOT_FOUND;
    default:
        c->pod = PODLINK_NO_POD;
        return pl_reply_unexpected(request, outcome, err);
    }
}

static uint16_t slot(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_key_slot(&((const best_call *)request)->key);
}

static const pl_request_ops best_ops = {.encode = encode, .complete = complete, .slot = slot};

podlink_status pl_best_pod(pl_call *call, pl_name ns, pl_name service, int64_t max_age_ms, int32_t *pod,
                           podlink_error *err)
{
    best_call c = {.script = pl_script_builtin(call->client, PL_SCRIPT_GET_SERVICE_POD),
                   .key = pl_key_state(ns, service),
                   .max_age_ms = max_age_ms,
                   .pod = PODLINK_NO_POD};
    pl_request_init(&c.request, &best_ops, "state best", true, err);
    c.request.reads_only = true;
    pl_script_attempts(call, &c.request, c.script);
    podlink_status status = pl_call_conclude(call, &c.request);
    *pod = c.pod;
    return status;
}
