/* SPDX-License-Identifier: MIT */
/* A connection as a machine without I/O: commands, received bytes and faults go in; bytes to send and the requests
 * whose owners are to be told come out. It knows no socket, no clock and no lock: its driver has them. */
#ifndef PL_CONN_CONN_H
#define PL_CONN_CONN_H

#include "base/buffer.h"
#include "base/counters.h"
#include "base/histogram.h"
#include "conn/inflight.h"
#include "conn/request.h"
#include "resp/reader.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pl_conn_counters {
    pl_counter ok;           /* commands completed by an answer */
    pl_counter server_error; /* by an error that the server answered */
    pl_counter not_sent;
    pl_counter unknown;
    pl_counter bytes_sent;
    pl_counter bytes_received;
    pl_counter commands_sent;
    _Atomic int64_t
        acknowledged_at; /* what may have written: the latest that was answered, but with an error; 0: none */
    pl_histogram wait;   /* of requests that were answered to their end */
    pl_histogram unsent;
    pl_histogram wire;
    pl_histogram total;
} pl_conn_counters;

/** Adds what was counted to the statistics. */
void pl_conn_counters_add(const pl_conn_counters *counters, podlink_stats *stats);

/** When which bytes were sent: the latest writes. */
enum { PL_SEND_TIMES = 16 };

typedef struct pl_send_time {
    uint64_t until; /* offset in the stream */
    int64_t at;
} pl_send_time;

typedef struct pl_conn {
    const char *server; /* its address, for messages; borrowed */
    pl_buffer filling;  /* commands encoded, behind those that are being sent */
    pl_buffer sending;  /* commands that the driver may be sending at this moment: these bytes do not move */
    size_t sending_at;  /* how many of them are sent */
    size_t offered;     /* bytes of the output that the driver may have sent since it asked for it */
    uint64_t sent;      /* offset in the stream up to which all is known to be sent */
    uint64_t head;      /* offset at which the line's first command begins: beyond sent, where its reply came before the
                           driver could tell */
    pl_inflight inflight;                   /* commands in both buffers, and before them those sent */
    pl_send_time send_times[PL_SEND_TIMES]; /* a ring */
    uint32_t send_times_first;
    uint32_t send_times_count;
    pl_reader reader;
    pl_request *finished; /* whose owners are to be told */
    pl_request *pushes;   /* gets every reply, once the connection only listens; NULL: none does. Borrowed */
    bool is_dead;
    podlink_error fault;        /* why it is dead */
    pl_conn_counters *counters; /* borrowed */
} pl_conn;

typedef struct pl_bytes {
    const char *bytes;
    size_t length;
} pl_bytes;

void pl_conn_init(pl_conn *conn, const pl_heap *heap, const char *server, size_t reply_max, pl_conn_counters *counters);

/** The line is empty: pl_conn_fail() before. */
void pl_conn_fini(pl_conn *conn);

/** Queues command i of a request. False when out of memory: nothing was queued. */
bool pl_conn_queue(pl_conn *conn, pl_request *request, uint32_t i);

/** How many bytes are to be sent. */
static inline size_t pl_conn_output_size(const pl_conn *conn)
{
    return conn->sending.length - conn->sending_at + conn->filling.length;
}

/** How many bytes are sent whose replies have not come. */
static inline uint64_t pl_conn_awaited_size(const pl_conn *conn)
{
    return conn->sent > conn->head ? conn->sent - conn->head : 0;
}

/** Whether the driver has seen output that is not sent yet: it may have sent a part of it. */
static inline bool pl_conn_is_sending(const pl_conn *conn)
{
    return conn->sending_at < conn->sending.length;
}

/** What is to be sent next: valid, and in its place, until pl_conn_sent(), which must follow. Between the two any of it
 *  may be on its way: replies to it are expected, and if the connection dies nobody knows. */
pl_bytes pl_conn_output(pl_conn *conn);

static inline bool pl_conn_has_output(const pl_conn *conn)
{
    return conn->sending.length > conn->sending_at || conn->filling.length > 0;
}

/** The first length bytes of the output are sent, the others are not; length may be 0. */
void pl_conn_sent(pl_conn *conn, size_t length, int64_t now);

/** Takes received bytes, and tells the requests whose replies are whole. What is no RESP, or what nobody asked for, is
 *  the connection's end. */
void pl_conn_received(pl_conn *conn, const void *bytes, size_t length, int64_t now);

/** The connection's end: whatever is in line is told that it was not sent, or that nobody knows. */
void pl_conn_fail(pl_conn *conn, podlink_status status, const char *why);

/** An owner waits no longer: its commands of which no byte was sent are taken out, and the replies of the others will
 *  be thrown away. */
void pl_conn_abandon(pl_conn *conn, pl_request *request, podlink_status status, const char *why);

/** From now on the connection only listens: nothing is in line, and every reply is a push, which the request is told
 * as its command 0. Commands are put straight into conn->filling. */
void pl_conn_listen(pl_conn *conn, pl_request *pushes);

/** The requests whose owners are to be told, linked by next_finished. The list is the caller's then. */
pl_request *pl_conn_take_finished(pl_conn *conn);

#endif
