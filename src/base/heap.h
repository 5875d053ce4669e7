/* SPDX-License-Identifier: MIT */
/* Memory from the caller's allocator. heap.c is the only file that calls malloc. */
#ifndef PL_BASE_HEAP_H
#define PL_BASE_HEAP_H

#include <podlink/client.h>

#include <stddef.h>

typedef struct pl_heap {
    podlink_allocator allocator;
} pl_heap;

/** @param allocator  may be NULL: malloc; copied */
void pl_heap_init(pl_heap *heap, const podlink_allocator *allocator);

/** NULL when out of memory. size is not 0. */
void *pl_heap_alloc(const pl_heap *heap, size_t size);

/** As pl_heap_alloc(), filled with zeros. */
void *pl_heap_zalloc(const pl_heap *heap, size_t size);

/** NULL when out of memory: the old block stays as it is. block may be NULL. */
void *pl_heap_realloc(const pl_heap *heap, void *block, size_t size);

/** block may be NULL. */
void pl_heap_free(const pl_heap *heap, void *block);

/** A copy that ends with a NUL; NULL when out of memory. */
char *pl_heap_copy(const pl_heap *heap, const char *text, size_t length);

/** A block that the user frees with podlink_free(). Its header holds its allocator. NULL when out of memory. */
void *pl_heap_handout(const pl_heap *heap, size_t size);

#endif
