/* SPDX-License-Identifier: MIT */
/* A fake server without sockets. */
#include "conn_trace.h"

#include "tap_cmocka.h"

#include "resp/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char server_name[] = "fake:1";

void trace_note(trace *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = sizeof t->log - t->log_length;
    int n = vsnprintf(t->log + t->log_length, room, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n + 1 < room);
    t->log_length += (size_t)n;
    t->log[t->log_length++] = '\n';
    t->log[t->log_length] = '\0';
}

/* --- the request --------------------------------------------------------------------------------------------- */

static size_t next_word(const char **at, const char **word)
{
    *at += strspn(*at, " ");
    *word = *at;
    size_t length = strcspn(*at, " ");
    *at += length;
    return length;
}

static size_t count_words(const char *text)
{
    const char *word;
    size_t count = 0;
    while (next_word(&text, &word) > 0)
        count++;
    return count;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    const char *text = ((trace_call *)request)->commands[i];
    const char *word;
    if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD))
        return false;
    pl_resp_command(out, count_words(text));
    for (size_t length = next_word(&text, &word); length > 0; length = next_word(&text, &word)) {
        if (!pl_buffer_reserve(out, PL_RESP_OVERHEAD + length))
            return false;
        pl_resp_argument(out, word, length);
    }
    return true;
}

static void show_reply(const podlink_reply *reply, char *out, size_t size)
{
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    switch (podlink_reply_type_of(reply)) {
    case PODLINK_REPLY_NIL:
        snprintf(out, size, "nil");
        break;
    case PODLINK_REPLY_INTEGER:
        snprintf(out, size, ":%lld", (long long)reply->as.integer);
        break;
    case PODLINK_REPLY_ARRAY:
        snprintf(out, size, "*%zu", podlink_reply_count(reply));
        break;
    default:
        snprintf(out, size, "%c%.*s", podlink_reply_type_of(reply) == PODLINK_REPLY_STRING ? '$' : '+', (int)length,
                 text);
        break;
    }
}

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)err;
    trace_call *call = (trace_call *)request;
    char shown[256] = "";
    if (outcome->reply)
        show_reply(outcome->reply->nodes, shown, sizeof shown);
    else if (outcome->words)
        snprintf(shown, sizeof shown, "-%.*s", (int)outcome->words_length, outcome->words);
    else if (outcome->why)
        snprintf(shown, sizeof shown, "(%s)", outcome->why);
    trace_note(call->trace, "%s[%u] %s %s %s", request->name, i, podlink_status_name(outcome->status) + 8,
               podlink_delivery_text(outcome->delivery), shown);
    snprintf(call->texts[i], TRACE_TEXT_MAX, "%.*s", TRACE_TEXT_MAX - 1, shown);
    call->completed[i]++;
    call->status_of[i] = outcome->status;
    call->delivery_of[i] = outcome->delivery;
    return outcome->status == PODLINK_OK ? call->verdict : outcome->status;
}

static const pl_request_ops trace_ops = {.encode = encode, .complete = complete};

void trace_call_init(trace *t, trace_call *call, const char *name, bool repeatable, const char *const *commands,
                     uint32_t count)
{
    assert_true(count <= TRACE_COMMANDS_MAX);
    memset(call, 0, sizeof *call);
    call->trace = t;
    call->commands = commands;
    pl_request_init(&call->request, &trace_ops, name, repeatable, &call->err);
    call->request.failure = &call->failure;
    if (count == 1)
        return;
    pl_request_set_count(&call->request, count, call->states);
    call->request.is_batch = true;
}

/* --- the connection ------------------------------------------------------------------------------------------- */

static void connect_conn(trace *t)
{
    pl_conn_init(&t->conn, &t->heap, server_name, TRACE_REPLY_MAX, &t->counters);
    t->was_dead = false;
    t->received_length = 0;
}

void trace_init(trace *t)
{
    memset(t, 0, sizeof *t);
    test_heap_init(&t->memory);
    pl_heap_init(&t->heap, &t->memory.allocator);
    connect_conn(t);
}

void trace_fini(trace *t)
{
    pl_conn_fail(&t->conn, PODLINK_ECLOSED, "the test has ended");
    pl_conn_fini(&t->conn);
    test_heap_expect_empty(&t->memory, "after pl_conn_fini()");
}

void trace_reconnect(trace *t)
{
    assert_true(t->conn.is_dead);
    pl_conn_fini(&t->conn);
    connect_conn(t);
}

static void note_death(trace *t)
{
    if (t->conn.is_dead && !t->was_dead)
        trace_note(t, "dead %s", podlink_status_name(t->conn.fault.status) + 8);
    t->was_dead = t->conn.is_dead;
}

