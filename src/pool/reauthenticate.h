/* SPDX-License-Identifier: MIT */
/* Showing the server, on a connection that is open, the credentials anew: it tells nobody that they have been revoked.
 */
#ifndef PL_POOL_REAUTHENTICATE_H
#define PL_POOL_REAUTHENTICATE_H

#include "pool/shared_conn.h"

/** Sends AUTH on the connection, where there is one, and ends it where the server does not accept it.
 *  @param now  when that was wanted: what was accepted later will do
 *  @param err  out, may not be NULL: why not
 *  @return false: they could not be shown, since the host's callback failed. The connection stays as it is. Blocks
 * until the deadline at most, and as long as the callback takes */
bool pl_reauthenticate(pl_shared_conn *conn, int64_t now, int64_t deadline, podlink_error *err);

/** Periodic: the same where the credentials are too old. Where they could not be shown, or there was no answer, it is
 *  tried again for as long as they may be old, before the connection is ended. */
void pl_reauthenticate_overdue(pl_shared_conn *conn);

#endif
