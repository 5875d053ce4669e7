/* SPDX-License-Identifier: MIT */
/* A byte buffer that grows at its end. */
#include "base/buffer.h"

#include <stdint.h>

enum { FIRST_CAPACITY = 1024 };

void pl_buffer_init(pl_buffer *buffer, const pl_heap *heap)
{
    *buffer = (pl_buffer){.heap = heap};
}

static void wipe(const pl_buffer *buffer)
{
    if (buffer->is_secret && buffer->bytes)
        explicit_bzero(buffer->bytes, buffer->capacity);
}

void pl_buffer_fini(pl_buffer *buffer)
{
    wipe(buffer);
    pl_heap_free(buffer->heap, buffer->bytes);
    *buffer = (pl_buffer){.heap = buffer->heap};
}

/* realloc() may leave a copy of a secret in freed memory. */
static char *move(const pl_buffer *buffer, size_t capacity)
{
    if (!buffer->is_secret || !buffer->bytes)
        return pl_heap_realloc(buffer->heap, buffer->bytes, capacity);
    char *bytes = pl_heap_alloc(buffer->heap, capacity);
    if (!bytes)
        return NULL;
    memcpy(bytes, buffer->bytes, buffer->length);
    wipe(buffer);
    pl_heap_free(buffer->heap, buffer->bytes);
    return bytes;
}

bool pl_buffer_grow(pl_buffer *buffer, size_t more)
{
    if (more > SIZE_MAX / 2 - buffer->length)
        return false;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity - buffer->length < more)
        capacity *= 2;
    char *bytes = move(buffer, capacity);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void pl_buffer_clear(pl_buffer *buffer, size_t keep)
{
    wipe(buffer);
    buffer->is_secret = false;
    buffer->length = 0;
    if (buffer->capacity > keep)
        pl_buffer_fini(buffer);
}
