/* SPDX-License-Identifier: MIT */
/* Whether waiting by turns pays. */
#include "pool/wait_policy.h"

#include "base/clock.h"

enum {
    SLOW_NS = 1000 * 1000,  /* less than a scheduler lets a busy thread run, */
    SLOW_NS_A_HEAD = 16000, /* and several times what a turn of one of ours costs */
    LOST_MAX = 3,           /* more than one in so many parts of the callers' time is too much to lose */
    DOUBLINGS_MAX = 5
};

#define WINDOW_NS (20 * PL_MS) /* that is judged at once: several slices of a scheduler */
#define REST_NS   (50 * PL_MS)

int64_t pl_wait_policy_slow_ns(uint32_t waiting_count)
{
    const int64_t by_heads = (int64_t)SLOW_NS_A_HEAD * waiting_count;
    return by_heads > SLOW_NS ? by_heads : SLOW_NS;
}

static void reset_seen(pl_wait_policy_seen *seen, int64_t now)
{
    seen->since = now;
    atomic_store_explicit(&seen->lost_ns, 0, memory_order_relaxed);
}

/* The longer the more often in a row it has not paid. Lanes that decide at once may double it twice. */
static void rest(pl_wait_policy *wait_policy, int64_t now)
{
    const uint32_t doublings = atomic_load_explicit(&wait_policy->doublings, memory_order_relaxed);
    atomic_store_explicit(&wait_policy->rest_until, now + REST_NS * (INT64_C(1) << doublings), memory_order_relaxed);
    if (doublings < DOUBLINGS_MAX)
        atomic_store_explicit(&wait_policy->doublings, doublings + 1, memory_order_relaxed);
}

void pl_wait_policy_note_wait(pl_wait_policy *wait_policy, pl_wait_policy_seen *seen, uint32_t callers, int64_t now)
{
    const int64_t window_ns = pl_until(now, seen->since);
    if (seen->since == 0 || seen->since < atomic_load_explicit(&wait_policy->rest_until, memory_order_relaxed)) {
        reset_seen(seen, now); /* what was before the rest is out of date */
    } else if (window_ns >= WINDOW_NS) {
        if (atomic_load_explicit(&seen->lost_ns, memory_order_relaxed) / callers > window_ns / LOST_MAX)
            rest(wait_policy, now);
        else
            atomic_store_explicit(&wait_policy->doublings, 0, memory_order_relaxed);
        reset_seen(seen, now);
    }
}
