/* SPDX-License-Identifier: MIT */
/* Connecting: resolves a name, and tries its addresses one after the other. */
#ifndef PL_NET_CONNECT_H
#define PL_NET_CONNECT_H

#include "base/clock.h"
#include "net/address.h"

#include <podlink/status.h>

#include <stdatomic.h>
#include <stdbool.h>

/** Resolves and connects.
 *  @param silence_ns  how long sent bytes may stay unacknowledged by the peer; PL_NEVER: no limit
 *  @param is_ended  checked every PL_CANCEL_POLL_MS: true cancels the call
 *  @param fd  out: owned by the caller; -1 on failure
 *  @return PODLINK_OK; ERESOLVE, ECONNECT, ETIMEDOUT, ECLOSED (is_ended), ENOMEM. Blocks until the deadline at most. */
podlink_status pl_connect(const pl_address *address, const pl_clock *clock, int64_t deadline, int64_t silence_ns,
                          const _Atomic bool *is_ended, int *fd, podlink_error *err);

#endif
