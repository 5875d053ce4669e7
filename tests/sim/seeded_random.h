/* SPDX-License-Identifier: MIT */
/* Random numbers from a seed. All random decisions of a run of the simulator use them, so a seed replays it. */
#ifndef PODLINK_TESTS_SEEDED_RANDOM_H
#define PODLINK_TESTS_SEEDED_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void random_seed(uint64_t seed);

/** From 0 to n - 1; n > 0. */
uint64_t random_below(uint64_t n);

/** From least to most, both included. */
int64_t random_between(int64_t least, int64_t most);

/** True one time in n; never if n is 0. */
bool random_one_in(uint64_t n);

#endif
