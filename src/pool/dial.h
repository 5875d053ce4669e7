/* SPDX-License-Identifier: MIT */
/* Making a connection: socket, TLS where it is wanted, and handshake. */
#ifndef PL_POOL_DIAL_H
#define PL_POOL_DIAL_H

#include "net/stream.h"
#include "pool/server.h"

/** Connects, initialises conn and runs the handshake. Blocks until the deadline, or the server's dial timeout, at most.
 *  @return the stream, owned by the caller as conn is; where it is not open err says why, and conn is not initialised
 */
pl_stream pl_dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline,
                  podlink_error *err);

/** Whether a dial ended only because its caller's own deadline came: that tells nothing of the server, and the others
 * try for themselves. */
bool pl_dial_gave_up(const pl_server *server, const podlink_error *fault, int64_t began, int64_t deadline, int64_t now);

#endif
