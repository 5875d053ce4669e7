/* SPDX-License-Identifier: MIT */
/* An allocator that counts. New memory is not zero, and freed memory is overwritten. */
#include "counting_heap.h"

#include "seeded_random.h"
#include "sim_scheduler.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
    alignas(max_align_t) size_t size;
    struct block *next, *previous;
} block;

static block *first;
static uint32_t fail_one_in;

void counting_heap_begin(uint32_t one_in)
{
    first = NULL;
    fail_one_in = one_in;
}

void counting_heap_heal(void)
{
    fail_one_in = 0;
}

static void *allocate(void *context, size_t size)
{
    (void)context;
    if (random_one_in(fail_one_in))
        return NULL;
    block *b = malloc(sizeof *b + size);
    if (!b)
        sim_fail("out of real memory");
    *b = (block){.size = size, .next = first};
    if (first)
        first->previous = b;
    first = b;
    memset(b + 1, 0xA5, size);
    return b + 1;
}

static void release(void *context, void *bytes)
{
    (void)context;
    block *b = (block *)bytes - 1;
    if (b->previous)
        b->previous->next = b->next;
    else
        first = b->next;
    if (b->next)
        b->next->previous = b->previous;
    memset(bytes, 0xDD, b->size);
    free(b);
}

static void *reallocate(void *context, void *bytes, size_t size)
{
    void *moved = allocate(context, size);
    if (!moved || !bytes)
        return moved;
    size_t before = ((block *)bytes - 1)->size;
    memcpy(moved, bytes, before < size ? before : size);
    release(context, bytes);
    return moved;
}

const podlink_allocator counting_heap = {
    .allocate = allocate, .reallocate = reallocate, .release = release, .context = NULL};

void counting_heap_check_empty(void)
{
    size_t count = 0, bytes = 0;
    for (const block *b = first; b; b = b->next) {
        count++;
        bytes += b->size;
    }
    if (count > 0)
        sim_fail("%zu blocks of %zu bytes are not freed", count, bytes);
}
