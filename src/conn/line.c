/* The commands of a connection that wait for their replies. */
#include "conn/line.h"

#include <assert.h>

enum { FIRST_CAPACITY = 64 };

void pl_line_init(pl_line *line, const pl_heap *heap)
{
    *line = (pl_line){.heap = heap};
}

void pl_line_fini(pl_line *line)
{
    pl_heap_free(line->heap, line->places);
    pl_line_init(line, line->heap);
}

static bool grow(pl_line *line)
{
    uint32_t capacity = line->capacity ? line->capacity * 2 : FIRST_CAPACITY;
    if (capacity == 0)
        return false;
    pl_place *places = pl_heap_alloc(line->heap, capacity * sizeof *places);
    if (!places)
        return false;
    uint32_t length = pl_line_length(line);
    for (uint32_t i = 0; i < length; i++)
        places[i] = *pl_line_at(line, i);
    pl_heap_free(line->heap, line->places);
    *line = (pl_line){.heap = line->heap, .places = places, .capacity = capacity, .tail = length};
    return true;
}

bool pl_line_reserve(pl_line *line, uint32_t more)
{
    assert(more <= FIRST_CAPACITY);
    return line->capacity - pl_line_length(line) >= more || grow(line);
}

void pl_line_push(pl_line *line, pl_place place)
{
    assert(pl_line_length(line) < line->capacity);
    line->places[line->tail++ & (line->capacity - 1)] = place;
}

pl_place pl_line_pop(pl_line *line)
{
    assert(pl_line_length(line) > 0);
    return line->places[line->head++ & (line->capacity - 1)];
}
