/* SPDX-License-Identifier: MIT */
/* A reply as a flat list of nodes, each before its elements, and their text in one piece: so a reply costs two blocks
 * of memory, which the next reply uses again. */
#ifndef PL_RESP_REPLY_H
#define PL_RESP_REPLY_H

#include "base/heap.h"

#include <podlink/command.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct podlink_reply {
    podlink_reply_type type;
    uint32_t span;  /* nodes of this element, itself included */
    uint64_t count; /* elements of an array, bytes of a text */
    union {
        int64_t integer;
        const char *text;
    } as;
};

typedef struct pl_reply {
    const pl_heap *heap;  /* borrowed */
    podlink_reply *nodes; /* owned; in a block that podlink_reply_free() can free */
    char *text;           /* owned */
    size_t node_count;
    size_t node_capacity;
    size_t text_length;
    size_t text_capacity;
    size_t memory_max; /* nodes and text together take no more */
    bool is_full;      /* memory_max, and not the heap, is why something could not be added */
} pl_reply;

/** @param memory_max  SIZE_MAX: no limit */
void pl_reply_init(pl_reply *reply, const pl_heap *heap, size_t memory_max);
void pl_reply_fini(pl_reply *reply);

/** Empties it; keeps the memory unless it has grown large. */
void pl_reply_reset(pl_reply *reply);

/** Whether it has grown so large that its memory is not kept. */
bool pl_reply_is_large(const pl_reply *reply);

/** The first element of an array that has one, and the one after an element that is not its array's last: what
 *  podlink_reply_first() and podlink_reply_next() do, without their checks. */
static inline const podlink_reply *pl_reply_first(const podlink_reply *array)
{
    return array + 1;
}

static inline const podlink_reply *pl_reply_after(const podlink_reply *element)
{
    return element + element->span;
}

/** NULL where it is empty. */
static inline const podlink_reply *pl_reply_root(const pl_reply *reply)
{
    return reply->node_count > 0 ? reply->nodes : NULL;
}

/* --- building ----------------------------------------------------------------------------------------------------- */

/** Slow paths of the functions below. */
bool pl_reply_grow_nodes(pl_reply *reply);
bool pl_reply_grow_text(pl_reply *reply, size_t more);

/** Makes room for so many more bytes of text. False when out of memory, or at memory_max: nothing has changed. */
static inline bool pl_reply_reserve(pl_reply *reply, size_t more)
{
    return reply->text_capacity - reply->text_length >= more || pl_reply_grow_text(reply, more);
}

/** Appends text where room was reserved. */
static inline void pl_reply_put(pl_reply *reply, const char *bytes, size_t length)
{
    memcpy(reply->text + reply->text_length, bytes, length);
    reply->text_length += length;
}

/** Appends a node, whose text begins here. NULL when out of memory, or at memory_max. Of an array the caller sets the
 *  count, and the span when its last element is there. */
static inline podlink_reply *pl_reply_add(pl_reply *reply, podlink_reply_type type)
{
    if (reply->node_count == reply->node_capacity && !pl_reply_grow_nodes(reply))
        return NULL;
    podlink_reply *node = &reply->nodes[reply->node_count++];
    *node = (podlink_reply){.type = type, .span = 1};
    return node;
}

/** Ends the array that is node number i: all its elements have been added. */
static inline void pl_reply_end_array(pl_reply *reply, size_t i)
{
    reply->nodes[i].span = (uint32_t)(reply->node_count - i);
}

/** Gives a reply to the user, podlink_reply_free(). A large one is not copied: its memory changes hands, and the reply
 * is empty then. So this is short enough for a lock. NULL when out of memory. */
podlink_reply *pl_reply_handout(pl_reply *reply);

#endif
