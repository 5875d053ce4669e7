/* A connection as a machine without I/O. */
#include "conn/conn.h"

#include "base/error.h"
#include "conn/error_reply.h"
#include "conn/guard.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A buffer that a large batch has filled gives its memory back. */
enum { KEPT_BYTES = 64 * 1024 };

bool pl_conn_init(pl_conn *conn, const pl_heap *heap, const char *server, size_t reply_max, pl_conn_counters *counters)
{
    *conn = (pl_conn){.server = server, .counters = counters};
    pl_buffer_init(&conn->filling, heap);
    pl_buffer_init(&conn->sending, heap);
    pl_line_init(&conn->line, heap);
    return pl_parser_init(&conn->parser, heap, reply_max);
}

void pl_conn_fini(pl_conn *conn)
{
    assert(pl_line_length(&conn->line) == 0);
    pl_parser_fini(&conn->parser);
    pl_line_fini(&conn->line);
    pl_buffer_fini(&conn->sending);
    pl_buffer_fini(&conn->filling);
}

/* Appends command i, and its guard where it has one. @return the command's bytes; 0 when out of memory */
static size_t encode(pl_conn *conn, pl_exchange *exchange, uint32_t i)
{
    pl_buffer *filling = &conn->filling;
    const size_t before = filling->length;
    if (pl_line_reserve(&conn->line, 2) && exchange->ops->encode(exchange, i, filling)) {
        const size_t size = filling->length - before;
        if (size <= UINT32_MAX && (!exchange->is_guarded || pl_guard_encode(filling)))
            return size;
    }
    filling->length = before;
    return 0;
}

bool pl_conn_queue(pl_conn *conn, pl_exchange *exchange, uint32_t i)
{
    assert(!conn->is_dead);
    const size_t size = encode(conn, exchange, i);
    if (size == 0)
        return false;
    const pl_place_kind kind = exchange->is_guarded ? PL_PLACE_GUARDED : PL_PLACE_PLAIN;
    pl_line_push(&conn->line, (pl_place){.exchange = exchange, .index = i, .size = (uint32_t)size, .kind = kind});
    pl_count(&conn->counters->commands_sent, 1);
    if (exchange->is_guarded) {
        pl_line_push(&conn->line, (pl_place){.size = PL_GUARD_SIZE, .kind = PL_PLACE_GUARD});
        pl_count(&conn->counters->commands_sent, 1);
    }
    exchange->inflight++;
    return true;
}

void pl_conn_wipe(pl_conn *conn)
{
    if (pl_conn_has_output(conn))
        return;
    if (conn->sending.bytes)
        explicit_bzero(conn->sending.bytes, conn->sending.capacity);
    if (conn->filling.bytes)
        explicit_bzero(conn->filling.bytes, conn->filling.capacity);
}

pl_bytes pl_conn_output(pl_conn *conn)
{
    if (conn->sending_at == conn->sending.length) {
        pl_buffer sent = conn->sending;
        pl_buffer_clear(&sent, KEPT_BYTES);
        conn->sending = conn->filling;
        conn->filling = sent;
        conn->sending_at = 0;
    }
    conn->offered = conn->sending.length - conn->sending_at;
    const char *bytes = conn->offered > 0 ? conn->sending.bytes + conn->sending_at : NULL;
    return (pl_bytes){bytes, conn->offered};
}

/* Where the ring is full, the latest write passes for part of the one before. */
static void note_send_time(pl_conn *conn, int64_t now)
{
    while (conn->send_times_count > 0 && conn->send_times[conn->send_times_first % PL_SEND_TIMES].until <= conn->head) {
        conn->send_times_first++; /* all that it sent is answered */
        conn->send_times_count--;
    }
    uint32_t latest = conn->send_times_first + conn->send_times_count;
    if (conn->send_times_count == PL_SEND_TIMES) {
        conn->send_times[(latest - 1) % PL_SEND_TIMES].until = conn->sent;
        return;
    }
    conn->send_times[latest % PL_SEND_TIMES] = (pl_send_time){conn->sent, now};
    conn->send_times_count++;
}

/* When a command that ends at this offset was sent. Asked in the order of the stream. */
static int64_t sent_at(pl_conn *conn, uint64_t end, int64_t now)
{
    while (conn->send_times_count > 0) {
        const pl_send_time *time = &conn->send_times[conn->send_times_first % PL_SEND_TIMES];
        if (time->until >= end)
            return time->at;
        conn->send_times_first++;
        conn->send_times_count--;
    }
    return now; /* the reply came before the driver could tell */
}

void pl_conn_sent(pl_conn *conn, size_t length, int64_t now)
{
    conn->offered = 0;
    pl_count(&conn->counters->bytes_sent, length);
    if (conn->is_dead || length == 0)
        return;
    assert(length <= conn->sending.length - conn->sending_at);
    conn->sending_at += length;
    conn->sent += length;
    note_send_time(conn, now);
}

