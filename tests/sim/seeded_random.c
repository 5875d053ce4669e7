/* SPDX-License-Identifier: MIT */
/* Random numbers from a seed: splitmix64. */
#include "seeded_random.h"

static uint64_t state;

void random_seed(uint64_t seed)
{
    state = seed;
}

static uint64_t next(void)
{
    uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t random_below(uint64_t n)
{
    return next() % n;
}

int64_t random_between(int64_t least, int64_t most)
{
    return least + (int64_t)random_below((uint64_t)(most - least) + 1);
}

bool random_one_in(uint64_t n)
{
    return n > 0 && random_below(n) == 0;
}
