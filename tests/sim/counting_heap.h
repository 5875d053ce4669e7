/* SPDX-License-Identifier: MIT */
/* An allocator that counts what is not freed, and fails at random. */
#ifndef PODLINK_TESTS_SIM_COUNTING_HEAP_H
#define PODLINK_TESTS_SIM_COUNTING_HEAP_H

#include <podlink/client.h>

/** @param fail_one_in  one in so many allocations fails; 0: none */
void counting_heap_begin(uint32_t fail_one_in);

/** From now on none fails. */
void counting_heap_heal(void);

extern const podlink_allocator counting_heap;

/** Fails the run if something was not freed. */
void counting_heap_check_empty(void);

#endif
