/* SPDX-License-Identifier: MIT */
/* An allocator that fails on request and counts what is not freed. It moves a block at each realloc and overwrites
 * freed memory, so that a use of an old pointer is noticed. Thread-safe; the test reads the counts when no other thread
 * allocates. */
#ifndef PODLINK_TESTS_FAILING_HEAP_H
#define PODLINK_TESTS_FAILING_HEAP_H

#include <podlink/client.h>

#include <pthread.h>
#include <stddef.h>

typedef struct test_heap {
    podlink_allocator allocator; /* for the library */
    pthread_mutex_t lock;        /* protects all fields below */
    size_t asked;                /* allocations since the last test_heap_fail_at() */
    size_t fail_from;            /* the first of them that fails, counted from 1; 0: none */
    size_t fail_to;              /* the last allocation that fails */
    size_t failed;               /* how many have failed since test_heap_fail_at() */
    size_t blocks;               /* not freed */
    size_t bytes;                /* in these blocks */
    size_t peak;                 /* the most bytes so far */
} test_heap;

/** The heap must not move afterwards. */
void test_heap_init(test_heap *heap);

/** From now on the n-th allocation fails (n = 1: the next) and how_many - 1 after it; SIZE_MAX: all. n = 0: none. */
void test_heap_fail_at(test_heap *heap, size_t n, size_t how_many);

/** Fails the test if a block is not freed. `what` names the place in the message. */
void test_heap_expect_empty(const test_heap *heap, const char *what);

#endif
