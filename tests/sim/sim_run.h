/* SPDX-License-Identifier: MIT */
/* One run of the simulator. Everything in it is drawn from the seed. */
#ifndef PODLINK_TESTS_SIM_RUN_H
#define PODLINK_TESTS_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

/** Returns if all checks pass; else it ends the process. @return the hash of the trace */
uint64_t run_seed(uint64_t seed, bool shows_all);

#endif
