/* SPDX-License-Identifier: MIT */
/* A function with a stack of its own, by ucontext. */
#include "fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#endif

#ifdef HAS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum { STACK_SIZE = 512 * 1024, GUARD_SIZE = 4096 };

void fiber_init_main(fiber *main)
{
    *main = (fiber){0};
#ifdef HAS_TSAN
    main->sanitizer = __tsan_get_current_fiber();
#endif
}

static void *new_stack(void)
{
    char *memory = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, GUARD_SIZE, PROT_NONE) != 0) {
        perror("no stack for a fiber");
        exit(2);
    }
    return memory + GUARD_SIZE;
}

void fiber_init(fiber *f, void (*entry)(void))
{
    if (!f->stack) {
        f->stack = new_stack();
        f->stack_size = STACK_SIZE;
    }
    f->fake_stack = NULL;
#ifdef HAS_TSAN
    if (f->sanitizer)
        __tsan_destroy_fiber(f->sanitizer);
    f->sanitizer = __tsan_create_fiber(0);
#endif
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = f->stack_size;
    f->context.uc_link = NULL;
    makecontext(&f->context, entry, 0);
}

static void switch_to(fiber *from, fiber *to, void **fake_stack)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(fake_stack, to->stack, to->stack_size);
#else
    (void)fake_stack;
#endif
#ifdef HAS_TSAN
    __tsan_switch_to_fiber(to->sanitizer, 0);
#endif
    swapcontext(&from->context, &to->context);
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

void fiber_switch(fiber *from, fiber *to)
{
    switch_to(from, to, &from->fake_stack);
}

void fiber_leave(fiber *from, fiber *to)
{
    switch_to(from, to, NULL);
    abort();
}

void fiber_entered(fiber *self, fiber *from)
{
    (void)self, (void)from;
#ifdef HAS_ASAN
    const void *bottom;
    size_t size;
    __sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size);
    from->stack = (void *)(size_t)bottom;
    from->stack_size = size;
#endif
}
