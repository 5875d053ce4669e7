/* The library's one thread: it calls a tick, and sleeps for as long as the tick says. */
#ifndef PL_CLIENT_JANITOR_H
#define PL_CLIENT_JANITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_janitor {
    bool is_running;
    int64_t (*tick)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stops;
} pl_janitor;

/** @param tick  returns after how many milliseconds it is to be called again. @return false: no thread could be made */
bool pl_janitor_start(pl_janitor *janitor, int64_t (*tick)(void *context), void *context);

/** Waits for a tick that is running. Does nothing where it was not started. */
void pl_janitor_stop(pl_janitor *janitor);

#endif
