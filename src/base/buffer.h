/* SPDX-License-Identifier: MIT */
/* A byte buffer that grows at its end. */
#ifndef PL_BASE_BUFFER_H
#define PL_BASE_BUFFER_H

#include "base/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct pl_buffer {
    const pl_heap *heap; /* borrowed */
    char *bytes;         /* owned */
    size_t length;
    size_t capacity;
    bool is_secret; /* the memory is wiped before it is freed or reused; pl_buffer_clear() resets this flag */
} pl_buffer;

void pl_buffer_init(pl_buffer *buffer, const pl_heap *heap);
void pl_buffer_fini(pl_buffer *buffer);

/** Makes room for `more` bytes behind the present ones.
 *  @return false when out of memory: nothing has changed */
bool pl_buffer_grow(pl_buffer *buffer, size_t more);

/** Removes the bytes. Frees the memory too if its capacity is more than `keep`. */
void pl_buffer_clear(pl_buffer *buffer, size_t keep);

/* Inline, because it runs for each argument of each command. */
static inline bool pl_buffer_reserve(pl_buffer *buffer, size_t more)
{
    return buffer->capacity - buffer->length >= more || pl_buffer_grow(buffer, more);
}

/** Appends bytes for which room was reserved. */
static inline void pl_buffer_put(pl_buffer *buffer, const void *bytes, size_t length)
{
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

#endif
