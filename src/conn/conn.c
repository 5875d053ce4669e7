/* SPDX-License-Identifier: MIT */
/* The protocol of one connection as a state machine without I/O. */
#include "conn/conn.h"

#include "base/error.h"
#include "conn/error_reply.h"
#include "conn/fence.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A buffer that grew beyond this for a large batch gives its memory back. */
enum { KEPT_BYTES = 64 * 1024 };

void pl_conn_init(pl_conn *conn, const pl_heap *heap, const char *server, size_t reply_max, pl_conn_counters *counters)
{
    *conn = (pl_conn){.server = server, .counters = counters};
    pl_buffer_init(&conn->filling, heap);
    pl_buffer_init(&conn->sending, heap);
    pl_inflight_init(&conn->inflight, heap);
    pl_reader_init(&conn->reader, heap, reply_max);
}

void pl_conn_fini(pl_conn *conn)
{
    assert(pl_inflight_length(&conn->inflight) == 0);
    pl_reader_fini(&conn->reader);
    pl_inflight_fini(&conn->inflight);
    pl_buffer_fini(&conn->sending);
    pl_buffer_fini(&conn->filling);
}

/* Appends command i, and its fence if it has one. @return the size of the command; 0 when out of memory */
static size_t encode(pl_conn *conn, pl_request *request, uint32_t i)
{
    pl_buffer *filling = &conn->filling;
    const size_t before = filling->length;
    filling->is_secret |= request->is_secret;
    if (pl_inflight_reserve(&conn->inflight, 2) && request->ops->encode(request, i, filling)) {
        const size_t size = filling->length - before;
        if (size <= UINT32_MAX && (!request->is_fenced || pl_fence_encode(filling)))
            return size;
    }
    filling->length = before;
    return 0;
}

