/* SPDX-License-Identifier: MIT */
/* Makes the lists that callers get from whole replies. */
#include "ops/results.h"

#include "base/error.h"
#include "base/text.h"
#include "ops/pod.h"
#include "ops/state_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static podlink_status unexpected(podlink_error *err)
{
    return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "the reply has an unexpected shape");
}

/* Whether it is an array of pairs of texts. */
static bool is_pairs(const podlink_reply *reply)
{
    if (podlink_reply_type_of(reply) != PODLINK_REPLY_ARRAY || podlink_reply_count(reply) % 2 != 0)
        return false;
    for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
        if (podlink_reply_type_of(e) != PODLINK_REPLY_STRING)
            return false;
    return true;
}

static podlink_status corrupt_entry(const pl_key *index, const char *service, const podlink_reply *value,
                                    podlink_error *err)
{
    char shown[64];
    podlink_status status = pl_pod_corrupt(index, value, err);
    if (err) {
        size_t length = strlen(err->message);
        pl_text_escape(service, strlen(service), shown, sizeof shown);
        snprintf(err->message + length, sizeof err->message - length, ", of service \"%s\"", shown);
    }
    return status;
}

static size_t text_size(const podlink_reply *reply)
{
    size_t length = 0;
    return podlink_reply_text(reply, &length) ? length + 1 : 0;
}

/* Copies a text with its NUL, and advances *at. */
static const char *copy_text(char **at, const podlink_reply *reply)
{
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    char *copy = *at;
    memcpy(copy, text, length + 1);
    *at += length + 1;
    return copy;
}

podlink_status pl_results_service_links(const pl_heap *heap, const pl_key *index, const podlink_reply *reply,
                                        podlink_service_links **links, podlink_error *err)
{
    if (!is_pairs(reply))
        return unexpected(err);
    size_t count = podlink_reply_count(reply) / 2;
    size_t texts = 0;
    for (size_t i = 0; i < count; i++)
        texts += text_size(podlink_reply_at(reply, 2 * i));
    podlink_service_links *list = pl_heap_handout(heap, sizeof *list + count * sizeof *list->items + texts);
    if (!list)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the list");
    podlink_service_link *items = (podlink_service_link *)(list + 1);
    char *text = (char *)(items + count);
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < count; i++) {
        const podlink_reply *pod = podlink_reply_at(reply, 2 * i + 1);
        items[i].service = copy_text(&text, podlink_reply_at(reply, 2 * i));
        if (pl_pod_of_reply(pod, &items[i].pod) == PL_POD_IS)
            continue;
        items[i].pod = PODLINK_UNREADABLE_POD;
        if (status == PODLINK_OK)
            status = corrupt_entry(index, items[i].service, pod, err);
    }
    *list = (podlink_service_links){.count = count, .items = items};
    *links = list;
    return status;
}

static int by_pod(const void *a, const void *b)
{
    int32_t left = ((const podlink_state *)a)->pod;
    int32_t right = ((const podlink_state *)b)->pod;
    return (left > right) - (left < right);
}

static bool read_entry(const podlink_reply *field, const podlink_reply *value, podlink_state *state)
{
    size_t field_length = 0, value_length = 0;
    const char *field_text = podlink_reply_text(field, &field_length);
    const char *value_text = podlink_reply_text(value, &value_length);
    return pl_pod_read(field_text, field_length, &state->pod) && pl_state_read(value_text, value_length, state);
}

podlink_status pl_results_states(const pl_heap *heap, const podlink_reply *reply, podlink_states **states,
                                 podlink_error *err)
{
    if (!is_pairs(reply))
        return unexpected(err);
    size_t pairs = podlink_reply_count(reply) / 2;
    podlink_states *list = pl_heap_handout(heap, sizeof *list + pairs * sizeof *list->items);
    if (!list)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the list");
    podlink_state *items = (podlink_state *)(list + 1);
    size_t count = 0;
    for (size_t i = 0; i < pairs; i++)
        if (read_entry(podlink_reply_at(reply, 2 * i), podlink_reply_at(reply, 2 * i + 1), &items[count]))
            count++;
    if (count > 0)
        qsort(items, count, sizeof *items, by_pod);
    *list = (podlink_states){.count = count, .skipped = pairs - count, .items = items};
    *states = list;
    return PODLINK_OK;
}

podlink_status pl_results_workloads(const pl_heap *heap, podlink_reply *const *replies, size_t count,
                                    podlink_workloads **workloads, podlink_error *err)
{
    size_t texts = 0;
    for (size_t i = 0; i < count; i++) {
        podlink_reply_type type = podlink_reply_type_of(replies[i]);
        if (type != PODLINK_REPLY_STRING && type != PODLINK_REPLY_NIL)
            return unexpected(err);
        texts += text_size(replies[i]);
    }
    podlink_workloads *list = pl_heap_handout(heap, sizeof *list + count * sizeof *list->items + texts);
    if (!list)
        return pl_error_set(err, PODLINK_ENOMEM, PODLINK_ANSWERED, "out of memory for the list");
    podlink_workload *items = (podlink_workload *)(list + 1);
    char *text = (char *)(items + count);
    for (size_t i = 0; i < count; i++) {
        items[i] = (podlink_workload){NULL, 0};
        if (podlink_reply_text(replies[i], &items[i].length))
            items[i].state = copy_text(&text, replies[i]);
    }
    *list = (podlink_workloads){.count = count, .items = items};
    *workloads = list;
    return PODLINK_OK;
}
