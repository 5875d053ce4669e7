/* SPDX-License-Identifier: MIT */
/* An allocator that fails on request. */
#include "failing_heap.h"

#include "tap_cmocka.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPOILT = 0xDD, FRESH = 0xA5 };

static const uint32_t LIVE = 0x11FE11FE;
static const uint32_t FREED = 0xDEADDEAD;

typedef struct block {
    alignas(max_align_t) test_heap *heap;
    size_t size;
    uint32_t mark;
} block;

static void end(const char *why)
{
    fprintf(stderr, "test heap: %s\n", why);
    abort();
}

static block *block_of(test_heap *heap, void *bytes)
{
    block *b = (block *)bytes - 1;
    if (b->mark == FREED)
        end("a block is freed twice");
    if (b->mark != LIVE || b->heap != heap)
        end("a block that is not of this heap");
    return b;
}

static bool must_fail(test_heap *heap)
{
    heap->asked++;
    if (heap->fail_from == 0 || heap->asked < heap->fail_from || heap->asked > heap->fail_to)
        return false;
    heap->failed++;
    return true;
}

static void *take(test_heap *heap, size_t size)
{
    if (size == 0)
        end("an allocation of 0 bytes");
    block *b = malloc(sizeof *b + size);
    if (!b)
        end("out of real memory");
    *b = (block){.heap = heap, .size = size, .mark = LIVE};
    memset(b + 1, FRESH, size);
    heap->blocks++;
    heap->bytes += size;
    heap->peak = heap->bytes > heap->peak ? heap->bytes : heap->peak;
    return b + 1;
}

static void give_back(test_heap *heap, void *bytes)
{
    block *b = block_of(heap, bytes);
    heap->blocks--;
    heap->bytes -= b->size;
    b->mark = FREED;
    memset(bytes, SPOILT, b->size);
    free(b);
}

static void *allocate(void *context, size_t size)
{
    test_heap *heap = context;
    pthread_mutex_lock(&heap->lock);
    void *bytes = must_fail(heap) ? NULL : take(heap, size);
    pthread_mutex_unlock(&heap->lock);
    return bytes;
}

static void *move(test_heap *heap, void *bytes, size_t size)
{
    void *moved = take(heap, size);
    if (bytes) {
        size_t old = block_of(heap, bytes)->size;
        memcpy(moved, bytes, old < size ? old : size);
        give_back(heap, bytes);
    }
    return moved;
}

static void *reallocate(void *context, void *bytes, size_t size)
{
    test_heap *heap = context;
    pthread_mutex_lock(&heap->lock);
    void *moved = must_fail(heap) ? NULL : move(heap, bytes, size);
    pthread_mutex_unlock(&heap->lock);
    return moved;
}

static void release(void *context, void *bytes)
{
    test_heap *heap = context;
    if (!bytes)
        end("release of NULL");
    pthread_mutex_lock(&heap->lock);
    give_back(heap, bytes);
    pthread_mutex_unlock(&heap->lock);
}

void test_heap_init(test_heap *heap)
{
    *heap =
        (test_heap){.allocator = {.allocate = allocate, .reallocate = reallocate, .release = release, .context = heap}};
    pthread_mutex_init(&heap->lock, NULL);
}

void test_heap_fail_at(test_heap *heap, size_t n, size_t how_many)
{
    pthread_mutex_lock(&heap->lock);
    heap->asked = 0;
    heap->failed = 0;
    heap->fail_from = n;
    heap->fail_to = how_many > SIZE_MAX - n ? SIZE_MAX : n + how_many - 1;
    pthread_mutex_unlock(&heap->lock);
}

void test_heap_expect_empty(const test_heap *heap, const char *what)
{
    if (heap->blocks > 0)
        fail_msg("%zu blocks of %zu bytes are not freed: %s", heap->blocks, heap->bytes, what);
}
