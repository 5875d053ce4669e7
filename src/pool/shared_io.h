/* SPDX-License-Identifier: MIT */
/* The roles on a shared connection, the writer's and the reader's, each held by one caller at a time. All under the
 * shared connection's lock, which is never held during I/O: it is given up meanwhile. */
#ifndef PL_POOL_SHARED_IO_H
#define PL_POOL_SHARED_IO_H

#include "pool/shared_conn.h"
#include "pool/shared_wait.h"

/** Queues as much of the request as its window allows. False when out of memory. */
bool pl_shared_conn_queue(pl_shared_conn *shared, pl_request *request);

/** Whether more than half a window is in flight: a few more for a few answers would be a write each. */
bool pl_shared_conn_has_plenty(const pl_request *request);

/** Whether what is queued is to be sent. With TLS it may be held back for more.
 *  @param held_until  out where it is held: when it will be due at the latest; else unchanged */
bool pl_shared_conn_is_output_due(pl_shared_conn *shared, int64_t *held_until);

/** Whether those who wait look before they sleep: if it is wanted, and has paid of late. Where an attempt begins. */
void pl_shared_conn_decide_to_poll(const pl_shared_conn *shared, pl_request *request, int64_t now);

/** Whether the writer's role is free. */
bool pl_shared_conn_may_write(const pl_shared_conn *shared);

/** Whether one who comes has to send what is due: a reader that looks does. */
bool pl_shared_conn_has_to_write(const pl_shared_conn *shared, const pl_request *request);

/** Sends once, in the writer's role. False where the socket takes no more at present. */
bool pl_shared_conn_write(pl_shared_conn *shared, const pl_request *request);

/** In the writer's role, while another reads: waits for room, but not for long, since the reader may leave. */
void pl_shared_conn_wait_for_room(pl_shared_conn *shared, int64_t left);

/** Waits until told, or until the deadline, while others are in the roles. */
pl_next_step pl_shared_conn_wait(pl_shared_conn *shared, pl_request *request, int64_t deadline);

/** In the reader's role, which nobody has: reads once, until the deadline at most, and hands out what came. */
void pl_shared_conn_read(pl_shared_conn *shared, pl_request *own, int64_t now, int64_t deadline);

#endif
