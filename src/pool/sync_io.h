/* SPDX-License-Identifier: MIT */
/* The blocking driver of a connection that one caller has for itself: a handshake, or a dedicated connection. */
#ifndef PL_POOL_SYNC_IO_H
#define PL_POOL_SYNC_IO_H

#include "base/clock.h"
#include "conn/conn.h"
#include "net/stream.h"
#include "sync/cancel.h"

/** Queues the request's pending commands and drives the connection until none is in flight, or it is dead, or the
 *  deadline has come: then what is still in flight is abandoned.
 *  @param cancellation  NULL, or looked at every 20 ms: when it has come, that is as if the deadline had */
void pl_sync_io_run(pl_conn *conn, pl_stream *stream, pl_request *request, const pl_clock *clock, int64_t deadline,
                    const pl_cancel *cancel);

/** Sends all output. False at the deadline, or where the connection has died. */
bool pl_sync_io_flush(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline);

/** Waits for bytes and takes them. False at the deadline, or where the connection has died. */
bool pl_sync_io_receive(pl_conn *conn, pl_stream *stream, const pl_clock *clock, int64_t deadline);

#endif
