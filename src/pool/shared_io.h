/* SPDX-License-Identifier: MIT */
/* The roles on a shared connection, writer and reader, each taken by one caller at a time, and the wait of the others.
 * All functions need the connection's lock, and release it during I/O. */
#ifndef PL_POOL_SHARED_IO_H
#define PL_POOL_SHARED_IO_H

#include "pool/shared_conn.h"
#include "pool/shared_wait.h"

/** Queues as many commands as the window allows. False when out of memory. */
bool pl_shared_conn_queue(pl_shared_conn *conn, pl_request *request);

/** Whether more than half a window is in flight: then queueing a few more for each few replies would cost a write each.
 */
bool pl_shared_conn_has_plenty(const pl_request *request);

/** Whether `size` bytes of queued output have to be sent now over TLS, or are held back for more. */
bool pl_shared_conn_is_record_due(pl_shared_conn *conn, size_t size, int64_t *held_until);

/** Whether there is output that has to be sent now.
 *  @param held_until  out if it is held back: when it has to be sent; else unchanged */
static inline bool pl_shared_conn_is_output_due(pl_shared_conn *conn, int64_t *held_until)
{
    const size_t size = pl_conn_output_size(&conn->protocol);
    if (size == 0 || !conn->stream.tls)
        return size > 0;
    return pl_shared_conn_is_record_due(conn, size, held_until);
}

/** Decides for an attempt, or for a wait, whether the caller yields before it sleeps. */
void pl_shared_conn_decide_to_yield(const pl_shared_conn *conn, pl_caller *caller, int64_t now);

/** Whether the writer's role is free. */
bool pl_shared_conn_may_write(const pl_shared_conn *conn);

/** Whether this caller writes what is due: not if a reader that busy-polls will. */
bool pl_shared_conn_has_to_write(const pl_shared_conn *conn, const pl_caller *caller);

/** Writes once, as the writer, if there is anything to write.
 *  @param may_coalesce  whether it may wait for other callers' commands first
 *  @return false: the socket takes no more at present */
bool pl_shared_conn_write(pl_shared_conn *conn, bool may_coalesce);

/** As the writer, while another caller reads: waits until the socket takes more, but not for long, because the reader
 *  may leave. */
void pl_shared_conn_wait_for_room(pl_shared_conn *conn, int64_t left);

/** As a follower: waits until woken, or until the deadline. */
pl_step_result pl_shared_conn_follow(pl_shared_conn *conn, pl_caller *caller, int64_t deadline);

/** As the reader, when there is none: reads once, until the deadline at most, and wakes the callers whose replies came.
 *  While it busy-polls it also writes. */
void pl_shared_conn_lead(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline);

#endif
