/* SPDX-License-Identifier: MIT */
/* Exponential backoff: the pauses between attempts, and random jitter. No state and no lock. */
#ifndef PL_SYNC_BACKOFF_H
#define PL_SYNC_BACKOFF_H

#include <stdint.h>

/** The longest pauses of a retry. */
enum {
    PL_BACKOFF_RETRY_MS = 512,
    PL_BACKOFF_TRANSIENT_MS = 64 /* while the deployment changes, which takes a second or two */
};

/** How long nobody dials a server after a failed dial: 5 ms, doubled with each failure, up to 250 ms. So a server that
 *  comes back is used within a second. Without jitter: one pause holds for all callers of a connection.
 *  @param failures  in a row, before this one
 *  @return ns */
int64_t pl_backoff_redial(uint32_t failures);

/** The pause before a call's next attempt: 8 ms, doubled with each attempt, up to longest_ms. At random between a half
 * of it and all of it, because clients that failed together must not retry together.
 *  @param attempts  before the one that has failed now
 *  @param seed      such as the time
 *  @return ns */
int64_t pl_backoff_retry(uint32_t attempts, int64_t longest_ms, int64_t seed);

/** A number from 0 to range, computed from a seed such as the time. */
int64_t pl_backoff_jitter(int64_t range, int64_t seed);

#endif
