// SPDX-License-Identifier: MIT
/** The same as ../../../../../bench_histogram.c: buckets at most 0.8 % wide. */
final class Histogram {
    private static final int STEP_BITS = 7;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int BUCKETS = STEPS * 34;

    private final long[] buckets = new long[BUCKETS];
    private long count;

    long count() {
        return count;
    }

    void add(long ns) {
        int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(ns) - STEP_BITS);
        buckets[Math.min(shift * STEPS + (int) (ns >> shift), BUCKETS - 1)]++;
        count++;
    }

    void merge(Histogram from) {
        for (int i = 0; i < BUCKETS; i++) {
            buckets[i] += from.buckets[i];
        }
        count += from.count;
    }

    double quantileUs(double share) {
        long wanted = (long) Math.ceil(share * count);
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += buckets[i];
            if (seen >= wanted && seen > 0) {
                int shift = Math.max(0, i / STEPS - 1);
                return (i - shift * STEPS + 0.5) * (1L << shift) / 1000;
            }
        }
        return 0;
    }
}
