/* Waiting by turns: a thread that waits lets others run and looks again, which costs a third of going to sleep and
 * being woken (docs/benchmarks.md). It pays as long as those who run meanwhile come to an end soon. A thread that is
 * always busy with something else keeps the processor for milliseconds, whereas one that is woken takes it from that
 * thread: then nobody should take turns for a while. All lanes of a client decide together, since those of its callers
 * who sleep come before those who take turns. No clock and no lock: their owners have them. */
#ifndef PL_POOL_TURNS_H
#define PL_POOL_TURNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** What all lanes of a client have decided. Any thread. */
typedef struct pl_turns {
    _Atomic int64_t rest_until; /* nobody takes turns until then */
    _Atomic uint32_t doublings; /* of the next rest */
} pl_turns;

/** What one lane has seen of late. Under its lock, but for what is atomic. */
typedef struct pl_turns_seen {
    int64_t since;           /* 0: nothing yet */
    _Atomic int64_t lost_ns; /* by its callers in slow turns */
} pl_turns_seen;

static inline bool pl_turns_pay(const pl_turns *turns, int64_t now)
{
    return now >= atomic_load_explicit(&turns->rest_until, memory_order_relaxed);
}

/** A turn that lasts longer is slow. @param crowd  how many wait: each of them may have its turn meanwhile */
int64_t pl_turns_limit(uint32_t crowd);

/** One begins to wait by turns. @param callers  of the lane, itself included */
void pl_turns_note_wait(pl_turns *turns, pl_turns_seen *seen, uint32_t callers, int64_t now);

/** One has had a slow turn. Any thread. */
static inline void pl_turns_note_slow(pl_turns_seen *seen, int64_t took_ns)
{
    atomic_fetch_add_explicit(&seen->lost_ns, took_ns, memory_order_relaxed);
}

#endif
