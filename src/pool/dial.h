/* Making a connection: socket and handshake. */
#ifndef PL_POOL_DIAL_H
#define PL_POOL_DIAL_H

#include "pool/lane.h"

/** Connects, initialises conn and runs the handshake. Blocks until the deadline, or the server's dial timeout, at most.
 *  @return the descriptor, owned by the caller as conn is; -1: err says why, and conn is not initialised */
int pl_dial(pl_conn *conn, const pl_server *server, pl_conn_counters *counters, int64_t deadline, podlink_error *err);

#endif
