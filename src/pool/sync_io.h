/* SPDX-License-Identifier: MIT */
/* The blocking driver of a connection with a single user: in a handshake, or a dedicated connection. */
#ifndef PL_POOL_SYNC_IO_H
#define PL_POOL_SYNC_IO_H

#include "base/clock.h"
#include "conn/conn.h"
#include "net/stream.h"
#include "sync/cancel.h"

/** Queues the request's pending commands and drives the connection until none is in flight, the connection is dead, or
 *  the deadline comes. Commands that are still in flight then are abandoned.
 *  @param cancel  NULL, or polled every 20 ms: if it is set, that is like the deadline */
void pl_sync_io_run(pl_conn *conn, pl_stream *stream, pl_request *request, const pl_clock *clock, int64_t deadline,
                    const pl_cancel *cancel);

/** Sends all output. False at the deadline, or if the connection has died. */
bool pl_sync_io_flush(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline);

/** Waits for bytes and takes them. False at the deadline, or if the connection has died. */
bool pl_sync_io_receive(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline);

#endif