void trace_queue_request(trace *t, pl_request *request)
{
    uint32_t i;
    while ((i = pl_request_next(request, UINT32_MAX)) < request->count) {
        assert_true(pl_conn_queue(&t->conn, request, i));
        request->next++;
    }
    request->finished = false;
}

void trace_queue(trace *t, trace_call *call)
{
    trace_queue_request(t, &call->request);
}

/* --- what the server sees --------------------------------------------------------------------------------------- */

/* Reads "*3\r
 * ". @return the number; *at moves behind it, or becomes NULL if the line is incomplete */
static long read_header(const char **at, const char *end, char type)
{
    const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
    if (!newline) {
        *at = NULL;
        return 0;
    }
    assert_int_equal(**at, type);
    long value = strtol(*at + 1, NULL, 10);
    *at = newline + 1;
    return value;
}

/* Writes the words of the first complete command received to out. @return its bytes, 0 if it is incomplete */
static size_t read_command(const trace *t, char *out)
{
    const char *at = t->received;
    const char *end = t->received + t->received_length;
    size_t used = 0;
    for (long words = read_header(&at, end, '*'); at && words > 0; words--) {
        long length = read_header(&at, end, '$');
        if (!at || end - at < length + 2)
            return 0;
        assert_memory_equal(at + length, "\r\n", 2);
        used += (size_t)snprintf(out + used, TRACE_LOG_MAX - used, "%s%.*s", used > 0 ? " " : "", (int)length, at);
        at += length + 2;
    }
    return at ? (size_t)(at - t->received) : 0;
}

static void serve(trace *t, const char *bytes, size_t length)
{
    static char command[TRACE_LOG_MAX];
    assert_true(t->received_length + length <= sizeof t->received);
    memcpy(t->received + t->received_length, bytes, length);
    t->received_length += length;
    size_t size;
    while ((size = read_command(t, command)) > 0) {
        trace_note(t, "> %s", command);
        memmove(t->received, t->received + size, t->received_length - size);
        t->received_length -= size;
    }
}

size_t trace_begin_write(trace *t, size_t most)
{
    pl_bytes output = pl_conn_output(&t->conn);
    size_t length = output.length < most ? output.length : most;
    if (length > 0)
        serve(t, output.bytes, length);
    return length;
}

void trace_end_write(trace *t, size_t written)
{
    pl_conn_sent(&t->conn, written, t->now);
}

size_t trace_send_some(trace *t, size_t most)
{
    size_t length = trace_begin_write(t, most);
    trace_end_write(t, length);
    return length;
}

size_t trace_send(trace *t)
{
    size_t sent = 0;
    while (pl_conn_has_output(&t->conn))
        sent += trace_send_some(t, SIZE_MAX);
    return sent;
}

void trace_receive_bytes(trace *t, const char *bytes, size_t length)
{
    char *exact = malloc(length); /* so that a sanitizer finds a read beyond the end */
    memcpy(exact, bytes, length);
    pl_conn_received(&t->conn, exact, length, t->now);
    free(exact);
    note_death(t);
}

void trace_receive_in_chunks(trace *t, const char *bytes, size_t chunk)
{
    size_t length = strlen(bytes);
    for (size_t at = 0; at < length; at += chunk)
        trace_receive_bytes(t, bytes + at, length - at < chunk ? length - at : chunk);
}

void trace_receive(trace *t, const char *bytes)
{
    trace_receive_in_chunks(t, bytes, SIZE_MAX);
}

void trace_fail(trace *t, podlink_status status, const char *why)
{
    pl_conn_fail(&t->conn, status, why);
    note_death(t);
}

void trace_abandon(trace *t, trace_call *call)
{
    pl_conn_abandon(&t->conn, &call->request, PODLINK_ETIMEDOUT, "late");
}

/* --- what came out ---------------------------------------------------------------------------------------------- */

void trace_take_finished(trace *t)
{
    pl_request *next;
    for (pl_request *x = pl_conn_take_finished(&t->conn); x; x = next) {
        next = x->next_finished;
        x->finished = false;
        trace_note(t, "finished %s", x->name);
    }
}

const char *trace_states(const trace_call *call)
{
    static char shown[TRACE_COMMANDS_MAX + 1];
    for (uint32_t i = 0; i < call->request.count; i++)
        shown[i] = ".a?S"[call->request.states[i]];
    shown[call->request.count] = '\0';
    return shown;
}

void trace_expect_at(trace *t, const char *expected, const char *file, int at_line)
{
    bool is_same = strcmp(t->log, expected) == 0;
    if (!is_same)
        print_error("the trace is\n%s\nbut should be\n%s\n", t->log, expected);
    trace_forget(t);
    if (!is_same)
        _fail(file, at_line);
}

void trace_forget(trace *t)
{
    t->log_length = 0;
    t->log[0] = '\0';
}
