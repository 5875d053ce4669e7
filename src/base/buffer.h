/* SPDX-License-Identifier: MIT */
/* Bytes that grow at their end. */
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
    bool is_secret; /* the memory is wiped before it is freed or reused; pl_buffer_clear() ends that */
} pl_buffer;

void pl_buffer_init(pl_buffer *buffer, const pl_heap *heap);
void pl_buffer_fini(pl_buffer *buffer);

/** Makes room for more bytes behind the present ones; false when out of memory, and nothing has changed. */
bool pl_buffer_grow(pl_buffer *buffer, size_t more);

/** Forgets the bytes, and the memory too where it is more than keep. */
void pl_buffer_clear(pl_buffer *buffer, size_t keep);

/* Here since each argument of each command passes it. */
static inline bool pl_buffer_reserve(pl_buffer *buffer, size_t more)
{
    return buffer->capacity - buffer->length >= more || pl_buffer_grow(buffer, more);
}

/** Appends where room was reserved. */
static inline void pl_buffer_put(pl_buffer *buffer, const void *bytes, size_t length)
{
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

#endif
