/* SPDX-License-Identifier: MIT */
/* A fake server without sockets: drives pl_conn and records, in order, what comes out of it. A test does one step after
 * the other and compares the trace with the exact text that it expects:
 *
 *     > GET a                  the server has received this complete command
 *     a[0] OK answered $x      an outcome: call and index of the command, status, delivery, reply or message
 *     finished a               the owner of the call is notified
 *     dead EPROTOCOL           the connection has ended */
#ifndef PODLINK_TESTS_TRACE_H
#define PODLINK_TESTS_TRACE_H

#include "failing_heap.h"

#include "conn/conn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_COMMANDS_MAX = 64, TRACE_LOG_MAX = 64 * 1024, TRACE_REPLY_MAX = 64 * 1024, TRACE_TEXT_MAX = 64 };

typedef struct trace {
    test_heap memory;
    pl_heap heap;
    pl_conn conn;
    pl_conn_counters counters;
    int64_t now; /* the time that the connection gets */
    bool was_dead;
    char received[TRACE_LOG_MAX]; /* by the server, of an incomplete command */
    size_t received_length;
    char log[TRACE_LOG_MAX];
    size_t log_length;
} trace;

/** The request of one caller. */
typedef struct trace_call {
    pl_request request; /* first: its callbacks cast it to this struct */
    trace *trace;
    const char *const *commands; /* words with spaces between them */
    podlink_status verdict;      /* what complete returns for an OK */
    uint8_t states[TRACE_COMMANDS_MAX];
    podlink_error err, failure;
    unsigned completed[TRACE_COMMANDS_MAX]; /* how often each was completed */
    podlink_status status_of[TRACE_COMMANDS_MAX];
    podlink_delivery delivery_of[TRACE_COMMANDS_MAX];
    char texts[TRACE_COMMANDS_MAX][TRACE_TEXT_MAX]; /* reply or message, as in the trace */
} trace_call;

void trace_init(trace *t);

/** Ends the connection if it has not ended, and checks that all memory is freed. */
void trace_fini(trace *t);

/** Replaces a connection that has ended by a new one; the calls remain. */
void trace_reconnect(trace *t);

/** @param commands  borrowed; count of them, at most TRACE_COMMANDS_MAX */
void trace_call_init(trace *t, trace_call *call, const char *name, bool repeatable, const char *const *commands,
                     uint32_t count);

/** Queues all pending commands of the call, as a driver does. */
void trace_queue(trace *t, trace_call *call);
void trace_queue_request(trace *t, pl_request *request);

/** The driver sends everything, or at most so many bytes. @return how many were sent */
size_t trace_send(trace *t);
size_t trace_send_some(trace *t, size_t most);

/** The driver begins a write, and ends it: between the two the test can do something else. trace_send_some() does both
 *  at once.
 *  @return how many bytes it writes, at most as many as it was given */
size_t trace_begin_write(trace *t, size_t most);
void trace_end_write(trace *t, size_t written);

/** The server sends bytes; or sends them in chunks of so many bytes. */
void trace_receive(trace *t, const char *bytes);
void trace_receive_in_chunks(trace *t, const char *bytes, size_t chunk);
void trace_receive_bytes(trace *t, const char *bytes, size_t length);

void trace_fail(trace *t, podlink_status status, const char *why);
void trace_abandon(trace *t, trace_call *call);

/** Appends "finished <name>" for each request that the connection has finished, in the order of the list. */
void trace_take_finished(trace *t);

/** The states of a call's commands: '.' pending, 'a' answered "not now", '?' unknown, 'S' completed. */
const char *trace_states(const trace_call *call);

/** Compares the trace since the last call of this with the expected text, and empties it. */
void trace_expect_at(trace *t, const char *expected, const char *file, int at_line);
#define trace_expect(t, expected) trace_expect_at((t), (expected), __FILE__, __LINE__)

/** Empties the trace. */
void trace_forget(trace *t);

/** Appends a line of the test's own. */
void trace_note(trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
