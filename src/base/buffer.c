/* Bytes that grow at their end. */
#include "base/buffer.h"

#include <stdint.h>

enum { FIRST_CAPACITY = 1024 };

void pl_buffer_init(pl_buffer *buffer, const pl_heap *heap)
{
    *buffer = (pl_buffer){.heap = heap};
}

void pl_buffer_fini(pl_buffer *buffer)
{
    pl_heap_free(buffer->heap, buffer->bytes);
    *buffer = (pl_buffer){.heap = buffer->heap};
}

bool pl_buffer_grow(pl_buffer *buffer, size_t more)
{
    if (more > SIZE_MAX / 2 - buffer->length)
        return false;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity - buffer->length < more)
        capacity *= 2;
    char *bytes = pl_heap_realloc(buffer->heap, buffer->bytes, capacity);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void pl_buffer_clear(pl_buffer *buffer, size_t keep)
{
    buffer->length = 0;
    if (buffer->capacity > keep)
        pl_buffer_fini(buffer);
}
