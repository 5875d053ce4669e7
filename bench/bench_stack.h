/* How much of its stack a function uses. */
#ifndef BENCH_STACK_H
#define BENCH_STACK_H

#include <stddef.h>

/** Runs a function in a thread of its own, whose stack was painted before, and tells how many bytes of the paint are
 *  gone: what the function used at its deepest, and about a page that the thread itself takes. */
size_t bench_stack_bytes(void (*function)(void *argument), void *argument);

#endif
