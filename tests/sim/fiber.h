/* SPDX-License-Identifier: MIT */
/* A fiber: a function with a stack of its own, which yields explicitly. It informs the sanitizers about each switch. */
#ifndef PODLINK_TESTS_SIM_FIBER_H
#define PODLINK_TESTS_SIM_FIBER_H

#include <stddef.h>
#include <ucontext.h>

typedef struct fiber {
    ucontext_t context;
    void *stack; /* NULL: the thread's own */
    size_t stack_size;
    void *sanitizer;  /* of ThreadSanitizer */
    void *fake_stack; /* of AddressSanitizer */
} fiber;

/** Makes a fiber of the running thread, from which others are entered. */
void fiber_init_main(fiber *main);

/** Makes a fiber that will begin with entry(), which must not return. An old stack is reused. */
void fiber_init(fiber *f, void (*entry)(void));

/** Continues in another fiber; returns when another fiber switches back. */
void fiber_switch(fiber *from, fiber *to);

/** The same, for the last time: from is not entered again until it is initialised again. */
void fiber_leave(fiber *from, fiber *to);

/** Must be the first call of entry(). @param from  the fiber that has switched to this one */
void fiber_entered(fiber *self, fiber *from);

#endif
