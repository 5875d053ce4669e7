/* SPDX-License-Identifier: MIT */
/* One-shot wake-up of one thread, by futex. With a condition variable each woken thread would take a lock that the
 * waking thread still needs. */
#include "sync/event.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

bool pl_event_wait(pl_event *event, int64_t wait_ns)
{
    struct timespec timeout = to_timespec(wait_ns);
    while (!pl_event_is_set(event)) {
        long rc =
            syscall(SYS_futex, &event->is_set, FUTEX_WAIT_PRIVATE, 0, wait_ns == PL_NEVER ? NULL : &timeout, NULL, 0);
        if (rc < 0 && errno == ETIMEDOUT)
            return pl_event_is_set(event);
        if (rc < 0 && errno == EINTR && wait_ns != PL_NEVER)
            return pl_event_is_set(event);
    }
    return true;
}

void pl_event_set(pl_event *event)
{
    _Atomic uint32_t *word = &event->is_set;
    atomic_store_explicit(word, 1, memory_order_release);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void pl_thread_yield(void)
{
    sched_yield();
}

void pl_thread_sleep(int64_t ns)
{
    struct timespec time = to_timespec(ns);
    nanosleep(&time, NULL);
}
