/* SPDX-License-Identifier: MIT */
/* A histogram of latencies with buckets that are at most 0.8 % wide. Not thread-safe: use one per thread, then merge.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    BENCH_HISTOGRAM_STEPS = 128, /* buckets for each power of two */
    BENCH_HISTOGRAM_BUCKETS = BENCH_HISTOGRAM_STEPS * 34
};

struct bench_histogram {
    uint64_t count;
    uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

/** Counts a latency. Latencies above 18 minutes fall into the last bucket. */
void bench_histogram_add(struct bench_histogram *histogram, int64_t latency_ns);

void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from);

/** A quantile (0..1) in microseconds; 0 if the histogram is empty. */
double bench_histogram_quantile_us(const struct bench_histogram *histogram, double share);

#endif