void pl_conn_counters_add(const pl_conn_counters *counters, podlink_stats *stats)
{
    stats->calls_ok += pl_counted(&counters->ok);
    stats->calls_server_error += pl_counted(&counters->server_error);
    stats->calls_not_sent += pl_counted(&counters->not_sent);
    stats->calls_unknown += pl_counted(&counters->unknown);
    stats->bytes_sent += pl_counted(&counters->bytes_sent);
    stats->bytes_received += pl_counted(&counters->bytes_received);
    stats->commands_sent += pl_counted(&counters->commands_sent);
    pl_histogram_add(&counters->wait, &stats->wait);
    pl_histogram_add(&counters->unsent, &stats->unsent);
    pl_histogram_add(&counters->wire, &stats->wire);
    pl_histogram_add(&counters->total, &stats->total);
}

static void count(pl_conn_counters *counters, const pl_outcome *outcome)
{
    switch (outcome->delivery) {
    case PODLINK_NOT_SENT:
        pl_count(&counters->not_sent, 1);
        break;
    case PODLINK_ANSWERED:
        pl_count(outcome->status < 0 ? &counters->server_error : &counters->ok, 1);
        break;
    case PODLINK_UNKNOWN:
        pl_count(&counters->unknown, 1);
        break;
    }
}

static void tell(pl_conn *conn, const pl_place *place, const pl_outcome *outcome)
{
    pl_exchange *exchange = place->exchange;
    if (!exchange)
        return;
    pl_outcome told = *outcome;
    if (pl_exchange_tell(exchange, place->index, &told))
        count(conn->counters, &told);
    if (pl_exchange_is_answered(exchange) && !exchange->finished) {
        exchange->finished = true;
        exchange->next_finished = conn->finished;
        conn->finished = exchange;
    }
}

static pl_outcome outcome_of_reply(const pl_conn *conn)
{
    const pl_reply *reply = &conn->parser.reply;
    pl_outcome outcome = {.delivery = PODLINK_ANSWERED, .server = conn->server};
    if (reply->nodes[0].type == PODLINK_REPLY_ERROR) {
        outcome.words = podlink_reply_text(reply->nodes, &outcome.words_length);
        outcome.status = pl_error_reply_status(outcome.words, outcome.words_length);
    } else {
        outcome.reply = reply;
    }
    return outcome;
}

/* Whether the server can have seen a command that ends at this offset. */
static bool may_be_sent(const pl_conn *conn, uint64_t end)
{
    return end <= conn->sent + conn->offered;
}

static void record_latency(pl_conn_counters *counters, const pl_exchange *exchange, int64_t now)
{
    pl_histogram_record(&counters->wait, exchange->queued_at - exchange->began_at);
    pl_histogram_record(&counters->unsent, exchange->sent_at - exchange->queued_at);
    pl_histogram_record(&counters->wire, now - exchange->sent_at);
    pl_histogram_record(&counters->total, now - exchange->began_at);
}

/* Commands with a key are the users'. */
static bool is_acknowledged_write(const pl_exchange *exchange, const pl_outcome *outcome)
{
    return outcome->status == PODLINK_OK && exchange->ops->slot && !exchange->reads_only;
}

static void tell_answer(pl_conn *conn, const pl_place *place, const pl_outcome *outcome, int64_t now)
{
    pl_exchange *exchange = place->exchange;
    if (!exchange)
        return;
    int64_t sent = sent_at(conn, conn->head, now); /* the writer reads the clock later than the reader, sometimes */
    if (sent > now)
        sent = now;
    exchange->sent_at = sent > exchange->queued_at ? sent : exchange->queued_at;
    exchange->answered_at = now;
    if (is_acknowledged_write(exchange, outcome))
        atomic_store_explicit(&conn->counters->acknowledged_at, now, memory_order_relaxed);
    tell(conn, place, outcome);
    if (exchange->unsettled == 0)
        record_latency(conn->counters, exchange, now);
}

static void take_push(pl_conn *conn)
{
    pl_exchange *exchange = conn->pushes;
    const pl_outcome outcome = {.delivery = PODLINK_ANSWERED, .reply = &conn->parser.reply, .server = conn->server};
    exchange->ops->settle(exchange, 0, &outcome, NULL);
}

/* The first in line. False where the server cannot have answered it: there is none, or not all of it is sent. */
static bool pop_answered(pl_conn *conn, pl_place *place)
{
    if (pl_line_length(&conn->line) == 0 || !may_be_sent(conn, conn->head + pl_line_at(&conn->line, 0)->size))
        return false;
    *place = pl_line_pop(&conn->line);
    conn->head += place->size;
    return true;
}

/* The guard behind it is answered, and it is not. */
static void tell_unanswered(pl_conn *conn, const pl_place *place, int64_t now)
{
    const pl_outcome outcome = {.status = PODLINK_ESERVER,
                                .delivery = PODLINK_ANSWERED,
                                .why = "the server has refused it without a word",
                                .server = conn->server};
    tell_answer(conn, place, &outcome, now);
}

