/* Chance from a seed: everything that is random in a run of the simulator comes from here, so a seed replays it. */
#ifndef PODLINK_TESTS_SEEDED_RANDOM_H
#define PODLINK_TESTS_SEEDED_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void chance_seed(uint64_t seed);

/** From 0 to n - 1; n > 0. */
uint64_t chance_below(uint64_t n);

/** From least to most, both included. */
int64_t chance_between(int64_t least, int64_t most);

/** True one time in n; never where n is 0. */
bool chance_one_in(uint64_t n);

#endif
