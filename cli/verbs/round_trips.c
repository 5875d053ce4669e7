/* SPDX-License-Identifier: MIT */
/* Round-trip times of many pings and their quantiles, by reservoir sampling. Prints nothing. */
#include "verbs/round_trips.h"

#include <stdlib.h>

/* xorshift64: good enough to choose the samples. */
static uint64_t next_random(cli_round_trips *times)
{
    uint64_t state = times->random ? times->random : 0x9e3779b97f4a7c15U;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    times->random = state;
    return state;
}

static bool grow(cli_round_trips *times)
{
    size_t capacity = times->capacity ? 2 * times->capacity : 64;
    int64_t *larger = realloc(times->samples, capacity * sizeof *larger);

    if (!larger)
        return false;
    times->samples = larger;
    times->capacity = capacity;
    return true;
}

bool cli_round_trips_add(cli_round_trips *times, int64_t ns)
{
    if (times->sample_count < CLI_ROUND_TRIPS_SAMPLES_MAX) {
        if (times->sample_count == times->capacity && !grow(times))
            return false;
        times->samples[times->sample_count++] = ns;
    } else {
        /* Reservoir sampling: the n-th value replaces a sample with probability samples/n, so that all have the same
         * probability. */
        uint64_t place = next_random(times) % (times->count + 1);
        if (place < CLI_ROUND_TRIPS_SAMPLES_MAX)
            times->samples[place] = ns;
    }
    times->min_ns = times->count == 0 || ns < times->min_ns ? ns : times->min_ns;
    times->max_ns = ns > times->max_ns ? ns : times->max_ns;
    times->count++;
    return true;
}

static int by_size(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

int64_t cli_round_trips_quantile(cli_round_trips *times, double quantile)
{
    size_t rank = (size_t)(quantile * (double)times->sample_count);

    if (times->sample_count == 0)
        return 0;
    if ((double)rank < quantile * (double)times->sample_count)
        rank++;
    qsort(times->samples, times->sample_count, sizeof *times->samples, by_size);
    return times->samples[rank > 0 ? rank - 1 : 0];
}

void cli_round_trips_fini(cli_round_trips *times)
{
    free(times->samples);
    *times = (cli_round_trips){0};
}
