/* SPDX-License-Identifier: MIT */
/* Reads round-trip times; prints their count, number of samples, minimum, maximum, p50 and p99. */
#include "verbs/round_trips.h"

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    cli_round_trips times = {0};
    int64_t ns;

    while (scanf("%" SCNd64, &ns) == 1)
        if (!cli_round_trips_add(&times, ns))
            return 1;
    printf("%" PRIu64 " %zu %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", times.count, times.sample_count,
           times.min_ns, times.max_ns, cli_round_trips_quantile(&times, 0.5), cli_round_trips_quantile(&times, 0.99));
    cli_round_trips_fini(&times);
    return 0;
}
