/* SPDX-License-Identifier: MIT */
/* The in-flight queue of a connection: commands without a reply yet, in the order sent. */
#ifndef PL_CONN_INFLIGHT_H
#define PL_CONN_INFLIGHT_H

#include "base/heap.h"
#include "conn/request.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum pl_inflight_kind {
    PL_INFLIGHT_PLAIN = 0,
    PL_INFLIGHT_FENCED, /* the server may leave it unanswered: a fence follows */
    PL_INFLIGHT_FENCE
} pl_inflight_kind;

typedef struct pl_inflight_entry {
    pl_request *request; /* NULL: abandoned, or a fence: the reply is discarded */
    uint32_t index;      /* of the command in its request */
    uint32_t size;       /* in bytes */
    pl_inflight_kind kind;
} pl_inflight_entry;

/** A ring buffer. */
typedef struct pl_inflight {
    const pl_heap *heap;        /* borrowed */
    pl_inflight_entry *entries; /* owned */
    uint32_t capacity;          /* a power of two, or 0 */
    uint32_t head;              /* only grows; its entry is head & (capacity - 1) */
    uint32_t tail;
} pl_inflight;

void pl_inflight_init(pl_inflight *inflight, const pl_heap *heap);
void pl_inflight_fini(pl_inflight *inflight);

static inline uint32_t pl_inflight_length(const pl_inflight *inflight)
{
    return inflight->tail - inflight->head;
}

/** The entry i, counted from the head; i < length. */
static inline pl_inflight_entry *pl_inflight_at(const pl_inflight *inflight, uint32_t i)
{
    return &inflight->entries[(inflight->head + i) & (inflight->capacity - 1)];
}

/** Makes room for a few more entries. False when out of memory. */
bool pl_inflight_reserve(pl_inflight *inflight, uint32_t more);

/** Appends an entry. Room is reserved. */
void pl_inflight_push(pl_inflight *inflight, pl_inflight_entry entry);

/** Takes the first entry. The queue is not empty. */
pl_inflight_entry pl_inflight_pop(pl_inflight *inflight);

#endif
