/* SPDX-License-Identifier: MIT */
/* The life of a shared connection's connection: dialled by one caller for all, given up, closed. All under the shared
 * connection's lock, which is given up meanwhile where something is waited for or somebody told. */
#ifndef PL_POOL_SHARED_OPEN_H
#define PL_POOL_SHARED_OPEN_H

#include "pool/shared_conn.h"

/** Gets the connection open. False where that failed: the request knows why. */
bool pl_shared_conn_open(pl_shared_conn *shared, pl_request *request, int64_t now, int64_t deadline);

/** Somebody is in a role. */
bool pl_shared_conn_has_leader(const pl_shared_conn *shared);

/** Nothing is in flight, and nobody in a role. */
bool pl_shared_conn_is_idle(const pl_shared_conn *shared);

/** An idle connection may have been closed by the server, or have something to say that nobody asked for: which a call
 *  would take for its answer. In the reader's role, so that nothing can be read meanwhile. */
void pl_shared_conn_check_idle(pl_shared_conn *shared);

/** The connection is given up: what is in flight is told so. */
void pl_shared_conn_fail(pl_shared_conn *shared, podlink_status status, const char *why);
void pl_shared_conn_fail_by_system(pl_shared_conn *shared, int error_number);

/** Call it wherever the connection may have died. */
void pl_shared_conn_clean_up(pl_shared_conn *shared);

/** The last one out of a system call on a dead connection closes it. */
void pl_shared_conn_close_if_unused(pl_shared_conn *shared);

/** There was no connection before the deadline. */
void pl_shared_conn_set_timed_out(const pl_shared_conn *shared, pl_request *request);

#endif
