/* SPDX-License-Identifier: MIT */
/* The states of a shared connection: dialled by one caller for all, failed, closed. All functions need the connection's
 * lock. Those that wait, log or wake release it meanwhile. */
#ifndef PL_POOL_SHARED_OPEN_H
#define PL_POOL_SHARED_OPEN_H

#include "pool/shared_conn.h"

/** Makes sure that the connection is open: checks it if it is idle, dials, or waits for the caller that dials.
 *  @return false: there is no connection, and the request has the reason */
bool pl_shared_conn_open(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline);

/** Whether a thread is in a role. */
static inline bool pl_shared_conn_has_leader(const pl_shared_conn *conn)
{
    const pl_leaders *leaders = &conn->leaders;
    return leaders->is_reading || leaders->is_polling || leaders->is_writing || leaders->is_coalescing;
}

/** Whether nothing is in flight, and no thread is in a role. */
static inline bool pl_shared_conn_is_idle(const pl_shared_conn *conn)
{
    return pl_inflight_length(&conn->protocol.inflight) == 0 && !pl_shared_conn_has_leader(conn);
}

/** Checks an idle connection: the server may have closed it, or sent an unsolicited reply, which a call would take for
 *  its own. In the reader's role, so that no other thread reads meanwhile. */
void pl_shared_conn_check_idle(pl_shared_conn *conn);

/** Ends an open connection: what is in flight fails. */
void pl_shared_conn_fail(pl_shared_conn *conn, podlink_status status, const char *why);
void pl_shared_conn_fail_by_system(pl_shared_conn *conn, int error_number);

/** OPEN becomes CLOSING if the connection is dead. Must be called after whatever may have ended it. */
void pl_shared_conn_begin_close(pl_shared_conn *conn);

/** CLOSING becomes CLOSED as soon as no thread is in a system call on the descriptor. */
void pl_shared_conn_end_close(pl_shared_conn *conn);

/** The deadline came before there was a connection. */
void pl_shared_conn_set_timed_out(const pl_shared_conn *conn, pl_request *request);

#endif
