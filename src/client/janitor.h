/* SPDX-License-Identifier: MIT */
/* The only thread of the library: it calls a tick, then sleeps as long as the tick says, or until a socket has input.
 */
#ifndef PL_CLIENT_JANITOR_H
#define PL_CLIENT_JANITOR_H

#include "sync/event.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pl_janitor_ops {
    /** @return after how many milliseconds it is to be called again */
    int64_t (*tick)(void *context);

    /** The sockets whose input ends the sleep; NULL: there are none. @return how many there are */
    size_t (*sockets)(void *context, struct pollfd *sockets, size_t capacity);
} pl_janitor_ops;

typedef struct pl_janitor {
    bool is_running;
    const pl_janitor_ops *ops; /* borrowed */
    void *context;
    pthread_t thread;
    pl_event event; /* ends the sleep if there are no sockets, */
    int wake;       /* an eventfd if there are; else -1 */
    _Atomic bool stops;
} pl_janitor;

/** @return false: the thread could not be created */
bool pl_janitor_start(pl_janitor *janitor, const pl_janitor_ops *ops, void *context);

/** Waits for a tick that is running. Does nothing if it was not started. */
void pl_janitor_stop(pl_janitor *janitor);

/** In the child of a fork(), which does not have the thread. */
void pl_janitor_leave_behind(pl_janitor *janitor);

#endif
