/* SPDX-License-Identifier: MIT */
/* The only thread of the library. */
#include "client/janitor.h"

#include "net/descriptor.h"
#include "net/socket.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SOCKETS_MAX = 64 };

static void sleep_or_poll(pl_janitor *janitor, int64_t ms)
{
    if (janitor->wake < 0) {
        pl_event_wait(&janitor->event, ms * PL_MS);
        return;
    }
    struct pollfd sockets[1 + SOCKETS_MAX] = {{.fd = janitor->wake, .events = POLLIN}};
    const size_t count = janitor->ops->sockets(janitor->context, sockets + 1, SOCKETS_MAX);
    pl_socket_poll(sockets, 1 + count, ms * PL_MS);
}

static void *run(void *argument)
{
    pl_janitor *janitor = argument;
    while (!atomic_load(&janitor->stops)) {
        const int64_t ms = janitor->ops->tick(janitor->context);
        sleep_or_poll(janitor, ms);
    }
    return NULL;
}

/* Signals belong to the host: this thread gets none. */
static bool start_thread(pl_janitor *janitor)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&janitor->thread, NULL, run, janitor) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool pl_janitor_start(pl_janitor *janitor, const pl_janitor_ops *ops, void *context)
{
    *janitor = (pl_janitor){.ops = ops, .context = context, .wake = -1};
    pl_event_init(&janitor->event);
    if (ops->sockets)
        janitor->wake = pl_descriptor_keep(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    janitor->is_running = (!ops->sockets || janitor->wake >= 0) && start_thread(janitor);
    if (!janitor->is_running)
        pl_socket_close(janitor->wake);
    return janitor->is_running;
}

void pl_janitor_stop(pl_janitor *janitor)
{
    if (!janitor->is_running)
        return;
    atomic_store(&janitor->stops, true);
    pl_event_set(&janitor->event);
    if (janitor->wake >= 0)
        eventfd_write(janitor->wake, 1);
    pthread_join(janitor->thread, NULL);
    pl_janitor_leave_behind(janitor);
}

void pl_janitor_leave_behind(pl_janitor *janitor)
{
    if (janitor->is_running)
        pl_socket_close(janitor->wake);
    janitor->is_running = false;
}
