/* SPDX-License-Identifier: MIT */
/* Asking the server which of the registered scripts it holds. */
#include "script/exists.h"

#include "base/error.h"
#include "resp/encode.h"
#include "script/functions.h"

#include <string.h>

/* Command 0 asks for scripts, command 1 for the library of functions; either may be left out. */
typedef struct asking {
    pl_request request; /* first: its functions get it as theirs */
    const pl_script *const *scripts;
    uint32_t count;
    uint32_t sha_count; /* of those that are no functions */
    uint8_t *held;
    uint8_t states[2];
} asking;

static bool asks_shas(const asking *a, uint32_t i)
{
    return i == 0 && a->sha_count > 0;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const asking *a = (asking *)request;
    if (!asks_shas(a, i))
        return pl_functions_encode_list(out);
    if (!pl_buffer_reserve(out, (3 + (size_t)a->sha_count) * (PL_RESP_OVERHEAD + PL_SHA1_HEX)))
        return false;
    pl_resp_command(out, 2 + (size_t)a->sha_count);
    pl_resp_argument(out, "SCRIPT", 6);
    pl_resp_argument(out, "EXISTS", 6);
    for (uint32_t at = 0; at < a->count; at++)
        if (!a->scripts[at]->is_function)
            pl_resp_argument(out, a->scripts[at]->sha, PL_SHA1_HEX);
    return true;
}

static podlink_status complete_shas(const asking *a, const pl_outcome *outcome, podlink_error *err)
{
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_reply *list = pl_reply_root(outcome->reply), *element = podlink_reply_first(list);
    for (uint32_t at = 0; at < a->count; at++) {
        int64_t held;
        if (a->scripts[at]->is_function)
            continue;
        if (podlink_reply_integer(element, &held) != PODLINK_OK)
            return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "SCRIPT EXISTS: unexpected reply");
        a->held[at] = held != 0;
        element = podlink_reply_next(list, element);
    }
    return PODLINK_OK;
}

static podlink_status complete_library(const asking *a, const pl_outcome *outcome, podlink_error *err)
{
    bool is_ours;
    podlink_status status = pl_functions_complete_list(outcome, &is_ours, err);
    for (uint32_t at = 0; at < a->count && status == PODLINK_OK; at++)
        if (a->scripts[at]->is_function)
            a->held[at] = is_ours;
    return status;
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    const asking *a = (asking *)request;
    return asks_shas(a, i) ? complete_shas(a, outcome, err) : complete_library(a, outcome, err);
}

static const pl_request_ops asking_ops = {.encode = encode, .complete = complete};

podlink_status pl_scripts_exist(const pl_transport *transport, const pl_script *const *scripts, uint32_t count,
                                uint8_t *held, podlink_error *err)
{
    asking a = {.scripts = scripts, .count = count, .held = held};
    for (uint32_t i = 0; i < count; i++)
        a.sha_count += !scripts[i]->is_function;
    if (count == 0)
        return PODLINK_OK;
    pl_request_init(&a.request, &asking_ops, "SCRIPT EXISTS", true, err);
    pl_request_set_count(&a.request, (a.sha_count > 0) + (a.sha_count < count), a.states);
    return pl_transport_run(transport, &a.request);
}

/* held[i] becomes 1 where every master holds scripts[i]. */
static podlink_status ask_everywhere(pl_call *call, const pl_script *const *scripts, uint32_t count, uint8_t *answers,
                                     int *held, podlink_error *err)
{
    const pl_view *view;
    podlink_status status = pl_deployment_view(&call->client->deployment, call->deadline, &view, err);
    for (uint32_t i = 0; i < count; i++)
        held[i] = 1;
    for (uint32_t n = 0; status == PODLINK_OK && n < view->map->node_count; n++) {
        const pl_transport transport = {
            .client = call->client, .deadline = call->deadline, .node = view->nodes[n], .call = call};
        if (!view->map->nodes[n].is_master)
            continue;
        memset(answers, 0, count);
        status = pl_scripts_exist(&transport, scripts, count, answers, err);
        for (uint32_t i = 0; i < count; i++)
            held[i] &= answers[i];
    }
    return status;
}

podlink_status podlink_scripts_loaded(podlink_client *client, int *loaded, size_t capacity, const podlink_call *call,
                                      podlink_error *err)
{
    pl_call active;
    const pl_heap *heap = &client->env.config.heap;
    const uint32_t count = pl_scripts_count(client->scripts);
    podlink_status status = pl_call_begin(&active, client, call, err);
    if (status != PODLINK_OK)
        return status;
    const pl_script **scripts = pl_heap_alloc(heap, count * sizeof(pl_script *));
    uint8_t *answers = pl_heap_alloc(heap, count);
    int *by_all = pl_heap_alloc(heap, count * sizeof *by_all);
    for (uint32_t i = 0; i < count && scripts; i++)
        scripts[i] = pl_scripts_at(client->scripts, i);
    status = scripts && answers && by_all ? ask_everywhere(&active, scripts, count, answers, by_all, err)
                                          : pl_error_no_memory(err);
    if (status == PODLINK_OK && capacity > 0)
        memcpy(loaded, by_all, (count < capacity ? count : capacity) * sizeof *loaded);
    pl_heap_free(heap, by_all);
    pl_heap_free(heap, answers);
    pl_heap_free(heap, scripts);
    pl_call_finish(&active);
    return status;
}
