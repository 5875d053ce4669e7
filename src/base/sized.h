/* SPDX-License-Identifier: MIT */
/* Public structs begin with their size, because a program may be older or newer than the library. */
#ifndef PL_BASE_SIZED_H
#define PL_BASE_SIZED_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/** No public struct is so large: a larger value means that the size field was not set. */
enum { PL_SIZED_MAX = 64 * 1024 };

/** @return the offset of the first byte of `given` beyond `size` that is not zero: a field that a newer program has set
 *  and that this library would ignore; 0: there is none */
static inline size_t pl_sized_unknown(const void *given, size_t size)
{
    size_t given_size;
    memcpy(&given_size, given, sizeof given_size);
    if (given_size > PL_SIZED_MAX)
        return size;
    for (size_t i = size; i < given_size; i++)
        if (((const char *)given)[i] != 0)
            return i;
    return 0;
}

/** Copies the fields that both sides know of a struct that begins with its size. The size of `known`, and the fields
 * that an older program does not have, keep their values.
 *  @param known  out
 *  @param size   of known
 *  @return as pl_sized_unknown() */
static inline size_t pl_sized_take(void *known, size_t size, const void *given)
{
    size_t given_size;
    memcpy(&given_size, given, sizeof given_size);
    const size_t shared = given_size < size ? given_size : size;
    if (shared > sizeof size)
        memcpy((char *)known + sizeof size, (const char *)given + sizeof size, shared - sizeof size);
    return pl_sized_unknown(given, size);
}

/** Copies a struct to the program's, which begins with its size and may be older or newer. Its size field stays. */
static inline void pl_sized_give(void *given, const void *known, size_t size)
{
    size_t given_size;
    memcpy(&given_size, given, sizeof given_size);
    const size_t shared = given_size < size ? given_size : size;
    if (shared > sizeof size)
        memcpy((char *)given + sizeof size, (const char *)known + sizeof size, shared - sizeof size);
}

#endif
