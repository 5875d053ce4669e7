/* Building and reading replies. */
#include "resp/reply.h"

#include "base/number.h"

#include <assert.h>
#include <string.h>

enum { FIRST_NODES = 16, FIRST_TEXT = 256, KEPT_BYTES = 16 * 1024 };

void pl_reply_init(pl_reply *reply, const pl_heap *heap)
{
    *reply = (pl_reply){.heap = heap};
}

void pl_reply_fini(pl_reply *reply)
{
    pl_heap_free(reply->heap, reply->nodes);
    pl_heap_free(reply->heap, reply->text);
    pl_reply_init(reply, reply->heap);
}

void pl_reply_reset(pl_reply *reply)
{
    reply->node_count = 0;
    reply->text_length = 0;
    if (reply->node_capacity * sizeof *reply->nodes > KEPT_BYTES || reply->text_capacity > KEPT_BYTES)
        pl_reply_fini(reply);
}

static podlink_reply *add_node(pl_reply *reply, podlink_reply_type type)
{
    if (reply->node_count == UINT32_MAX)
        return NULL;
    if (reply->node_count == reply->node_capacity) {
        size_t capacity = reply->node_capacity ? reply->node_capacity * 2 : FIRST_NODES;
        podlink_reply *nodes = pl_heap_realloc(reply->heap, reply->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return NULL;
        reply->nodes = nodes;
        reply->node_capacity = capacity;
    }
    podlink_reply *node = &reply->nodes[reply->node_count++];
    *node = (podlink_reply){.type = type, .span = 1};
    return node;
}

static bool reserve_text(pl_reply *reply, size_t more)
{
    if (reply->text_capacity - reply->text_length >= more)
        return true;
    size_t capacity = reply->text_capacity ? reply->text_capacity : FIRST_TEXT;
    while (capacity - reply->text_length < more)
        capacity *= 2;
    char *text = pl_heap_realloc(reply->heap, reply->text, capacity);
    if (!text)
        return false;
    reply->text = text;
    reply->text_capacity = capacity;
    return true;
}

bool pl_reply_add_text(pl_reply *reply, podlink_reply_type type, const char *bytes, size_t length)
{
    if (!reserve_text(reply, length + 1))
        return false;
    podlink_reply *node = add_node(reply, type);
    if (!node)
        return false;
    node->count = length;
    node->as.offset = reply->text_length;
    memcpy(reply->text + reply->text_length, bytes, length);
    reply->text[reply->text_length + length] = '\0';
    reply->text_length += length + 1;
    return true;
}

bool pl_reply_add_integer(pl_reply *reply, int64_t value)
{
    podlink_reply *node = add_node(reply, PODLINK_REPLY_INTEGER);
    if (node)
        node->as.integer = value;
    return node != NULL;
}

bool pl_reply_add_nil(pl_reply *reply)
{
    return add_node(reply, PODLINK_REPLY_NIL) != NULL;
}

bool pl_reply_add_array(pl_reply *reply, size_t count)
{
    podlink_reply *node = add_node(reply, PODLINK_REPLY_ARRAY);
    if (node)
        node->count = count;
    return node != NULL;
}

static bool is_text(const podlink_reply *node)
{
    return node->type == PODLINK_REPLY_STRING || node->type == PODLINK_REPLY_STATUS ||
           node->type == PODLINK_REPLY_ERROR;
}

/* Backwards, so that the spans of an array's elements are known when it is reached. */
static void set_spans(podlink_reply *nodes, size_t count)
{
    for (size_t at = count; at-- > 0;) {
        if (nodes[at].type != PODLINK_REPLY_ARRAY)
            continue;
        size_t next = at + 1;
        for (uint64_t element = 0; element < nodes[at].count; element++)
            next += nodes[next].span;
        nodes[at].span = (uint32_t)(next - at);
    }
}

static void set_text(podlink_reply *nodes, size_t count, const char *text)
{
    for (size_t at = 0; at < count; at++)
        if (is_text(&nodes[at]))
            nodes[at].as.text = text + nodes[at].as.offset;
}

const podlink_reply *pl_reply_seal(pl_reply *reply)
{
    assert(reply->node_count > 0);
    set_spans(reply->nodes, reply->node_count);
    set_text(reply->nodes, reply->node_count, reply->text);
    return reply->nodes;
}

podlink_reply *pl_reply_handout(const pl_reply *reply)
{
    size_t nodes_size = reply->node_count * sizeof *reply->nodes;
    podlink_reply *copy = pl_heap_handout(reply->heap, nodes_size + reply->text_length);
    if (!copy)
        return NULL;
    memcpy(copy, reply->nodes, nodes_size);
    char *text = (char *)copy + nodes_size;
    if (reply->text_length > 0)
        memcpy(text, reply->text, reply->text_length);
    for (size_t at = 0; at < reply->node_count; at++)
        if (is_text(&copy[at]))
            copy[at].as.text = text + (copy[at].as.text - reply->text);
    return copy;
}

void podlink_reply_free(podlink_reply *reply)
{
    podlink_free(reply);
}

podlink_reply_type podlink_reply_type_of(const podlink_reply *reply)
{
    return reply ? reply->type : PODLINK_REPLY_NIL;
}

const char *podlink_reply_text(const podlink_reply *reply, size_t *length)
{
    if (!reply || !is_text(reply))
        return NULL;
    if (length)
        *length = reply->count;
    return reply->as.text;
}

podlink_status podlink_reply_integer(const podlink_reply *reply, int64_t *value)
{
    if (reply && reply->type == PODLINK_REPLY_INTEGER) {
        *value = reply->as.integer;
        return PODLINK_OK;
    }
    if (reply && reply->type == PODLINK_REPLY_STRING && pl_number_parse(reply->as.text, reply->count, value))
        return PODLINK_OK;
    return PODLINK_EREPLY;
}

size_t podlink_reply_count(const podlink_reply *reply)
{
    return reply && reply->type == PODLINK_REPLY_ARRAY ? reply->count : 0;
}

const podlink_reply *podlink_reply_at(const podlink_reply *reply, size_t index)
{
    if (index >= podlink_reply_count(reply))
        return NULL;
    if (reply->span == reply->count + 1)
        return reply + 1 + index;
    const podlink_reply *element = reply + 1;
    while (index-- > 0)
        element += element->span;
    return element;
}
