/* Latencies, counted in buckets that are at most 0.8 % wide. One histogram belongs to one thread; merge afterwards. */
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

/** Counts a latency; what is beyond 18 minutes is counted as that. */
void bench_histogram_add(struct bench_histogram *histogram, int64_t latency_ns);

void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from);

/** The latency that a share (0..1) of all does not exceed, in microseconds; 0 where there is none. */
double bench_histogram_quantile_us(const struct bench_histogram *histogram, double share);

#endif
