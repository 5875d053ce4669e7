/* The states of a service's pods. */
#include <podlink/state.h>

#include "base/error.h"
#include "base/text.h"
#include "ops/best_pod.h"
#include "ops/link_op.h"
#include "ops/op_batch.h"
#include "ops/read_op.h"
#include "ops/results.h"
#include "ops/service.h"
#include "ops/state_text.h"

#include <string.h>

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

/* --- setting ------------------------------------------------------------------------------------------------ */

typedef struct set_call {
    pl_request request; /* first: its functions get it as theirs */
    const pl_script *script;
    podlink_state_item *items;
} set_call;

static podlink_status check_item(const podlink_state_item *item, pl_service_name *name, podlink_error *err)
{
    podlink_status status = pl_service_init(name, &item->service, err);
    if (status == PODLINK_OK)
        status = pl_check_pod(item->pod, err);
    if (status == PODLINK_OK && (item->routing < PODLINK_UNAVAILABLE || item->routing > PODLINK_SHUTTING_DOWN))
        return pl_error_invalid(err, "routing %d is not from 0 to 3", (int)item->routing);
    return status;
}

static bool encode_set(pl_request *request, uint32_t i, pl_buffer *out)
{
    const set_call *c = (set_call *)request;
    const podlink_state_item *item = &c->items[i];
    pl_service_name name;
    if (!pl_buffer_reserve(out, PL_EVALSHA_SIZE + PL_KEY_SIZE + 3 * (PL_NUMBER_MAX + PL_RESP_OVERHEAD)))
        return false;
    pl_service_init(&name, &item->service, NULL);
    const pl_key key = pl_key_state(name.ns, name.service);
    pl_script_begin(out, c->script, 1, 3);
    pl_key_put(&key, out);
    pl_resp_number(out, item->pod);
    pl_resp_number(out, item->load);
    pl_resp_number(out, item->routing);
    return true;
}

static podlink_status complete_set(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    podlink_state_item *item = &((set_call *)request)->items[i];
    item->status = outcome->status;
    item->delivery = outcome->delivery;
    int64_t done;
    if (outcome->status == PODLINK_OK &&
        podlink_reply_integer(podlink_reply_at(outcome->reply->nodes, 0), &done) != PODLINK_OK)
        item->status = pl_reply_unexpected(request, outcome, err);
    return item->status;
}

static uint64_t hash_state(const void *items, uint32_t i)
{
    const podlink_state_item *item = &((const podlink_state_item *)items)[i];
    return pl_key_order_hash(pl_key_order_hash((uint64_t)item->pod, item->service.name), item->service.ns);
}

static bool is_same_state(const void *items, uint32_t i, uint32_t j)
{
    const podlink_state_item *a = &((const podlink_state_item *)items)[i];
    const podlink_state_item *b = &((const podlink_state_item *)items)[j];
    return a->pod == b->pod && strcmp(a->service.name, b->service.name) == 0 &&
           strcmp(a->service.ns, b->service.ns) == 0;
}

static const pl_key_order_fns state_keys = {.hash = hash_state, .equal = is_same_state};

static uint16_t slot_set(const pl_request *request, uint32_t i)
{
    const podlink_state_item *item = &((const set_call *)request)->items[i];
    pl_service_name name;
    pl_service_init(&name, &item->service, NULL);
    const pl_key key = pl_key_state(name.ns, name.service);
    return pl_key_slot(&key);
}

static const pl_request_ops set_ops = {.encode = encode_set, .complete = complete_set, .slot = slot_set};

static void set_call_init(set_call *c, podlink_client *client, podlink_state_item *items, podlink_error *err)
{
    c->script = pl_script_builtin(client, PL_SCRIPT_SET_STATE);
    c->items = items;
    pl_request_init(&c->request, &set_ops, "state set", false, err);
}

podlink_status podlink_state_set(podlink_client *client, const podlink_service *service, int32_t pod, int64_t load,
                                 podlink_routing routing, const podlink_call *call, podlink_error *err)
{
    set_call c;
    pl_service_name name;
    if (!service)
        return pl_error_invalid(err, "service is NULL");
    podlink_state_item item = {.service = *service, .pod = pod, .routing = routing, .load = load};
    podlink_status status = check_item(&item, &name, err);
    if (status != PODLINK_OK)
        return status;
    set_call_init(&c, client, &item, err);
    return pl_script_run(client, &c.request, c.script, call, err);
}

/* None of them was sent. */
static void set_all(podlink_state_item *items, size_t count, podlink_status status)
{
    for (size_t i = 0; i < count; i++) {
        items[i].status = status;
        items[i].delivery = PODLINK_NOT_SENT;
    }
}

static podlink_status check_items(const podlink_state_item *items, size_t count, podlink_error *err)
{
    for (size_t i = 0; i < count; i++) {
        pl_service_name name;
        podlink_status status = check_item(&items[i], &name, err);
        if (status != PODLINK_OK) {
            pl_error_prefix_item(err, i);
            return status;
        }
    }
    return PODLINK_OK;
}

