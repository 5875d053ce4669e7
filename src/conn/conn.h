/* SPDX-License-Identifier: MIT */
/* The protocol of one connection as a state machine without I/O. Commands, received bytes and faults go in; bytes to
 * send and finished requests come out. It has no socket, no clock and no lock: its driver has them. */
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
    pl_counter server_error; /* by an error reply */
    pl_counter not_sent;
    pl_counter unknown;
    pl_counter bytes_sent;
    pl_counter bytes_received;
    pl_counter commands_sent;
    _Atomic int64_t acknowledged_at; /* the latest answer, other than an error, to a command that may write; 0: none */
    pl_histogram wait;               /* these four: of requests whose commands are all answered */
    pl_histogram unsent;
    pl_histogram wire;
    pl_histogram total;
} pl_conn_counters;

/** Adds what was counted to the statistics. */
void pl_conn_counters_add(const pl_conn_counters *counters, podlink_stats *stats);

/** For how many of the latest writes their time is kept. */
enum { PL_SEND_TIMES = 16 };

typedef struct pl_send_time {
    uint64_t until; /* offset in the stream */
    int64_t at;
} pl_send_time;

typedef struct pl_conn {
    const char *server;   /* its address, for messages; borrowed */
    pl_buffer filling;    /* encoded commands that follow those in `sending` */
    pl_buffer sending;    /* commands that the driver may be sending now: these bytes do not move */
    size_t sending_at;    /* how many of these bytes are sent */
    size_t offered;       /* bytes of the output that the driver may have sent since it asked for it */
    uint64_t sent;        /* offset in the stream: everything before it is known to be sent */
    uint64_t head;        /* offset at which the first command in flight begins. It is beyond `sent` if a reply was read
                             before the writer reported that the command was sent */
    pl_inflight inflight; /* the commands that were sent, then those in both buffers */
    pl_send_time send_times[PL_SEND_TIMES]; /* a ring */
    uint32_t send_times_first;
    uint32_t send_times_count;
    pl_reader reader;
    pl_request *finished; /* a list: their owners can go on */
    pl_request *pushes;   /* receives every reply once the connection only listens; else NULL. Borrowed */
    bool is_dead;
    podlink_error fault;        /* why it is dead */
    pl_conn_counters *counters; /* borrowed */
} pl_conn;

typedef struct pl_bytes {
    const char *bytes;
    size_t length;
} pl_bytes;

void pl_conn_init(pl_conn *conn, const pl_heap *heap, const char *server, size_t reply_max, pl_conn_counters *counters);

/** No command is in flight: call pl_conn_fail() before. */
void pl_conn_fini(pl_conn *conn);

/** Queues command i of a request. False when out of memory: nothing was queued. */
bool pl_conn_queue(pl_conn *conn, pl_request *request, uint32_t i);

/** How many bytes are to be sent. */
static inline size_t pl_conn_output_size(const pl_conn *conn)
{
    return conn->sending.length - conn->sending_at + conn->filling.length;
}

/** How many bytes of commands are sent and not answered. */
static inline uint64_t pl_conn_awaited_size(const pl_conn *conn)
{
    return conn->sent > conn->head ? conn->sent - conn->head : 0;
}

/** Whether the driver was given output that is not sent yet. It may have sent a part of it. */
static inline bool pl_conn_is_sending(const pl_conn *conn)
{
    return conn->sending_at < conn->sending.length;
}

/** The bytes to send next. They stay valid and in their place until pl_conn_sent(), which must follow. In between, any
 * of them may have reached the server: replies are accepted, and if the connection dies the delivery is unknown. */
pl_bytes pl_conn_output(pl_conn *conn);

static inline bool pl_conn_has_output(const pl_conn *conn)
{
    return conn->sending.length > conn->sending_at || conn->filling.length > 0;
}

/** The first `length` bytes of the output were sent, the others were not. length may be 0. */
void pl_conn_sent(pl_conn *conn, size_t length, int64_t now);

/** Takes received bytes, and records the outcome of each command whose reply is complete. Bytes that are not RESP, and
 *  unsolicited replies, end the connection. */
void pl_conn_received(pl_conn *conn, const void *bytes, size_t length, int64_t now);

/** Ends the connection. The delivery of each command in flight becomes not sent, or unknown. */
void pl_conn_fail(pl_conn *conn, podlink_status status, const char *why);

/** The owner of a request stops waiting. Its commands of which no byte was sent are removed; the replies to the others
 *  will be discarded. */
void pl_conn_abandon(pl_conn *conn, pl_request *request, podlink_status status, const char *why);

/** From now on the connection only listens: no command is in flight, and every reply is a push message, recorded as the
 *  outcome of command 0 of this request. Commands are appended to conn->filling directly. */
void pl_conn_listen(pl_conn *conn, pl_request *pushes);

/** Takes the finished requests, linked by next_finished. The caller owns the list. */
pl_request *pl_conn_take_finished(pl_conn *conn);

#endif
