/* An allocator for tests: fails when it is told to, counts what is not freed, and moves a block at each realloc and
 * spoils what was freed, so that an old pointer is found out. Thread-safe; its numbers are read when nobody is in it.
 */
#ifndef PODLINK_TESTS_FAILING_HEAP_H
#define PODLINK_TESTS_FAILING_HEAP_H

#include <podlink/client.h>

#include <pthread.h>
#include <stddef.h>

typedef struct test_heap {
    podlink_allocator allocator; /* give this to the library */
    pthread_mutex_t lock;        /* of all below */
    size_t asked;                /* allocations since the last test_heap_fail_at() */
    size_t fail_from;            /* the first of them that fails, counted from 1; 0: none */
    size_t fail_to;              /* the last of them that fails */
    size_t failed;               /* how many have failed since then */
    size_t blocks;               /* that are not freed */
    size_t bytes;                /* in them */
    size_t peak;                 /* the most bytes there ever were */
} test_heap;

/** The heap must stay where it is. */
void test_heap_init(test_heap *heap);

/** From here on the n-th allocation fails (n = 1: the next), and how many - 1 after it; SIZE_MAX: all. n = 0: none. */
void test_heap_fail_at(test_heap *heap, size_t n, size_t how_many);

/** The test fails where a block is still there: what names the place. */
void test_heap_expect_empty(const test_heap *heap, const char *what);

#endif
