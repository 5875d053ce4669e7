/* The library's one thread. */
#include "client/janitor.h"

#include "base/clock.h"

#include <signal.h>
#include <time.h>

static struct timespec later(int64_t ms)
{
    int64_t at = pl_clock_monotonic() + ms * PL_MS;
    return (struct timespec){.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};
}

static void *run(void *argument)
{
    pl_janitor *janitor = argument;
    pthread_mutex_lock(&janitor->lock);
    while (!janitor->stops) {
        pthread_mutex_unlock(&janitor->lock);
        struct timespec next = later(janitor->tick(janitor->context));
        pthread_mutex_lock(&janitor->lock);
        if (!janitor->stops)
            pthread_cond_timedwait(&janitor->stopped, &janitor->lock, &next);
    }
    pthread_mutex_unlock(&janitor->lock);
    return NULL;
}

/* Signals are the host's: none may be delivered to this thread. */
static bool start_thread(pl_janitor *janitor)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&janitor->thread, NULL, run, janitor) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void free_lock(pl_janitor *janitor)
{
    pthread_cond_destroy(&janitor->stopped);
    pthread_mutex_destroy(&janitor->lock);
}

bool pl_janitor_start(pl_janitor *janitor, int64_t (*tick)(void *context), void *context)
{
    pthread_condattr_t monotonic;
    *janitor = (pl_janitor){.tick = tick, .context = context};
    pthread_mutex_init(&janitor->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&janitor->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    janitor->is_running = start_thread(janitor);
    if (!janitor->is_running)
        free_lock(janitor);
    return janitor->is_running;
}

void pl_janitor_stop(pl_janitor *janitor)
{
    if (!janitor->is_running)
        return;
    pthread_mutex_lock(&janitor->lock);
    janitor->stops = true;
    pthread_cond_signal(&janitor->stopped);
    pthread_mutex_unlock(&janitor->lock);
    pthread_join(janitor->thread, NULL);
    free_lock(janitor);
    janitor->is_running = false;
}
