/* SPDX-License-Identifier: MIT */
/* The in-flight queue of a connection. */
#include "conn/inflight.h"

#include <assert.h>

enum { FIRST_CAPACITY = 64 };

void pl_inflight_init(pl_inflight *inflight, const pl_heap *heap)
{
    *inflight = (pl_inflight){.heap = heap};
}

void pl_inflight_fini(pl_inflight *inflight)
{
    pl_heap_free(inflight->heap, inflight->entries);
    pl_inflight_init(inflight, inflight->heap);
}

static bool grow(pl_inflight *inflight)
{
    uint32_t capacity = inflight->capacity ? inflight->capacity * 2 : FIRST_CAPACITY;
    if (capacity == 0)
        return false;
    pl_inflight_entry *entries = pl_heap_alloc(inflight->heap, capacity * sizeof *entries);
    if (!entries)
        return false;
    uint32_t length = pl_inflight_length(inflight);
    for (uint32_t i = 0; i < length; i++)
        entries[i] = *pl_inflight_at(inflight, i);
    pl_heap_free(inflight->heap, inflight->entries);
    *inflight = (pl_inflight){.heap = inflight->heap, .entries = entries, .capacity = capacity, .tail = length};
    return true;
}

bool pl_inflight_reserve(pl_inflight *inflight, uint32_t more)
{
    assert(more <= FIRST_CAPACITY);
    return inflight->capacity - pl_inflight_length(inflight) >= more || grow(inflight);
}

void pl_inflight_push(pl_inflight *inflight, pl_inflight_entry entry)
{
    assert(pl_inflight_length(inflight) < inflight->capacity);
    inflight->entries[inflight->tail++ & (inflight->capacity - 1)] = entry;
}

pl_inflight_entry pl_inflight_pop(pl_inflight *inflight)
{
    assert(pl_inflight_length(inflight) > 0);
    return inflight->entries[inflight->head++ & (inflight->capacity - 1)];
}