bool pl_conn_queue(pl_conn *conn, pl_request *request, uint32_t i)
{
    assert(!conn->is_dead);
    const size_t size = encode(conn, request, i);
    if (size == 0)
        return false;
    const pl_inflight_kind kind = request->is_fenced ? PL_INFLIGHT_FENCED : PL_INFLIGHT_PLAIN;
    pl_inflight_push(&conn->inflight,
                     (pl_inflight_entry){.request = request, .index = i, .size = (uint32_t)size, .kind = kind});
    pl_count(&conn->counters->commands_sent, 1);
    if (request->is_fenced) {
        pl_inflight_push(&conn->inflight, (pl_inflight_entry){.size = PL_FENCE_SIZE, .kind = PL_INFLIGHT_FENCE});
        pl_count(&conn->counters->commands_sent, 1);
    }
    request->inflight++;
    return true;
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

/* If the ring is full, this write is counted as part of the one before. */
static void note_send_time(pl_conn *conn, int64_t now)
{
    while (conn->send_times_count > 0 && conn->send_times[conn->send_times_first % PL_SEND_TIMES].until <= conn->head) {
        conn->send_times_first++; /* everything of that write is answered */
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

/* When the command that ends at this offset was sent. Offsets must not decrease from call to call. */
static int64_t sent_at(pl_conn *conn, uint64_t end, int64_t now)
{
    while (conn->send_times_count > 0) {
        const pl_send_time *time = &conn->send_times[conn->send_times_first % PL_SEND_TIMES];
        if (time->until >= end)
            return time->at;
        conn->send_times_first++;
        conn->send_times_count--;
    }
    return now; /* the reply was read before the writer reported the write */
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
    if (conn->sending.is_secret && conn->sending_at == conn->sending.length) {
        pl_buffer_clear(&conn->sending, KEPT_BYTES);
        conn->sending_at = 0;
    }
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

static void record_outcome(pl_conn *conn, const pl_inflight_entry *entry, const pl_outcome *outcome)
{
    pl_request *request = entry->request;
    if (!request)
        return;
    pl_outcome recorded = *outcome;
    if (pl_request_record(request, entry->index, &recorded))
        count(conn->counters, &recorded);
    if (pl_request_is_answered(request) && !request->finished) {
        request->finished = true;
        request->next_finished = conn->finished;
        conn->finished = request;
    }
}

static podlink_status error_status(const pl_request *request, const pl_outcome *outcome)
{
    return request && request->is_users_script ? pl_error_reply_script_status(outcome->words, outcome->words_length)
                                               : pl_error_reply_status(outcome->words, outcome->words_length);
}

/* A reply that cannot be read is an answer as well: the command has run. */
static pl_outcome outcome_of_reply(pl_conn *conn, const pl_request *request)
{
    pl_reader *reader = &conn->reader;
    const podlink_reply *root = pl_reply_root(&reader->reply);
    pl_outcome outcome = {.delivery = PODLINK_ANSWERED, .server = conn->server};
    if (reader->fault != PL_REPLY_OK) {
        outcome.status = reader->fault == PL_REPLY_NO_MEMORY ? PODLINK_ENOMEM : PODLINK_EREPLY;
        outcome.why = pl_reply_fault_text(reader->fault);
    } else if (root->type == PODLINK_REPLY_ERROR && !conn->pushes) {
        outcome.words = podlink_reply_text(root, &outcome.words_length);
        outcome.status = error_status(request, &outcome);
    } else {
        outcome.reply = &reader->reply;
    }
    return outcome;
}

/* Whether the server can have seen a command that ends at this offset. */
static bool may_be_sent(const pl_conn *conn, uint64_t end)
{
    return end <= conn->sent + conn->offered;
}

static void record_latency(pl_conn_counters *counters, const pl_request *request, int64_t now)
{
    pl_histogram_record(&counters->wait, request->queued_at - request->began_at);
    pl_histogram_record(&counters->unsent, request->sent_at - request->queued_at);
    pl_histogram_record(&counters->wire, now - request->sent_at);
    pl_histogram_record(&counters->total, now - request->began_at);
}

/* Only operations of the user have a key. */
static bool is_acknowledged_write(const pl_request *request, const pl_outcome *outcome)
{
    return !outcome->words && request->ops->slot && !request->reads_only;
}

static void record_answer(pl_conn *conn, const pl_inflight_entry *entry, const pl_outcome *outcome, int64_t now)
{
    pl_request *request = entry->request;
    if (!request)
        return;
    int64_t sent = sent_at(conn, conn->head, now); /* the writer can read the clock later than the reader */
    if (sent > now)
        sent = now;
    request->sent_at = sent > request->queued_at ? sent : request->queued_at;
    request->answered_at = now;
    if (is_acknowledged_write(request, outcome))
        atomic_store_explicit(&conn->counters->acknowledged_at, now, memory_order_relaxed);
    record_outcome(conn, entry, outcome);
    if (request->incomplete == 0)
        record_latency(conn->counters, request, now);
}

static void take_push(pl_conn *conn)
{
    pl_request *request = conn->pushes;
    const pl_outcome outcome = outcome_of_reply(conn, request);
    request->ops->complete(request, 0, &outcome, NULL);
}

/* Takes the first command in flight. False if the server cannot have answered it: there is none, or it is not sent
 * completely. */
static bool pop_answered(pl_conn *conn, pl_inflight_entry *entry)
{
    if (pl_inflight_length(&conn->inflight) == 0 ||
        !may_be_sent(conn, conn->head + pl_inflight_at(&conn->inflight, 0)->size))
        return false;
    *entry = pl_inflight_pop(&conn->inflight);
    conn->head += entry->size;
    return true;
}

/* The server answered the fence, but not the command before it. */
static void record_no_answer(pl_conn *conn, const pl_inflight_entry *entry, int64_t now)
{
    const pl_outcome outcome = {.status = PODLINK_ESERVER,
                                .delivery = PODLINK_ANSWERED,
                                .why = "the server refused it without a reply",
                                .server = conn->server};
    record_answer(conn, entry, &outcome, now);
}

/* False if the reply is unsolicited. */
static bool take_reply(pl_conn *conn, int64_t now)
{
    pl_inflight_entry entry;
    if (conn->pushes) {
        take_push(conn);
        return true;
    }
    if (conn->reader.is_push || !pop_answered(conn, &entry))
        return false;
    if (entry.kind == PL_INFLIGHT_FENCED && pl_fence_is_answer(pl_reply_root(&conn->reader.reply))) {
        record_no_answer(conn, &entry, now);
        if (!pop_answered(conn, &entry))
            return false;
    }
    if (entry.kind == PL_INFLIGHT_FENCE)
        return pl_fence_is_answer(pl_reply_root(&conn->reader.reply));
    pl_outcome outcome = outcome_of_reply(conn, entry.request);
    record_answer(conn, &entry, &outcome, now);
    return true;
}

static void fail_unsolicited(pl_conn *conn)
{
    char why[sizeof conn->fault.message];
    podlink_error words;
    size_t length = 0;
    const podlink_reply *root = pl_reply_root(&conn->reader.reply);
    if (conn->reader.fault == PL_REPLY_NO_MEMORY) { /* the reply may have been a refusal */
        pl_conn_fail(conn, PODLINK_ENOMEM, pl_reply_fault_text(PL_REPLY_NO_MEMORY));
        return;
    }
    const char *text = podlink_reply_text(root, &length);
    pl_error_server(&words, text ? text : "", length);
    snprintf(why, sizeof why, "unsolicited reply%s%s", text ? ": " : "", words.server);
    /* A server that refuses connections says so before any command was sent. */
    const bool is_refusal = conn->head == 0 && podlink_reply_type_of(root) == PODLINK_REPLY_ERROR;
    pl_conn_fail(conn, is_refusal ? pl_error_reply_status(text, length) : PODLINK_EPROTOCOL,
                 is_refusal ? words.server : why);
}

void pl_conn_received(pl_conn *conn, const void *bytes, size_t length, int64_t now)
{
    if (conn->is_dead)
        return;
    pl_count(&conn->counters->bytes_received, length);
    pl_reader_input input = {bytes, (const char *)bytes + length};
    pl_read_result result = PL_READ_MORE;
    while (input.at < input.end && (result = pl_reader_next(&conn->reader, &input)) == PL_READ_REPLY) {
        if (!take_reply(conn, now)) {
            fail_unsolicited(conn);
            return;
        }
    }
    if (result == PL_READ_FAILED)
        pl_conn_fail(conn, PODLINK_EPROTOCOL, conn->reader.why);
    else if (pl_reader_is_midway(&conn->reader) && pl_inflight_length(&conn->inflight) == 0 && !conn->pushes)
        pl_conn_fail(conn, PODLINK_EPROTOCOL, "unsolicited bytes");
}

void pl_conn_fail(pl_conn *conn, podlink_status status, const char *why)
{
    if (conn->is_dead)
        return;
    conn->is_dead = true;
    pl_error_set(&conn->fault, status, PODLINK_UNKNOWN, "%s: %s", conn->server, why);
    pl_outcome outcome = {.status = status, .why = why, .server = conn->server};
    while (pl_inflight_length(&conn->inflight) > 0) {
        pl_inflight_entry entry = pl_inflight_pop(&conn->inflight);
        conn->head += entry.size; /* without its last byte a command is incomplete: the server cannot have run it */
        outcome.delivery = may_be_sent(conn, conn->head) ? PODLINK_UNKNOWN : PODLINK_NOT_SENT;
        record_outcome(conn, &entry, &outcome);
    }
    conn->filling.length = 0;
    conn->sending.length = 0;
    conn->sending_at = 0;
}

/* Removes a command that the driver was not given yet. @param at  where it begins in conn->filling */
static void cut_out(pl_conn *conn, size_t at, size_t size)
{
    pl_buffer *filling = &conn->filling;
    memmove(filling->bytes + at, filling->bytes + at + size, filling->length - at - size);
    filling->length -= size;
}

void pl_conn_abandon(pl_conn *conn, pl_request *request, podlink_status status, const char *why)
{
    pl_inflight *inflight = &conn->inflight;
    const uint32_t length = pl_inflight_length(inflight);
    const size_t unsent = conn->sending.length - conn->sending_at;
    const uint64_t filled_from = conn->sent + unsent; /* offset in the stream at which conn->filling begins */
    pl_outcome outcome = {.status = status, .why = why, .server = conn->server};
    uint64_t offset = conn->head;
    size_t removed = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < length; i++) {
        pl_inflight_entry entry = *pl_inflight_at(inflight, i);
        bool is_ours = entry.request == request;
        bool is_unseen = offset >= filled_from;
        if (is_ours) {
            outcome.delivery = is_unseen ? PODLINK_NOT_SENT : PODLINK_UNKNOWN;
            pl_outcome recorded = outcome;
            if (pl_request_record(request, entry.index, &recorded))
                count(conn->counters, &recorded);
            entry.request = NULL;
        }
        if (is_ours && is_unseen) {
            cut_out(conn, (size_t)(offset - filled_from) - removed, entry.size);
            removed += entry.size;
        } else {
            *pl_inflight_at(inflight, kept++) = entry;
        }
        offset += entry.size;
    }
    inflight->tail = inflight->head + kept;
    if (conn->filling.is_secret && conn->filling.length == 0)
        pl_buffer_clear(&conn->filling, KEPT_BYTES);
}

void pl_conn_listen(pl_conn *conn, pl_request *pushes)
{
    assert(pl_inflight_length(&conn->inflight) == 0);
    conn->pushes = pushes;
}

pl_request *pl_conn_take_finished(pl_conn *conn)
{
    pl_request *finished = conn->finished;
    conn->finished = NULL;
    return finished;
}
