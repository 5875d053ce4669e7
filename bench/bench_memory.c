/* SPDX-License-Identifier: MIT */
#include "bench_memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic size_t counted;

static void *allocate(void *context, size_t size)
{
    void *block = malloc(size);
    (void)context;
    atomic_fetch_add(&counted, malloc_usable_size(block));
    return block;
}

static void *reallocate(void *context, void *block, size_t size)
{
    size_t before = malloc_usable_size(block);
    void *moved = realloc(block, size);
    (void)context;
    if (moved != NULL)
        atomic_fetch_add(&counted, malloc_usable_size(moved) - before);
    return moved;
}

static void release(void *context, void *block)
{
    (void)context;
    atomic_fetch_sub(&counted, malloc_usable_size(block));
    free(block);
}

const podlink_allocator *bench_counting_allocator(void)
{
    static const podlink_allocator allocator = {.allocate = allocate, .reallocate = reallocate, .release = release};
    return &allocator;
}

size_t bench_counted_bytes(void)
{
    return atomic_load(&counted);
}

size_t bench_heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

size_t bench_resident_bytes(void)
{
    unsigned long size;
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}
