/* SPDX-License-Identifier: MIT */
/* A peer: a client library that runs the set-link script for many threads. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench_options.h"

struct bench_peer {
    const char *name;

    /** Opens what all threads share; never NULL.
     *  @param options  must stay valid until close */
    void *(*open)(const struct bench_options *options);
    void (*close)(void *shared);

    /** Opens what each thread has of its own. Called by that thread. */
    void *(*join)(void *shared);
    void (*leave)(void *caller);

    /** Links a user to a pod (0..9) and returns the previous pod, or -1. A failure ends the program. */
    int (*link)(void *caller, unsigned user, int pod);
};

extern const struct bench_peer bench_peer_podlink;
extern const struct bench_peer bench_peer_hiredis;      /* one connection per thread */
extern const struct bench_peer bench_peer_hiredis_pool; /* 8 connections behind a mutex */

#endif
