/* SPDX-License-Identifier: MIT */
/* How callers wait on a shared connection, and when they write: whether a reader busy-polls, whether followers yield
 * before they sleep, whether a writer waits for other callers' commands (coalescing).
 *
 * A yield is one call of sched_yield() between two checks. It costs a third of a sleep and a wake-up, 1.05 us instead
 * of 3.0 us with 64 threads on one processor. It pays as long as the threads that run meanwhile soon come to an end. A
 * thread that is busy with other work keeps the processor for milliseconds, and a thread that yields has to wait for
 * it, while one that is woken takes the processor from it. So yielding is switched off for a while when it was slow.
 * All connections of a client decide together, because callers that sleep run before callers that yield.
 *
 * No clock and no lock here: the callers pass the time, and say who holds which lock. */
#ifndef PL_POOL_WAIT_POLICY_H
#define PL_POOL_WAIT_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The constants, and what measured each: calls a second over a unix socket on two processors. The whole table, with
 *  the designs that were dropped, is docs/internals/rejected-designs.md. Compare within a line, not between lines. */
enum {
    /* Yields of a reader that busy-polls, at least: with many callers each yield takes as long as all others together,
     * and spin_us ends before the first reply. Together with PL_WAIT_YIELDS. */
    PL_POLL_YIELDS = 32,
    /* The same, at most: ends a busy poll when the host's clock stands still. Not measured. */
    PL_POLL_YIELDS_MAX = 10000,
    /* Yields of a follower before it sleeps. 64 callers, 32 and 100: 200-226 k/s; 8: 198; 4: 199; 2: 194; 1: 181; 0:
     * 155. The server in the callers' session, 32: 157 k/s; 8: 125; 4: 106; 1: 106; 0: 95. */
    PL_WAIT_YIELDS = 32,
    /* A follower reads in place of a busy-polling reader that has not read for so long: its next turn on the processor
     * may be 4 ms away. 256 callers, 0.3 ms: 272-308 k/s; 0.05 ms: 219; 1 ms: 279-291; never: 254. */
    PL_HELP_LEADER_NS = 300 * 1000,
    /* A writer coalesces when so many callers are expected back. 24 callers, from 4 on: 117 k/s, p99 0.42 ms; from 16
     * on or never: 142 k/s, but p99 2.5 ms, because a few callers make call after call while the others starve. */
    PL_COALESCE_CALLERS = 4,
    /* Yields of a writer that coalesces, as long as each brings more commands. 64 callers, up to 4: 48 k/s and 0.13
     * writes a call; 1: 36 k/s and 0.27 (single runs on a slower machine). */
    PL_COALESCE_YIELDS = 4,
    /* Queued bytes that are written at once, about eight link calls, so that the server has work while other callers
     * come. 64 callers, 1280: 254-263 k/s; 900: 256; 2000: 257; 2700: 240; one write when all are back: 166-201. */
    PL_CHUNK_BYTES = 1280,
    /* Busy polls in a row that find nothing, as over a network, after which the next waits do without. Not measured. */
    PL_POLL_MISSES = 4,
    PL_POLL_RESTS = 256,
    /* While output cannot be sent, a thread in one role checks so often whether it has to take the other. Not measured.
     */
    PL_BLOCKED_WAIT_MS = 10,
    /* TLS: queued output is held back until it is as large as what is in flight, or this large; for so long per byte in
     * flight, which is 0.2 ms behind a few commands and 2 ms at most. 64 callers: 45 k/s; each command in a record of
     * its own: 12 k/s. With 0.2 ms for any amount, 0.73 times the rate of clear text. */
    PL_HOLD_BYTES = 8 * 1024,
    PL_HOLD_NS_PER_BYTE = 250,
    /* Commands of one request in flight, and queued bytes from which on a request queues no more. Not measured. */
    PL_WINDOW = 1024,
    PL_WINDOW_BYTES = 64 * 1024
    /* The limits of slow yields are in wait_policy.c: 64 callers beside two busy loops 129-167 k/s; without them 17. */
};

/** What all shared connections of a client have decided. Any thread. */
typedef struct pl_wait_policy {
    _Atomic int64_t rest_until; /* nobody yields until then */
    _Atomic uint32_t doublings; /* of the next rest */
} pl_wait_policy;

/** What one shared connection has seen. Guarded by its lock, except what is atomic. */
typedef struct pl_wait_policy_seen {
    int64_t since;           /* the present window began; 0: there is none */
    _Atomic int64_t lost_ns; /* by the connection's callers in slow yields, in this window */
    uint32_t poll_misses;    /* busy polls in a row that found nothing */
    uint32_t poll_rests;     /* waits that still do without a busy poll */
    uint32_t returning;      /* callers that were woken with their replies, and may come back at once */
} pl_wait_policy_seen;

static inline bool pl_wait_policy_may_yield(const pl_wait_policy *policy, int64_t now)
{
    return now >= atomic_load_explicit(&policy->rest_until, memory_order_relaxed);
}

/** Whether a caller busy-polls as a reader, and yields as a follower. With the connection's lock.
 *  @param spin_ns  the client's option; 0: never */
static inline bool pl_wait_policy_polls(const pl_wait_policy *policy, const pl_wait_policy_seen *seen, int64_t spin_ns,
                                        int64_t now)
{
    return spin_ns > 0 && seen->poll_rests == 0 && pl_wait_policy_may_yield(policy, now);
}

/** A busy poll has ended. With the connection's lock. */
void pl_wait_policy_note_poll(pl_wait_policy_seen *seen, bool found_nothing);

/** A wait did without a busy poll. With the connection's lock. */
static inline void pl_wait_policy_note_rest(pl_wait_policy_seen *seen)
{
    seen->poll_rests -= seen->poll_rests > 0 ? 1 : 0;
}

/** A yield that takes longer is slow.
 *  @param waiting  how many callers wait: each of them may run once meanwhile */
int64_t pl_wait_policy_slow_ns(uint32_t waiting);

/** A caller begins to yield. With the connection's lock.
 *  @param callers  of the connection, this one included; at least 1 */
void pl_wait_policy_note_wait(pl_wait_policy *policy, pl_wait_policy_seen *seen, uint32_t callers, int64_t now);

/** A yield was slow. Any thread, without a lock. */
static inline void pl_wait_policy_note_slow(pl_wait_policy_seen *seen, int64_t took_ns)
{
    atomic_fetch_add_explicit(&seen->lost_ns, took_ns, memory_order_relaxed);
}

/** Whether a writer waits for other callers' commands. With the connection's lock. */
static inline bool pl_wait_policy_coalesces(const pl_wait_policy_seen *seen)
{
    return seen->returning >= PL_COALESCE_CALLERS;
}

/** Until when output is held back for more, over TLS.
 *  @param since     when it was first held back
 *  @param awaited   bytes in flight */
int64_t pl_wait_policy_hold_until(int64_t since, uint64_t awaited);

#endif
