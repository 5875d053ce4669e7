/* SPDX-License-Identifier: MIT */
#include "bench_histogram.h"

#include <stddef.h>

enum {
    STEP_BITS = 7, /* 128 steps */
    NS_PER_US = 1000
};

/* A bucket is 1 ns wide below 2 * 128 ns; the width doubles with each power of two. */
static size_t bucket_of(uint64_t ns)
{
    unsigned shift = 0;
    size_t bucket;
    if (ns >= BENCH_HISTOGRAM_STEPS)
        shift = 63U - (unsigned)__builtin_clzll(ns) - STEP_BITS;
    bucket = (size_t)shift * BENCH_HISTOGRAM_STEPS + (size_t)(ns >> shift);
    return bucket < BENCH_HISTOGRAM_BUCKETS ? bucket : BENCH_HISTOGRAM_BUCKETS - 1;
}

static double middle_of(size_t bucket)
{
    size_t shift = bucket < (size_t)2 * BENCH_HISTOGRAM_STEPS ? 0 : bucket / BENCH_HISTOGRAM_STEPS - 1;
    size_t start = bucket - shift * BENCH_HISTOGRAM_STEPS;
    return ((double)start + 0.5) * (double)(UINT64_C(1) << shift);
}

void bench_histogram_add(struct bench_histogram *histogram, int64_t latency_ns)
{
    histogram->buckets[bucket_of(latency_ns < 0 ? 0 : (uint64_t)latency_ns)]++;
    histogram->count++;
}

void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from)
{
    for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
}

double bench_histogram_quantile_us(const struct bench_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= wanted)
            return middle_of(i) / NS_PER_US;
    }
    return 0;
}
