/* A way to call the set-link script from many threads: what the load driver drives. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench_options.h"

struct bench_peer {
    const char *name;

    /** What all threads share; never NULL.
     *  @param options  borrowed until close */
    void *(*open)(const struct bench_options *options);
    void (*close)(void *shared);

    /** What a thread has of its own; called by that thread. */
    void *(*join)(void *shared);
    void (*leave)(void *caller);

    /** Links a user to a pod (0..9) and returns the previous pod, -1 where there was none. Any failure ends the
     *  program. */
    int (*link)(void *caller, unsigned user, int pod);
};

extern const struct bench_peer bench_peer_podlink;
extern const struct bench_peer bench_peer_hiredis;      /* a connection for each thread */
extern const struct bench_peer bench_peer_hiredis_pool; /* 8 connections behind a mutex */

#endif
