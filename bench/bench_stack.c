/* SPDX-License-Identifier: MIT */
#include "bench_stack.h"

#include "bench_options.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { STACK_BYTES = 1 << 20, PATTERN = 0xa5 };

struct task {
    void (*function)(void *argument);
    void *argument;
};

static void *run(void *argument)
{
    struct task *task = argument;
    task->function(task->argument);
    return NULL;
}

static void run_on(unsigned char *stack, struct task *task)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, run, task) != 0)
        bench_die("cannot start a thread with its own stack");
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

size_t bench_stack_bytes(void (*function)(void *argument), void *argument)
{
    struct task task = {.function = function, .argument = argument};
    size_t untouched = 0;
    unsigned char *stack =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        bench_die("out of memory");
    memset(stack, PATTERN, STACK_BYTES);
    run_on(stack, &task);
    while (untouched < STACK_BYTES && stack[untouched] == PATTERN)
        untouched++;
    munmap(stack, STACK_BYTES);
    return STACK_BYTES - untouched;
}
