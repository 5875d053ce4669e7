/* The commands of a connection that wait for their replies, in the order sent. */
#ifndef PL_CONN_LINE_H
#define PL_CONN_LINE_H

#include "base/heap.h"
#include "conn/exchange.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum pl_place_kind {
    PL_PLACE_PLAIN = 0,
    PL_PLACE_GUARDED, /* the server may leave it unanswered: a guard is behind it */
    PL_PLACE_GUARD
} pl_place_kind;

typedef struct pl_place {
    pl_exchange *exchange; /* NULL: given up, or a guard: its reply is thrown away */
    uint32_t index;        /* of the command in its exchange */
    uint32_t size;         /* its bytes */
    pl_place_kind kind;
} pl_place;

/** A ring. */
typedef struct pl_line {
    const pl_heap *heap; /* borrowed */
    pl_place *places;    /* owned */
    uint32_t capacity;   /* a power of two, or 0 */
    uint32_t head;       /* counts for ever; its place is head & (capacity - 1) */
    uint32_t tail;
} pl_line;

void pl_line_init(pl_line *line, const pl_heap *heap);
void pl_line_fini(pl_line *line);

static inline uint32_t pl_line_length(const pl_line *line)
{
    return line->tail - line->head;
}

/** Counted from the head; i < length. */
static inline pl_place *pl_line_at(const pl_line *line, uint32_t i)
{
    return &line->places[(line->head + i) & (line->capacity - 1)];
}

/** Makes room for so many more, a few. False when out of memory. */
bool pl_line_reserve(pl_line *line, uint32_t more);

/** Into the room that was reserved. */
void pl_line_push(pl_line *line, pl_place place);

/** The line is not empty. */
pl_place pl_line_pop(pl_line *line);

#endif
