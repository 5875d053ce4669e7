/* SPDX-License-Identifier: MIT */
/* A set of waiting threads: one futex for each word of indexes, and one bit of it for each index. */
#include "sync/waitset.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t bit_of(uint16_t index)
{
    return UINT32_C(1) << index % PL_WAITSET_WORD_BITS;
}

/* Takes the first free index: the fewer words are in use, the fewer system calls wake all threads. */
uint16_t pl_waitset_add(pl_waitset *waitset)
{
    for (uint32_t word = 0; word < PL_WAITSET_WORDS; word++) {
        if (waitset->taken[word] == UINT32_MAX)
            continue;
        uint16_t index = (uint16_t)(word * PL_WAITSET_WORD_BITS + (uint32_t)__builtin_ctz(~waitset->taken[word]));
        waitset->taken[word] |= bit_of(index);
        return index;
    }
    return (uint16_t)(waitset->shared++ % (PL_WAITSET_WORDS * PL_WAITSET_WORD_BITS));
}

void pl_waitset_remove(pl_waitset *waitset, uint16_t index)
{
    waitset->taken[index / PL_WAITSET_WORD_BITS] &= ~bit_of(index);
}

bool pl_waitset_wait(pl_waitset *waitset, uint16_t index, pl_event *event, int64_t wait_ns)
{
    _Atomic uint32_t *word = &waitset->words[index / PL_WAITSET_WORD_BITS];
    const int64_t until = wait_ns == PL_NEVER ? PL_NEVER : pl_clock_monotonic() + wait_ns;
    const struct timespec limit = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    for (;;) {
        /* Read before the event is checked: a later wake-up changes the word, and FUTEX_WAIT returns at once. */
        uint32_t seen = atomic_load_explicit(word, memory_order_acquire);
        /* Either this thread sees that the event is set, or the waking thread sees that this one sleeps. */
        atomic_fetch_or(&waitset->asleep[index / PL_WAITSET_WORD_BITS], bit_of(index));
        if (atomic_load(&event->is_set) != 0)
            return true;
        long rc = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, until == PL_NEVER ? NULL : &limit, NULL,
                          bit_of(index));
        if (rc < 0 && errno == ETIMEDOUT)
            return pl_event_is_set(event);
    }
}

void pl_waitset_set(pl_waitset_wakeups *wakeups, uint16_t index, pl_event *event)
{
    wakeups->bits[index / PL_WAITSET_WORD_BITS] |= bit_of(index);
    atomic_store(&event->is_set, 1);
}

void pl_waitset_wake(pl_waitset *waitset, const pl_waitset_wakeups *wakeups)
{
    for (uint32_t i = 0; i < PL_WAITSET_WORDS; i++) {
        const uint32_t sleepers = wakeups->bits[i] == 0 ? 0 : atomic_load(&waitset->asleep[i]) & wakeups->bits[i];
        if (sleepers == 0)
            continue;
        _Atomic uint32_t *word = &waitset->words[i];
        atomic_fetch_and(&waitset->asleep[i], ~sleepers);
        atomic_fetch_add_explicit(word, 1, memory_order_release);
        syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, sleepers);
    }
}
