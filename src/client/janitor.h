/* The library's one thread: it calls a tick, and sleeps for as long as the tick says, or until something comes. */
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

    /** NULL: none; the sockets on which something may come that is not to wait for the next tick. @return how many
     *  there are */
    size_t (*sockets)(void *context, struct pollfd *sockets, size_t capacity);
} pl_janitor_ops;

typedef struct pl_janitor {
    bool is_running;
    const pl_janitor_ops *ops; /* borrowed */
    void *context;
    pthread_t thread;
    pl_event event; /* where it sleeps, */
    int wake;       /* or, where it has sockets to look after, an eventfd among them, which ends the sleep; else -1 */
    _Atomic bool stops;
} pl_janitor;

/** @return false: no thread could be made */
bool pl_janitor_start(pl_janitor *janitor, const pl_janitor_ops *ops, void *context);

/** Waits for a tick that is running. Does nothing where it was not started. */
void pl_janitor_stop(pl_janitor *janitor);

/** In the child of a fork(), which has not got the thread. */
void pl_janitor_leave_behind(pl_janitor *janitor);

#endif
