/* One run of the simulator: everything in it is drawn from the seed. */
#ifndef PODLINK_TESTS_SIM_RUN_H
#define PODLINK_TESTS_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

/** Returns where all is as it must be; else the process has ended. @return the trace's hash */
uint64_t run_seed(uint64_t seed, bool shows_all);

#endif
