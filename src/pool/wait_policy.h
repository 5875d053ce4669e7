/* SPDX-License-Identifier: MIT */
/* Waiting by turns: a thread that waits lets others run and looks again, which costs a third of going to sleep and
 * being woken (docs/benchmarks.md). It pays as long as those who run meanwhile come to an end soon. A thread that is
 * always busy with something else keeps the processor for milliseconds, whereas one that is woken takes it from that
 * thread: then nobody should take turns for a while. All shared connections of a client decide together, since those of
 * its callers who sleep come before those who take turns. No clock and no lock: their owners have them. */
#ifndef PL_POOL_WAIT_POLICY_H
#define PL_POOL_WAIT_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** What all shared connections of a client have decided. Any thread. */
typedef struct pl_wait_policy {
    _Atomic int64_t rest_until; /* nobody takes turns until then */
    _Atomic uint32_t doublings; /* of the next rest */
} pl_wait_policy;

/** What one shared connection has seen of late. Under its lock, but for what is atomic. */
typedef struct pl_wait_policy_seen {
    int64_t since;           /* 0: nothing yet */
    _Atomic int64_t lost_ns; /* by its callers in slow turns */
} pl_wait_policy_seen;

static inline bool pl_wait_policy_may_yield(const pl_wait_policy *wait_policy, int64_t now)
{
    return now >= atomic_load_explicit(&wait_policy->rest_until, memory_order_relaxed);
}

/** A turn that lasts longer is slow. @param number of waiting callers  how many wait: each of them may have its turn
 * meanwhile */
int64_t pl_wait_policy_slow_ns(uint32_t waiting_count);

/** One begins to wait by turns. @param callers  of the shared connection, itself included */
void pl_wait_policy_note_wait(pl_wait_policy *wait_policy, pl_wait_policy_seen *seen, uint32_t callers, int64_t now);

/** One has had a slow turn. Any thread. */
static inline void pl_wait_policy_note_slow(pl_wait_policy_seen *seen, int64_t took_ns)
{
    atomic_fetch_add_explicit(&seen->lost_ns, took_ns, memory_order_relaxed);
}

#endif
