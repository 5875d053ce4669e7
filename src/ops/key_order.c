/* SPDX-License-Identifier: MIT */
/* The order of the items of a batch, by an open-addressing hash table of the latest item on each key. */
#include "ops/key_order.h"

#include "conn/request.h"

#include <string.h>

uint64_t pl_key_order_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash * 31 + 1;
}

static uint32_t table_size(uint32_t count)
{
    uint32_t size = 16;
    while (size < count || size - count < count) /* at most half full */
        size *= 2;
    return size;
}

/* @return whether any key came twice */
static bool fill(const pl_key_order_fns *keys, const void *items, uint32_t count, uint32_t *table, uint32_t size,
                 uint32_t *follows)
{
    bool any = false;
    memset(table, 0xFF, size * sizeof *table);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = keys->hash(items, i);
        uint32_t at = (uint32_t)(hash ^ (hash >> 32)) & (size - 1);
        while (table[at] != PL_FOLLOWS_NONE && !keys->equal(items, table[at], i))
            at = (at + 1) & (size - 1);
        follows[i] = table[at];
        any |= table[at] != PL_FOLLOWS_NONE;
        table[at] = i;
    }
    return any;
}

bool pl_key_order_find(const pl_heap *heap, const pl_key_order_fns *keys, const void *items, uint32_t count,
                       uint32_t **follows)
{
    *follows = NULL;
    if (count < 2)
        return true;
    if (count > UINT32_MAX / 4)
        return false;
    uint32_t size = table_size(count);
    uint32_t *found = pl_heap_alloc(heap, count * sizeof *found);
    uint32_t *table = pl_heap_alloc(heap, size * sizeof *table);
    if (found && table && fill(keys, items, count, table, size, found)) {
        *follows = found;
        pl_heap_free(heap, table);
        return true;
    }
    bool has_memory = found && table;
    pl_heap_free(heap, found);
    pl_heap_free(heap, table);
    return has_memory;
}
