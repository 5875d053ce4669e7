/* SPDX-License-Identifier: MIT */
/* Round-trip times of many pings and their quantiles, by reservoir sampling. Prints nothing. */
#ifndef CLI_ROUND_TRIPS_H
#define CLI_ROUND_TRIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Initialize with zeros. */
typedef struct cli_round_trips {
    int64_t *samples; /* owned: all times, or a uniform sample of CLI_ROUND_TRIPS_SAMPLES_MAX of them */
    size_t sample_count;
    size_t capacity;
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    uint64_t random;
} cli_round_trips;

/** Bounds the memory of a ping that runs for weeks: 8 MiB. */
enum { CLI_ROUND_TRIPS_SAMPLES_MAX = 1 << 20 };

/** Adds a time. @return false: out of memory */
bool cli_round_trips_add(cli_round_trips *times, int64_t ns);

/** A quantile of the samples (0.99 for p99); 0 if there are none. Sorts the samples. */
int64_t cli_round_trips_quantile(cli_round_trips *times, double quantile);
void cli_round_trips_fini(cli_round_trips *times);

#endif
