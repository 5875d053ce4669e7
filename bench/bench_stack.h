/* SPDX-License-Identifier: MIT */
/* Measuring the stack of a function. */
#ifndef BENCH_STACK_H
#define BENCH_STACK_H

#include <stddef.h>

/** Runs a function in a thread whose stack was filled with a pattern, and counts the bytes that were overwritten: the
 *  deepest stack of the function, plus about a page that the thread itself uses. */
size_t bench_stack_bytes(void (*function)(void *argument), void *argument);

#endif
