/* SPDX-License-Identifier: MIT */
/* Dialling: socket, TLS if configured, and handshake. */
#ifndef PL_POOL_DIAL_H
#define PL_POOL_DIAL_H

#include "net/stream.h"
#include "pool/server.h"

/** Connects, initialises conn and runs the handshake. Blocks until the deadline, or the server's dial timeout, at most.
 *  @return the stream, owned by the caller as conn is; if it is not open, err has the reason and conn is not
 * initialised
 */
pl_stream pl_dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline,
                  podlink_error *err);

/** Whether a dial ended only because the deadline of its caller came. That says nothing about the server: other callers
 *  dial themselves. */
bool pl_dial_gave_up(const pl_server *server, const podlink_error *fault, int64_t began, int64_t deadline, int64_t now);

#endif
