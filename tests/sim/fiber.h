/* A function with a stack of its own, that gives up the processor where it wants to. The sanitizers are told. */
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

/** The thread as it is: from it fibers are entered. */
void fiber_init_main(fiber *main);

/** Makes a fiber that will begin with entry(), which must not return. A stack that was there is used again. */
void fiber_init(fiber *f, void (*entry)(void));

/** Goes on in another fiber; returns when somebody switches back. */
void fiber_switch(fiber *from, fiber *to);

/** The same, for the last time: from is not entered again until it is initialised again. */
void fiber_leave(fiber *from, fiber *to);

/** The first thing that entry() does. @param from  which has switched here */
void fiber_entered(fiber *self, fiber *from);

#endif
