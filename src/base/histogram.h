/* SPDX-License-Identifier: MIT */
/* A histogram of durations: four buckets for each doubling, so that a quantile is right within a fifth. */
#ifndef PL_BASE_HISTOGRAM_H
#define PL_BASE_HISTOGRAM_H

#include "base/counters.h"

#include <podlink/client.h>

typedef struct pl_histogram {
    pl_counter count;
    pl_counter sum_ns;
    pl_counter buckets[PODLINK_HISTOGRAM_BUCKETS];
} pl_histogram;

/** Counts a duration. One writer at a time. */
void pl_histogram_record(pl_histogram *histogram, int64_t duration_ns);

/** As pl_histogram_record(), while other writers may record too. */
void pl_histogram_record_shared(pl_histogram *histogram, int64_t duration_ns);

/** Adds one sum to another. */
void pl_histogram_sum(const podlink_histogram *from, podlink_histogram *to);

/** Adds the counts of a histogram to a sum. */
void pl_histogram_add(const pl_histogram *histogram, podlink_histogram *sum);

#endif
