/* SPDX-License-Identifier: MIT */
/* Bytes from a server, in chunks, to a connection with a few commands in line; the input also says when the driver
 * sends, an owner gives up and the connection is cut. Nothing may crash, each command is completed once at most, and at
 * the end none is left. */
#include "conn/conn.h"
#include "resp/encode.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS = 4, COMMANDS = 4, REPLY_MAX = 512 };

typedef struct call {
    pl_request request; /* first: its functions get it as theirs */
    uint8_t states[COMMANDS];
    podlink_error err, failure;
    unsigned completed[COMMANDS];
} call;

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static uint8_t next_byte(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static bool encode(pl_request *request, uint32_t i, pl_buffer *out)
{
    (void)request;
    if (!pl_buffer_reserve(out, 3 * PL_RESP_OVERHEAD + 8))
        return false;
    pl_resp_command(out, 2);
    pl_resp_argument(out, "GET", 3);
    pl_resp_number(out, i);
    return true;
}

/* Reads all of a reply: each byte of it must be there. */
static uint64_t walk(const podlink_reply *reply, unsigned depth)
{
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t number = 0;
    uint64_t sum = depth;
    for (size_t i = 0; text && i <= length; i++)
        sum = sum * 31 + (uint8_t)text[i];
    podlink_reply_integer(reply, &number);
    sum += (uint64_t)number;
    for (const podlink_reply *e = podlink_reply_first(reply); e; e = podlink_reply_next(reply, e))
        sum += walk(e, depth + 1);
    return sum;
}

static volatile uint64_t walked;

static podlink_status complete(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)err;
    call *c = (call *)request;
    expect(++c->completed[i] == 1);
    if (!outcome->reply)
        return outcome->status;
    walked += walk(outcome->reply->nodes, 0);
    podlink_reply *copy = pl_reply_handout(outcome->reply);
    if (copy)
        walked += walk(copy, 0);
    podlink_reply_free(copy);
    return outcome->status;
}

static const pl_request_ops ops = {.encode = encode, .complete = complete};

/* The last call has one command, which the server may leave unanswered. */
static void begin_call(call *c, int number)
{
    memset(c, 0, sizeof *c);
    pl_request_init(&c->request, &ops, "fuzz", number % 2 == 0, &c->err);
    c->request.failure = &c->failure;
    c->request.is_fenced = number == CALLS - 1;
    if (c->request.is_fenced)
        return;
    pl_request_set_count(&c->request, COMMANDS, c->states);
    c->request.is_batch = true;
}

/* As a driver does after an attempt, also if the connection was dead before it. */
static void end_call(call *c, const pl_conn *conn)
{
    uint32_t completed[3] = {0};
    pl_request *request = &c->request;
    expect(request->inflight == 0);
    if (request->incomplete > 0 && request->reason == PODLINK_OK)
        pl_request_not_sent(request, &conn->fault);
    pl_request_give_up(request, completed);
    for (uint32_t k = 0; k < COMMANDS; k++)
        expect(c->completed[k] == (k < request->count));
}

static void queue(pl_conn *conn, call *c)
{
    pl_request *request = &c->request;
    if (request->inflight == 0)
        pl_request_rewind(request);
    uint32_t i;
    while ((i = pl_request_next(request, UINT32_MAX)) < request->count && pl_conn_queue(conn, request, i))
        request->next++;
}

static void send_some(pl_conn *conn, uint8_t most)
{
    pl_bytes output = pl_conn_output(conn);
    pl_conn_sent(conn, output.length < most ? output.length : most, 1);
}

static void receive_some(pl_conn *conn, input *in, size_t most)
{
    size_t length = most < in->left ? most : in->left;
    char *exact = malloc(length + 1); /* so that a byte read beyond them is found out */
    memcpy(exact, in->at, length);
    char *bytes = realloc(exact, length > 0 ? length : 1);
    pl_conn_received(conn, bytes, length, 2);
    free(bytes);
    in->at += length;
    in->left -= length;
}

static void step(pl_conn *conn, call *calls, input *in)
{
    uint8_t what = next_byte(in);
    call *c = &calls[what % CALLS];
    switch (what >> 5) {
    case 0:
        queue(conn, c);
        break;
    case 1:
        send_some(conn, next_byte(in));
        break;
    case 2:
        pl_conn_abandon(conn, &c->request, PODLINK_ETIMEDOUT, "late");
        break;
    case 3:
        if (what == 0x7F)
            pl_conn_fail(conn, PODLINK_ECONNLOST, "cut");
        break;
    default:
        receive_some(conn, in, (size_t)(what & 0x7F) + 1);
        break;
    }
    for (pl_request *x = pl_conn_take_finished(conn); x; x = x->next_finished)
        x->finished = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_conn_counters counters;
    input in = {data, size};
    pl_heap heap;
    pl_conn conn;
    call calls[CALLS];
    pl_heap_init(&heap, NULL);
    pl_conn_init(&conn, &heap, "fuzz", REPLY_MAX, &counters);
    for (int i = 0; i < CALLS; i++) {
        begin_call(&calls[i], i);
        queue(&conn, &calls[i]);
    }
    if (next_byte(&in) % 2 == 0)
        send_some(&conn, 255);
    while (in.left > 0 && !conn.is_dead)
        step(&conn, calls, &in);
    pl_conn_fail(&conn, PODLINK_ECLOSED, "the end");
    for (int i = 0; i < CALLS; i++)
        end_call(&calls[i], &conn);
    pl_conn_fini(&conn);
    return 0;
}
