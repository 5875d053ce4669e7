/* The workload states of services. */
#include <podlink/state.h>

#include "base/error.h"
#include "ops/op_batch.h"
#include "ops/pod.h"
#include "ops/results.h"
#include "ops/service.h"

#include <assert.h>
#include <string.h>

enum { STATE_MAX = 1024 * 1024 };

typedef struct set_call {
    pl_request request; /* first: its functions get it as theirs */
    pl_key key;
    const char *state;
    size_t length;
} set_call;

static bool encode_set(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)i;
    const set_call *c = (set_call *)request;
    if (!pl_buffer_reserve(out, PL_KEY_SIZE + c->length + 4 * PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, 3);
    pl_resp_argument(out, "SET", 3);
    pl_key_put(&c->key, out);
    pl_resp_argument(out, c->state, c->length);
    return true;
}

static podlink_status complete_set(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i;
    if (outcome->status == PODLINK_OK && outcome->reply->nodes[0].type != PODLINK_REPLY_STATUS)
        return pl_reply_unexpected(request, outcome, err);
    return outcome->status;
}

static uint16_t slot_set(const pl_request *request, uint32_t i)
{
    (void)i;
    return pl_key_slot(&((const set_call *)request)->key);
}

static const pl_request_ops set_ops = {.encode = encode_set, .complete = complete_set, .slot = slot_set};

podlink_status podlink_workload_set(podlink_client *client, const podlink_service *service, const char *state,
                                    const podlink_call *call, podlink_error *err)
{
    pl_service_name name;
    podlink_status status = pl_service_init(&name, service, err);
    if (status != PODLINK_OK)
        return status;
    if (!state)
        return pl_error_invalid(err, "state is NULL");
    set_call c = {.key = pl_key_workload(name.ns, name.service), .state = state, .length = strlen(state)};
    if (c.length > STATE_MAX)
        return pl_error_invalid(err, "state is longer than 1 MiB");
    pl_request_init(&c.request, &set_ops, "workload set", false, err);
    return pl_call_run(client, &c.request, call, err);
}

typedef struct get_call {
    pl_request request; /* first: its functions get it as theirs */
    const char *ns;
    const char *const *services;
    bool is_batch;           /* asked for as many, so that messages tell which */
    podlink_reply **replies; /* one for each service */
} get_call;

static bool encode_get(pl_request *request, uint32_t i, pl_buffer *out)
{
    const get_call *c = (get_call *)request;
    const podlink_service service = {c->ns, c->services[i]};
    pl_service_name name;
    if (!pl_buffer_reserve(out, PL_KEY_SIZE + 3 * PL_RESP_OVERHEAD))
        return false;
    pl_service_init(&name, &service, NULL);
    const pl_key key = pl_key_workload(name.ns, name.service);
    pl_resp_command(out, 2);
    pl_resp_argument(out, "GET", 3);
    pl_key_put(&key, out);
    return true;
}

static podlink_status complete_get(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    get_call *c = (get_call *)request;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    c->replies[i] = pl_reply_handout(outcome->reply);
    if (!c->replies[i])
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the reply");
    return PODLINK_OK;
}

static uint16_t slot_get(const pl_request *request, uint32_t i)
{
    const get_call *c = (const get_call *)request;
    const podlink_service service = {c->ns, c->services[i]};
    pl_service_name name;
    pl_service_init(&name, &service, NULL);
    const pl_key key = pl_key_workload(name.ns, name.service);
    return pl_key_slot(&key);
}

static const pl_request_ops get_ops = {.encode = encode_get, .complete = complete_get, .slot = slot_get};

static podlink_status check_services(const get_call *c, size_t count, podlink_error *err)
{
    if (!c->services)
        return pl_error_invalid(err, "services is NULL");
    for (size_t i = 0; i < count; i++) {
        const podlink_service service = {c->ns, c->services[i]};
        pl_service_name name;
        podlink_status status = pl_service_init(&name, &service, err);
        if (status != PODLINK_OK) {
            if (c->is_batch)
                pl_error_prefix_item(err, i);
            return status;
        }
    }
    return PODLINK_OK;
}

static podlink_status get_all(podlink_client *client, get_call *c, size_t count, podlink_workloads **workloads,
                              const podlink_call *call, podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    c->replies = pl_heap_zalloc(heap, count * sizeof(podlink_reply *));
    if (!c->replies)
        return pl_error_no_memory(err);
    pl_request_init(&c->request, &get_ops, "workload get", true, err);
    c->request.is_batch = c->is_batch;
    c->request.reads_only = true;
    podlink_status status = pl_batch_run(client, &c->request, count, NULL, NULL, NULL, call, err);
    if (status == PODLINK_OK)
        status = pl_results_workloads(heap, c->replies, count, workloads, err);
    for (size_t i = 0; i < count; i++)
        podlink_reply_free(c->replies[i]);
    pl_heap_free(heap, c->replies);
    return status;
}

podlink_status podlink_workload_get_many(podlink_client *client, const char *ns, const char *const *services,
                                         size_t count, podlink_workloads **workloads, const podlink_call *call,
                                         podlink_error *err)
{
    get_call c = {.ns = ns, .services = services, .is_batch = true};
    *workloads = NULL;
    pl_error_clear(err);
    if (count == 0)
        return pl_results_workloads(&client->env.config.heap, NULL, 0, workloads, err);
    podlink_status status = check_services(&c, count, err);
    return status == PODLINK_OK ? get_all(client, &c, count, workloads, call, err) : status;
}

podlink_status podlink_workload_get(podlink_client *client, const podlink_service *service,
                                    podlink_workloads **workloads, const podlink_call *call, podlink_error *err)
{
    *workloads = NULL;
    if (!service)
        return pl_error_invalid(err, "service is NULL");
    get_call c = {.ns = service->ns, .services = &service->name, .is_batch = false};
    podlink_status status = check_services(&c, 1, err);
    if (status == PODLINK_OK)
        status = get_all(client, &c, 1, workloads, call, err);
    if (status != PODLINK_OK)
        return status;
    assert(*workloads);
    return (*workloads)->items[0].state ? PODLINK_OK : PODLINK_NOT_FOUND;
}
