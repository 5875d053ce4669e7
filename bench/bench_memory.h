/* SPDX-License-Identifier: MIT */
/* Memory of the process: a counting allocator for podlink, and malloc's own statistics. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <podlink/podlink.h>

#include <stddef.h>

/** An allocator that calls malloc and counts. Static. */
const podlink_allocator *bench_counting_allocator(void);

/** Bytes that are allocated by the counting allocator now. */
size_t bench_counted_bytes(void);

/** Bytes that are allocated by malloc now, with its overhead: all arenas and mappings, all callers. */
size_t bench_heap_bytes(void);

/** The resident set of the process in bytes, from /proc. */
size_t bench_resident_bytes(void);

#endif
