/* SPDX-License-Identifier: MIT */
/* Building and reading replies. */
#include "resp/reply.h"

#include "base/number.h"

#include <stdalign.h>

enum { FIRST_NODES = 16, FIRST_TEXT = 256, KEPT_BYTES = 16 * 1024 };

/* What stands before the first node, for podlink_reply_free(): it knows neither the client nor the other block. */
typedef struct reply_block {
    alignas(max_align_t) pl_heap heap;
    char *text; /* NULL: it is in this block */
    podlink_reply nodes[];
} reply_block;

static reply_block *block_of(podlink_reply *nodes)
{
    return nodes ? (reply_block *)((char *)nodes - offsetof(reply_block, nodes)) : NULL;
}

void pl_reply_init(pl_reply *reply, const pl_heap *heap, size_t memory_max)
{
    *reply = (pl_reply){.heap = heap, .memory_max = memory_max};
}

void pl_reply_fini(pl_reply *reply)
{
    pl_heap_free(reply->heap, block_of(reply->nodes));
    pl_heap_free(reply->heap, reply->text);
    pl_reply_init(reply, reply->heap, reply->memory_max);
}

bool pl_reply_is_large(const pl_reply *reply)
{
    return reply->node_capacity * sizeof *reply->nodes > KEPT_BYTES || reply->text_capacity > KEPT_BYTES;
}

void pl_reply_reset(pl_reply *reply)
{
    reply->node_count = 0;
    reply->text_length = 0;
    reply->is_full = false;
    if (pl_reply_is_large(reply))
        pl_reply_fini(reply);
}

static bool is_text(const podlink_reply *node)
{
    return node->type == PODLINK_REPLY_STRING || node->type == PODLINK_REPLY_STATUS ||
           node->type == PODLINK_REPLY_ERROR;
}

/* What a block may grow to: twice its size, within what the limit leaves it. 0: the limit is reached.
 * @param others  bytes of the other block that are in use */
static size_t grown(pl_reply *reply, size_t capacity, size_t needed, size_t others)
{
    const size_t limit = reply->memory_max > others ? reply->memory_max - others : 0;
    if (needed > limit) {
        reply->is_full = true;
        return 0;
    }
    while (capacity < needed)
        capacity = capacity > limit / 2 ? limit : 2 * capacity;
    return capacity;
}

static bool resize_nodes(pl_reply *reply, size_t capacity)
{
    const size_t size = sizeof(reply_block) + capacity * sizeof *reply->nodes;
    reply_block *block = pl_heap_realloc(reply->heap, block_of(reply->nodes), size);
    if (!block)
        return false;
    reply->nodes = block->nodes;
    reply->node_capacity = capacity;
    return true;
}

bool pl_reply_grow_nodes(pl_reply *reply)
{
    const size_t size = sizeof *reply->nodes;
    const size_t needed = (reply->node_count + 1) * size;
    const size_t present = reply->node_capacity > 0 ? reply->node_capacity * size : FIRST_NODES * size;
    const size_t bytes = grown(reply, present, needed, reply->text_length);
    if (bytes == 0 || reply->node_count >= UINT32_MAX)
        return false;
    return resize_nodes(reply, bytes / size);
}

/* The text has moved: the nodes point to where it is now. */
static void rebase(pl_reply *reply, uintptr_t old, char *text)
{
    for (size_t i = 0; i < reply->node_count; i++)
        if (is_text(&reply->nodes[i]))
            reply->nodes[i].as.text = text + ((uintptr_t)reply->nodes[i].as.text - old);
}

static bool resize_text(pl_reply *reply, size_t capacity)
{
    const uintptr_t old = (uintptr_t)reply->text;
    char *text = pl_heap_realloc(reply->heap, reply->text, capacity);
    if (!text)
        return false;
    if ((uintptr_t)text != old)
        rebase(reply, old, text);
    reply->text = text;
    reply->text_capacity = capacity;
    return true;
}

bool pl_reply_grow_text(pl_reply *reply, size_t more)
{
    const size_t others = reply->node_count * sizeof *reply->nodes;
    const size_t present = reply->text_capacity > 0 ? reply->text_capacity : FIRST_TEXT;
    if (more > SIZE_MAX / 2 - reply->text_length)
        return false;
    const size_t capacity = grown(reply, present, reply->text_length + more, others);
    return capacity > 0 && resize_text(reply, capacity);
}

static podlink_reply *copy(const pl_reply *reply)
{
    const size_t nodes_size = reply->node_count * sizeof *reply->nodes;
    reply_block *block = pl_heap_alloc(reply->heap, sizeof *block + nodes_size + reply->text_length);
    if (!block)
        return NULL;
    *block = (reply_block){.heap = *reply->heap};
    memcpy(block->nodes, reply->nodes, nodes_size);
    char *text = (char *)(block->nodes + reply->node_count);
    if (reply->text_length > 0)
        memcpy(text, reply->text, reply->text_length);
    for (size_t at = 0; at < reply->node_count; at++)
        if (is_text(&block->nodes[at]))
            block->nodes[at].as.text = text + (block->nodes[at].as.text - reply->text);
    return block->nodes;
}

/* Without the memory that it has in reserve; an allocator that cannot shrink a block leaves it as it is. */
static podlink_reply *move(pl_reply *reply)
{
    resize_nodes(reply, reply->node_count);
    if (reply->text_length > 0)
        resize_text(reply, reply->text_length);
    podlink_reply *nodes = reply->nodes;
    block_of(nodes)->heap = *reply->heap;
    block_of(nodes)->text = reply->text;
    pl_reply_init(reply, reply->heap, reply->memory_max);
    return nodes;
}

podlink_reply *pl_reply_handout(pl_reply *reply)
{
    return pl_reply_is_large(reply) ? move(reply) : copy(reply);
}

void podlink_reply_free(podlink_reply *reply)
{
    if (!reply)
        return;
    reply_block *block = block_of(reply);
    const pl_heap heap = block->heap;
    pl_heap_free(&heap, block->text);
    pl_heap_free(&heap, block);
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

const podlink_reply *podlink_reply_first(const podlink_reply *reply)
{
    return podlink_reply_count(reply) > 0 ? reply + 1 : NULL;
}

const podlink_reply *podlink_reply_next(const podlink_reply *array, const podlink_reply *element)
{
    if (!element)
        return NULL;
    const podlink_reply *next = element + element->span;
    return next < array + array->span ? next : NULL;
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
