/* What the programs of this folder share: how much they do, and the windows that a client tells. */
#ifndef PODLINK_TESTS_CHAOS_FIXTURE_H
#define PODLINK_TESTS_CHAOS_FIXTURE_H

#include "writers.h"

/** How much is done: so much is asked for by the first argument of the program ("full", or "short" for a build with a
 *  sanitizer, where everything takes several times as long), and more by PODLINK_TEST_LONG=1. */
struct chaos_size {
    int failovers;  /* of each kind */
    unsigned slots; /* that are moved */
    unsigned rate;  /* writes in a second */
    int slowness;   /* by how much times are stretched */
};

extern struct chaos_size chaos;

void chaos_init(int argc, char **argv);

/** By how much an answer may lie outside a window: a caller notes it a moment after the library had it, and later where
 *  the machine is busy. */
int64_t chaos_tolerance_ns(void);

/** Opens a client that tells its windows there. */
podlink_client *chaos_open(const char *url, struct windows *windows);

#endif
