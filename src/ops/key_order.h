/* SPDX-License-Identifier: MIT */
/* The order of the items of a batch: those that change one key take effect in the order given, also if one of them has
 * to be sent again. */
#ifndef PL_OPS_KEY_ORDER_H
#define PL_OPS_KEY_ORDER_H

#include "base/heap.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pl_key_order_fns {
    uint64_t (*hash)(const void *items, uint32_t i);
    bool (*equal)(const void *items, uint32_t i, uint32_t j); /* whether they change the same link or state */
} pl_key_order_fns;

/** Mixes text into a hash. */
uint64_t pl_key_order_hash(uint64_t hash, const char *text);

/** Finds for each item the latest earlier one on the same key.
 *  @param follows  out: count entries for pl_request, owned by the caller; NULL if no key comes twice
 *  @return false when out of memory */
bool pl_key_order_find(const pl_heap *heap, const pl_key_order_fns *keys, const void *items, uint32_t count,
                       uint32_t **follows);

#endif
