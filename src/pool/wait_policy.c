/* SPDX-License-Identifier: MIT */
/* How callers wait on a shared connection, and when they write. */
#include "pool/wait_policy.h"

#include "base/clock.h"

/* When yielding is slow, and for how long it is switched off then. The time that all callers lost, over 20 ms, with 256
 * callers on an idle machine: 255-307 k/s; judging by the reader's yields alone: 169-191. */
enum {
    SLOW_NS = 1000 * 1000,      /* less than the time slice that a scheduler gives a busy thread */
    SLOW_NS_PER_CALLER = 16000, /* and several times what a yield to one of our own callers takes */
    LOST_PART_MAX = 3,          /* yielding is switched off if callers lost more than one such part of their time */
    DOUBLINGS_MAX = 5
};

#define WINDOW_NS (20 * PL_MS) /* which is judged as a whole: several time slices */
#define REST_NS   (50 * PL_MS)

void pl_wait_policy_note_poll(pl_wait_policy_seen *seen, bool found_nothing)
{
    seen->poll_misses = found_nothing ? seen->poll_misses + 1 : 0;
    if (seen->poll_misses == PL_POLL_MISSES) {
        seen->poll_misses = 0;
        seen->poll_rests = PL_POLL_RESTS;
    }
}

int64_t pl_wait_policy_slow_ns(uint32_t waiting)
{
    const int64_t by_callers = (int64_t)SLOW_NS_PER_CALLER * waiting;
    return by_callers > SLOW_NS ? by_callers : SLOW_NS;
}

static void begin_window(pl_wait_policy_seen *seen, int64_t now)
{
    seen->since = now;
    atomic_store_explicit(&seen->lost_ns, 0, memory_order_relaxed);
}

/* Exponential cooldown while yielding is slow. Two connections that decide together may double it twice; harmless. */
static void rest(pl_wait_policy *policy, int64_t now)
{
    const uint32_t doublings = atomic_load_explicit(&policy->doublings, memory_order_relaxed);
    atomic_store_explicit(&policy->rest_until, now + REST_NS * (INT64_C(1) << doublings), memory_order_relaxed);
    if (doublings < DOUBLINGS_MAX)
        atomic_store_explicit(&policy->doublings, doublings + 1, memory_order_relaxed);
}

void pl_wait_policy_note_wait(pl_wait_policy *policy, pl_wait_policy_seen *seen, uint32_t callers, int64_t now)
{
    const int64_t window_ns = pl_until(now, seen->since);
    if (seen->since == 0 || seen->since < atomic_load_explicit(&policy->rest_until, memory_order_relaxed)) {
        begin_window(seen, now); /* what was seen before the rest is out of date */
    } else if (window_ns >= WINDOW_NS) {
        if (atomic_load_explicit(&seen->lost_ns, memory_order_relaxed) / callers > window_ns / LOST_PART_MAX)
            rest(policy, now);
        else
            atomic_store_explicit(&policy->doublings, 0, memory_order_relaxed);
        begin_window(seen, now);
    }
}

int64_t pl_wait_policy_hold_until(int64_t since, uint64_t awaited)
{
    return since + PL_HOLD_NS_PER_BYTE * (int64_t)(awaited < PL_HOLD_BYTES ? awaited : PL_HOLD_BYTES);
}
