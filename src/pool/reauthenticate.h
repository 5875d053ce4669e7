/* SPDX-License-Identifier: MIT */
/* Authenticating again on an open connection: a server does not report that credentials have been revoked. */
#ifndef PL_POOL_REAUTHENTICATE_H
#define PL_POOL_REAUTHENTICATE_H

#include "pool/shared_conn.h"

/** Sends AUTH if the connection is open, and ends the connection if the server does not accept it.
 *  @param now  when this was requested: credentials that were accepted later are sufficient
 *  @param err  out, may not be NULL: the reason of a failure
 *  @return false: the host's callback failed; the connection stays as it is. Blocks until the deadline at most, and as
 *  long as the callback takes */
bool pl_reauthenticate(pl_shared_conn *conn, int64_t now, int64_t deadline, podlink_error *err);

/** Periodic work: the same if the credentials are too old. If the callback fails or no answer comes, it tries again for
 *  as long as old credentials are allowed, and then ends the connection. */
void pl_reauthenticate_overdue(pl_shared_conn *conn);

#endif
