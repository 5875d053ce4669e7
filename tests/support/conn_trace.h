/* A fake server without sockets: drives pl_conn and writes down, in order, what comes out of it. A test does one thing
 * after the other and compares the trace with the exact text that it expects:
 *
 *     > GET a            the server has received this command (whole)
 *     a[0] OK answered $x      an outcome: of which call's which command, status, delivery, reply or words
 *     finished a         its owner would be told
 *     dead EPROTOCOL     the connection has ended
 */
#ifndef PODLINK_TESTS_TRACE_H
#define PODLINK_TESTS_TRACE_H

#include "failing_heap.h"

#include "conn/conn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_COMMANDS_MAX = 64, TRACE_LOG_MAX = 64 * 1024, TRACE_REPLY_MAX = 64 * 1024, TRACE_TOLD_MAX = 64 };

typedef struct trace {
    test_heap memory;
    pl_heap heap;
    pl_conn conn;
    pl_conn_counters counters;
    int64_t now; /* the time that the connection is told */
    bool was_dead;
    char received[TRACE_LOG_MAX]; /* by the server, of a command that is not whole */
    size_t received_length;
    char log[TRACE_LOG_MAX];
    size_t log_length;
} trace;

/** One caller's request. */
typedef struct trace_call {
    pl_request request; /* first: its functions get it as theirs */
    trace *trace;
    const char *const *commands; /* words with spaces between them */
    podlink_status verdict;      /* what complete makes of an OK */
    uint8_t states[TRACE_COMMANDS_MAX];
    podlink_error err;
    unsigned completed[TRACE_COMMANDS_MAX]; /* how often each was */
    podlink_status status_of[TRACE_COMMANDS_MAX];
    podlink_delivery delivery_of[TRACE_COMMANDS_MAX];
    char told[TRACE_COMMANDS_MAX][TRACE_TOLD_MAX]; /* reply, words or reason, as in the trace */
} trace_call;

void trace_init(trace *t);

/** Ends the connection if it has not ended, and checks that all memory is freed. */
void trace_fini(trace *t);

/** Replaces a connection that has ended by a new one; the calls stay. */
void trace_reconnect(trace *t);

/** @param commands  borrowed; count of them, at most TRACE_COMMANDS_MAX */
void trace_call_init(trace *t, trace_call *call, const char *name, bool repeatable, const char *const *commands,
                     uint32_t count);

/** Queues all of the call that is pending, as a driver does. */
void trace_queue(trace *t, trace_call *call);
void trace_queue_request(trace *t, pl_request *request);

/** The driver sends all that there is; or at most so many bytes. @return how many were sent */
size_t trace_send(trace *t);
size_t trace_send_some(trace *t, size_t most);

/** The driver begins to write, and is back: what others do meanwhile stands between. trace_send_some() is both at once.
 *  @return how many bytes it writes, at most as many as it was given */
size_t trace_begin_write(trace *t, size_t most);
void trace_end_write(trace *t, size_t written);

/** The server sends; or in chunks of so many bytes. */
void trace_receive(trace *t, const char *bytes);
void trace_receive_in_chunks(trace *t, const char *bytes, size_t chunk);
void trace_receive_bytes(trace *t, const char *bytes, size_t length);

void trace_fail(trace *t, podlink_status status, const char *why);
void trace_abandon(trace *t, trace_call *call);

/** Appends "finished <name>" for each request that the connection has finished, in the order of the list. */
void trace_take_finished(trace *t);

/** The marks of a call's commands: '.' pending, 'a' answered "not now", '?' unknown, 'S' completed. */
const char *trace_states(const trace_call *call);

/** Compares the trace since the last call of this with the expected text, and begins anew. */
void trace_expect_at(trace *t, const char *expected, const char *file, int inflight);
#define trace_expect(t, expected) trace_expect_at((t), (expected), __FILE__, __LINE__)

/** Begins the trace anew. */
void trace_forget(trace *t);

/** Appends a line of the test's own. */
void trace_note(trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
