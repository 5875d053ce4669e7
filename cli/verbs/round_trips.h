/* The times of many pings, and their quantiles. Nothing is printed here. */
#ifndef CLI_ROUND_TRIPS_H
#define CLI_ROUND_TRIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero to begin with. */
typedef struct cli_round_trips {
    int64_t *samples; /* owned: all of them, or an even choice of CLI_ROUND_TRIPS_SAMPLES_MAX where there were more */
    size_t sample_count;
    size_t capacity;
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    uint64_t random;
} cli_round_trips;

/** A ping that is watched for weeks must not fill the memory: 8 MiB. */
enum { CLI_ROUND_TRIPS_SAMPLES_MAX = 1 << 20 };

/** Adds one. @return false: out of memory */
bool cli_round_trips_add(cli_round_trips *times, int64_t ns);

/** The time that the given part of them (0.99 for p99) did not exceed; 0 where there are none. Sorts what is kept. */
int64_t cli_round_trips_quantile(cli_round_trips *times, double quantile);
void cli_round_trips_fini(cli_round_trips *times);

#endif
