/* A reply as a flat list of nodes, each before its elements, and their text in one piece: so a reply costs two blocks
 * of memory, which the next reply uses again. */
#ifndef PL_RESP_REPLY_H
#define PL_RESP_REPLY_H

#include "base/heap.h"

#include <podlink/command.h>

#include <stdbool.h>
#include <stdint.h>

struct podlink_reply {
    podlink_reply_type type;
    uint32_t span;  /* nodes of this element, itself included */
    uint64_t count; /* elements of an array, bytes of a text */
    union {
        int64_t integer;
        const char *text;
        size_t offset; /* of the text while the reply is being built, since the text may still move */
    } as;
};

typedef struct pl_reply {
    const pl_heap *heap;  /* borrowed */
    podlink_reply *nodes; /* owned */
    char *text;           /* owned */
    size_t node_count;
    size_t node_capacity;
    size_t text_length;
    size_t text_capacity;
} pl_reply;

void pl_reply_init(pl_reply *reply, const pl_heap *heap);
void pl_reply_fini(pl_reply *reply);

/** Empties it; keeps the memory unless it has grown large. */
void pl_reply_reset(pl_reply *reply);

/** Appends a node. False when out of memory. */
bool pl_reply_add_text(pl_reply *reply, podlink_reply_type type, const char *bytes, size_t length);
bool pl_reply_add_integer(pl_reply *reply, int64_t value);
bool pl_reply_add_nil(pl_reply *reply);
bool pl_reply_add_array(pl_reply *reply, size_t count);

/** Ends building: sets spans and text pointers. @return the root */
const podlink_reply *pl_reply_seal(pl_reply *reply);

/** The first element of an array that has one, and the one behind an element that is not its array's last: a step each,
 *  where podlink_reply_at() may take many. */
static inline const podlink_reply *pl_reply_first(const podlink_reply *array)
{
    return array + 1;
}

static inline const podlink_reply *pl_reply_after(const podlink_reply *element)
{
    return element + element->span;
}

/** Copies a sealed reply into one block for the user, podlink_reply_free(). NULL when out of memory. */
podlink_reply *pl_reply_handout(const pl_reply *reply);

#endif
