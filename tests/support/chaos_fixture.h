/* SPDX-License-Identifier: MIT */
/* Fixture of the chaos tests: how much they do, and the loss windows that a client reports. */
#ifndef PODLINK_TESTS_CHAOS_FIXTURE_H
#define PODLINK_TESTS_CHAOS_FIXTURE_H

#include "writers.h"

/** How much is done. The first argument of the program sets it: "full", or "short" for a build with a sanitizer, where
 *  everything takes several times as long. PODLINK_TEST_LONG=1 sets more. */
struct chaos_size {
    int failovers;  /* of each kind */
    unsigned slots; /* that are moved */
    unsigned rate;  /* writes per second */
    int slowness;   /* factor for times */
};

extern struct chaos_size chaos;

void chaos_init(int argc, char **argv);

/** How far an answer may be outside a window: a caller takes the time a moment after the library had the answer, and
 *  later if the machine is busy. */
int64_t chaos_tolerance_ns(void);

/** Opens a client that reports its loss windows there. */
podlink_client *chaos_open(const char *url, struct windows *windows);

#endif
