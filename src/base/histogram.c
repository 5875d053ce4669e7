/* SPDX-License-Identifier: MIT */
/* A histogram of durations. */
#include "base/histogram.h"

#include <stdint.h>

enum { SUB_BITS = 2, FIRST_EXPONENT = 8 }; /* everything below 256 ns is one bucket */

static unsigned bucket_of(int64_t duration_ns)
{
    if (duration_ns < (INT64_C(1) << FIRST_EXPONENT))
        return 0;
    unsigned exponent = 63 - (unsigned)__builtin_clzll((uint64_t)duration_ns);
    unsigned sub = (unsigned)(duration_ns >> (exponent - SUB_BITS)) & ((1U << SUB_BITS) - 1);
    unsigned bucket = 1 + ((exponent - FIRST_EXPONENT) << SUB_BITS) + sub;
    return bucket < PODLINK_HISTOGRAM_BUCKETS ? bucket : PODLINK_HISTOGRAM_BUCKETS - 1;
}

void pl_histogram_record(pl_histogram *histogram, int64_t duration_ns)
{
    pl_count(&histogram->count, 1);
    pl_count(&histogram->sum_ns, duration_ns > 0 ? (uint64_t)duration_ns : 0);
    pl_count(&histogram->buckets[bucket_of(duration_ns)], 1);
}

void pl_histogram_record_shared(pl_histogram *histogram, int64_t duration_ns)
{
    pl_count_shared(&histogram->count, 1);
    pl_count_shared(&histogram->sum_ns, duration_ns > 0 ? (uint64_t)duration_ns : 0);
    pl_count_shared(&histogram->buckets[bucket_of(duration_ns)], 1);
}

void pl_histogram_sum(const podlink_histogram *from, podlink_histogram *to)
{
    to->count += from->count;
    to->sum_ns += from->sum_ns;
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++)
        to->buckets[i] += from->buckets[i];
}

void pl_histogram_add(const pl_histogram *histogram, podlink_histogram *sum)
{
    sum->count += pl_counted(&histogram->count);
    sum->sum_ns += pl_counted(&histogram->sum_ns);
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += pl_counted(&histogram->buckets[i]);
}

int64_t podlink_histogram_bound_ns(unsigned bucket)
{
    if (bucket >= PODLINK_HISTOGRAM_BUCKETS - 1)
        return INT64_MAX;
    unsigned exponent = FIRST_EXPONENT + (bucket >> SUB_BITS);
    int64_t sub = (int64_t)(bucket & ((1U << SUB_BITS) - 1));
    return (INT64_C(1) << exponent) + (sub << (exponent - SUB_BITS));
}

int64_t podlink_histogram_quantile_ns(const podlink_histogram *histogram, double quantile)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++)
        total += histogram->buckets[i];
    if (total == 0 || !(quantile >= 0 && quantile <= 1))
        return 0;
    uint64_t rank = (uint64_t)(quantile * (double)total);
    uint64_t seen = 0;
    for (unsigned i = 0; i < PODLINK_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > rank || seen == total)
            return podlink_histogram_bound_ns(i);
    }
    return INT64_MAX;
}
