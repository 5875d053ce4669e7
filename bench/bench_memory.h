/* What the process has allocated: an allocator for podlink that counts, and malloc's own books. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <podlink/podlink.h>

#include <stddef.h>

/** Passes on to malloc and counts. Static. */
const podlink_allocator *bench_counting_allocator(void);

/** Bytes that are allocated through the counting allocator now. */
size_t bench_counted_bytes(void);

/** Bytes that malloc has handed out, whoever asked, with its own overhead: all arenas and mappings. */
size_t bench_heap_bytes(void);

/** The resident set of the process in bytes; from /proc. */
size_t bench_resident_bytes(void);

#endif