/* False where nobody had asked. */
static bool take_reply(pl_conn *conn, int64_t now)
{
    pl_place place;
    if (conn->pushes) {
        take_push(conn);
        return true;
    }
    if (!pop_answered(conn, &place))
        return false;
    if (place.kind == PL_PLACE_GUARDED && pl_guard_is_answer(conn->parser.reply.nodes)) {
        tell_unanswered(conn, &place, now);
        if (!pop_answered(conn, &place))
            return false;
    }
    if (place.kind == PL_PLACE_GUARD)
        return pl_guard_is_answer(conn->parser.reply.nodes);
    pl_outcome outcome = outcome_of_reply(conn);
    tell_answer(conn, &place, &outcome, now);
    return true;
}

static void fail_unasked(pl_conn *conn)
{
    char why[sizeof conn->fault.message];
    podlink_error words;
    size_t length = 0;
    const char *text = podlink_reply_text(conn->parser.reply.nodes, &length);
    pl_error_server(&words, text ? text : "", length);
    snprintf(why, sizeof why, "a reply that nobody asked for%s%s", text ? ": " : "", words.server);
    /* A server that lets nobody in says so before it is asked anything. */
    const bool is_refusal = conn->head == 0 && conn->parser.reply.nodes[0].type == PODLINK_REPLY_ERROR;
    pl_conn_fail(conn, is_refusal ? pl_error_reply_status(text, length) : PODLINK_EPROTOCOL,
                 is_refusal ? words.server : why);
}

void pl_conn_received(pl_conn *conn, const void *bytes, size_t length, int64_t now)
{
    if (conn->is_dead)
        return;
    pl_count(&conn->counters->bytes_received, length);
    pl_parse_result result = pl_parser_feed(&conn->parser, bytes, length);
    while (result != PL_PARSE_FAILED && (result = pl_parser_next(&conn->parser)) == PL_PARSE_REPLY) {
        if (!take_reply(conn, now)) {
            fail_unasked(conn);
            return;
        }
    }
    if (result == PL_PARSE_FAILED)
        pl_conn_fail(conn, conn->parser.out_of_memory ? PODLINK_ENOMEM : PODLINK_EPROTOCOL, conn->parser.error);
    else if (pl_parser_is_midway(&conn->parser) && pl_line_length(&conn->line) == 0 && !conn->pushes)
        pl_conn_fail(conn, PODLINK_EPROTOCOL, "bytes that nobody asked for");
}

void pl_conn_fail(pl_conn *conn, podlink_status status, const char *why)
{
    if (conn->is_dead)
        return;
    conn->is_dead = true;
    pl_error_set(&conn->fault, status, PODLINK_UNKNOWN, "%s: %s", conn->server, why);
    pl_outcome outcome = {.status = status, .why = why, .server = conn->server};
    while (pl_line_length(&conn->line) > 0) {
        pl_place place = pl_line_pop(&conn->line);
        conn->head += place.size; /* a command that lacks its last byte is none: the server cannot have run it */
        outcome.delivery = may_be_sent(conn, conn->head) ? PODLINK_UNKNOWN : PODLINK_NOT_SENT;
        tell(conn, &place, &outcome);
    }
    conn->filling.length = 0;
    conn->sending.length = 0;
    conn->sending_at = 0;
}

/* Takes a command out of those that no driver has seen yet: `at` is where it begins in conn->filling. */
static void cut_out(pl_conn *conn, size_t at, size_t size)
{
    pl_buffer *filling = &conn->filling;
    memmove(filling->bytes + at, filling->bytes + at + size, filling->length - at - size);
    filling->length -= size;
}

void pl_conn_abandon(pl_conn *conn, pl_exchange *exchange, podlink_status status, const char *why)
{
    pl_line *line = &conn->line;
    const uint32_t length = pl_line_length(line);
    const size_t unsent = conn->sending.length - conn->sending_at;
    const uint64_t filled_from = conn->sent + unsent; /* offset in the stream at which conn->filling begins */
    pl_outcome outcome = {.status = status, .why = why, .server = conn->server};
    uint64_t offset = conn->head;
    size_t removed = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < length; i++) {
        pl_place place = *pl_line_at(line, i);
        bool is_ours = place.exchange == exchange;
        bool is_unseen = offset >= filled_from;
        if (is_ours) {
            outcome.delivery = is_unseen ? PODLINK_NOT_SENT : PODLINK_UNKNOWN;
            pl_outcome told = outcome;
            if (pl_exchange_tell(exchange, place.index, &told))
                count(conn->counters, &told);
            place.exchange = NULL;
        }
        if (is_ours && is_unseen) {
            cut_out(conn, (size_t)(offset - filled_from) - removed, place.size);
            removed += place.size;
        } else {
            *pl_line_at(line, kept++) = place;
        }
        offset += place.size;
    }
    line->tail = line->head + kept;
}

void pl_conn_listen(pl_conn *conn, pl_exchange *pushes)
{
    assert(pl_line_length(&conn->line) == 0);
    conn->pushes = pushes;
}

pl_exchange *pl_conn_take_finished(pl_conn *conn)
{
    pl_exchange *finished = conn->finished;
    conn->finished = NULL;
    return finished;
}
