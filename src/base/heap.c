/* SPDX-License-Identifier: MIT */
/* Memory from the caller's allocator, and blocks that the user frees. */
#include "base/heap.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* The header of a block that the user frees: podlink_free() gets no client, so the block has to name its allocator. */
typedef struct pl_handout {
    alignas(max_align_t) pl_heap heap;
} pl_handout;

static void *system_allocate(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void *system_reallocate(void *context, void *block, size_t size)
{
    (void)context;
    return realloc(block, size);
}

static void system_release(void *context, void *block)
{
    (void)context;
    free(block);
}

void pl_heap_init(pl_heap *heap, const podlink_allocator *allocator)
{
    if (allocator) {
        heap->allocator = *allocator;
        return;
    }
    heap->allocator = (podlink_allocator){
        .allocate = system_allocate, .reallocate = system_reallocate, .release = system_release, .context = NULL};
}

void *pl_heap_alloc(const pl_heap *heap, size_t size)
{
    assert(size > 0);
    return heap->allocator.allocate(heap->allocator.context, size);
}

void *pl_heap_zalloc(const pl_heap *heap, size_t size)
{
    void *block = pl_heap_alloc(heap, size);
    if (block)
        memset(block, 0, size);
    return block;
}

void *pl_heap_realloc(const pl_heap *heap, void *block, size_t size)
{
    assert(size > 0);
    return heap->allocator.reallocate(heap->allocator.context, block, size);
}

void pl_heap_free(const pl_heap *heap, void *block)
{
    if (block)
        heap->allocator.release(heap->allocator.context, block);
}

char *pl_heap_copy(const pl_heap *heap, const char *text, size_t length)
{
    char *copy = pl_heap_alloc(heap, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *pl_heap_handout(const pl_heap *heap, size_t size)
{
    pl_handout *handout = pl_heap_alloc(heap, sizeof *handout + size);
    if (!handout)
        return NULL;
    handout->heap = *heap;
    return handout + 1;
}

void podlink_free(void *block)
{
    if (!block)
        return;
    pl_handout *handout = (pl_handout *)block - 1;
    pl_heap heap = handout->heap;
    pl_heap_free(&heap, handout);
}
