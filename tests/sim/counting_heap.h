/* An allocator that counts what is not freed, and fails by chance. */
#ifndef PODLINK_TESTS_SIM_COUNTING_HEAP_H
#define PODLINK_TESTS_SIM_COUNTING_HEAP_H

#include <podlink/client.h>

/** @param fail_one_in  allocations; 0: none fails */
void counting_heap_begin(uint32_t fail_one_in);

/** From now on none fails. */
void counting_heap_heal(void);

extern const podlink_allocator counting_heap;

/** Ends the run where something was not freed. */
void counting_heap_check_empty(void);

#endif