podlink_status podlink_state_set_batch(podlink_client *client, podlink_state_item *items, size_t count,
                                       const podlink_call *call, podlink_error *err)
{
    set_call c;
    pl_error_clear(err);
    if (count == 0)
        return PODLINK_OK;
    if (!items)
        return pl_error_invalid(err, "items is NULL");
    podlink_status status = check_items(items, count, err);
    if (status != PODLINK_OK) {
        set_all(items, count, status);
        return status;
    }
    set_call_init(&c, client, items, err);
    c.request.is_batch = true;
    status = pl_batch_run(client, &c.request, count, &state_keys, items, c.script, call, err);
    if (!pl_request_is_complete(&c.request)) /* it did not come as far as that */
        set_all(items, count, status);
    return status;
}

/* --- getting ------------------------------------------------------------------------------------------------ */

typedef struct get_call {
    pl_request request; /* first: its functions get it as theirs */
    pl_key key;
    podlink_state *state;
} get_call;

static bool encode_get(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const get_call *c = (get_call *)request;
    if (!pl_buffer_reserve(out, PL_KEY_SIZE + PL_NUMBER_MAX + 4 * PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, 3);
    pl_resp_argument(out, "HGET", 4);
    pl_key_put(&c->key, out);
    pl_resp_number(out, c->state->pod);
    return true;
}

static podlink_status corrupt_state(const get_call *c, const char *text, size_t length, podlink_error *err)
{
    char key[PL_KEY_MAX], key_shown[200], shown[64];
    pl_text_escape(key, pl_key_text(&c->key, key), key_shown, sizeof key_shown);
    pl_text_escape(text, length, shown, sizeof shown);
    return pl_error_set(err, PODLINK_ECORRUPT, PODLINK_ANSWERED, "the value of pod %d at \"%s\" is not a state: \"%s\"",
                        (int)c->state->pod, key_shown, shown);
}

static podlink_status complete_get(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    get_call *c = (get_call *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_reply *root = outcome->reply->nodes;
    if (root->type == PODLINK_REPLY_NIL)
        return PODLINK_NOT_FOUND;
    size_t length = 0;
    const char *text = podlink_reply_text(root, &length);
    if (!text)
        return pl_reply_unexpected(request, outcome, err);
    if (!pl_state_read(text, length, c->state))
        return corrupt_state(c, text, length, err);
    return PODLINK_OK;
}

static uint16_t slot_get(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_key_slot(&((const get_call *)request)->key);
}

static const pl_request_ops get_ops = {.encode = encode_get, .complete = complete_get, .slot = slot_get};

podlink_status podlink_state_get(podlink_client *client, const podlink_service *service, int32_t pod,
                                 podlink_state *state, const podlink_call *call, podlink_error *err)
{
    pl_service_name name;
    *state = (podlink_state){.pod = pod};
    podlink_status status = pl_service_init(&name, service, err);
    if (status == PODLINK_OK)
        status = pl_check_pod(pod, err);
    if (status != PODLINK_OK)
        return status;
    get_call c = {.key = pl_key_state(name.ns, name.service), .state = state};
    pl_request_init(&c.request, &get_ops, "state get", true, err);
    c.request.reads_only = true;
    status = pl_call_run(client, &c.request, call, err);
    if (status == PODLINK_ECORRUPT)
        pl_count_shared(&client->env.counters.states_unreadable, 1);
    return status;
}

static podlink_status get_list(podlink_client *client, pl_read_op *read_op, const char *name, podlink_states **states,
                               const podlink_call *call, podlink_error *err)
{
    podlink_status status = pl_read_op_run(client, read_op, name, call, err);
    if (status == PODLINK_OK)
        status = pl_results_states(&client->env.config.heap, read_op->reply, states, err);
    if (status == PODLINK_OK)
        pl_count_shared(&client->env.counters.states_unreadable, (*states)->skipped);
    podlink_reply_free(read_op->reply);
    return status;
}

podlink_status podlink_state_list(podlink_client *client, const podlink_service *service, podlink_states **states,
                                  const podlink_call *call, podlink_error *err)
{
    pl_service_name name;
    *states = NULL;
    podlink_status status = pl_service_init(&name, service, err);
    if (status != PODLINK_OK)
        return status;
    pl_read_op read_op = {.command = "HGETALL", .key = pl_key_state(name.ns, name.service)};
    return get_list(client, &read_op, "state list", states, call, err);
}

podlink_status podlink_state_live(podlink_client *client, const podlink_service *service, int64_t max_age_ms,
                                  podlink_states **states, const podlink_call *call, podlink_error *err)
{
    pl_service_name name;
    *states = NULL;
    podlink_status status = pl_service_init(&name, service, err);
    if (status == PODLINK_OK)
        status = pl_check_age(max_age_ms, err);
    if (status != PODLINK_OK)
        return status;
    pl_read_op read_op = {.script = pl_script_builtin(client, PL_SCRIPT_GET_SERVICE),
                          .key = pl_key_state(name.ns, name.service),
                          .argument = max_age_ms,
                          .has_argument = true};
    return get_list(client, &read_op, "state live", states, call, err);
}

podlink_status podlink_state_best(podlink_client *client, const podlink_service *service, int64_t max_age_ms,
                                  int32_t *pod, const podlink_call *call, podlink_error *err)
{
    pl_service_name name;
    pl_call active;
    *pod = PODLINK_NO_POD;
    podlink_status status = pl_service_init(&name, service, err);
    if (status == PODLINK_OK)
        status = pl_check_age(max_age_ms, err);
    if (status == PODLINK_OK)
        status = pl_call_begin(&active, client, call, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_best_pod(&active, name.ns, name.service, max_age_ms, pod, err);
    pl_call_finish(&active);
    return status;
}
