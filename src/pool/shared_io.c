/* SPDX-License-Identifier: MIT */
/* The roles on a shared connection. */
#include "pool/shared_io.h"

#include "pool/shared_open.h"

enum { READ_SIZE = 16 * 1024 };

/* --- queueing ------------------------------------------------------------------------------------------------- */

bool pl_shared_conn_has_plenty(const pl_request *request)
{
    return request->inflight > PL_WINDOW / 2;
}

bool pl_shared_conn_queue(pl_shared_conn *conn, pl_request *request)
{
    pl_conn *protocol = &conn->protocol;
    if (pl_inflight_length(&protocol->inflight) == 0)
        conn->alive.heard_at = request->queued_at;
    while (request->inflight == 0 || protocol->filling.length < PL_WINDOW_BYTES) {
        uint32_t i = pl_request_next(request, PL_WINDOW);
        if (i == request->count)
            return true;
        if (!pl_conn_queue(protocol, request, i)) {
            pl_request_no_memory(request, protocol->server);
            return false;
        }
        request->next++;
    }
    request->wake_at = request->inflight / 2;
    return true;
}

/* --- the writer ----------------------------------------------------------------------------------------------- */

static bool has_chunk(const pl_shared_conn *conn)
{
    return pl_conn_output_size(&conn->protocol) >= PL_CHUNK_BYTES;
}

/* A server reads TLS record by record and answers each by itself. If every command had a record of its own, 64 callers
 * would make 12,000 calls a second instead of 45,000 (docs/tls.md). The server takes the records in order, so output
 * that waits behind others loses nothing but the time of its transfer. Output is due when it is as large as what is in
 * flight: that makes two records which take turns, however many callers there are. A lone caller's output is always
 * due. */
bool pl_shared_conn_is_record_due(pl_shared_conn *conn, size_t size, int64_t *held_until)
{
    const uint64_t awaited = pl_conn_awaited_size(&conn->protocol);
    if (size >= PL_HOLD_BYTES || size >= awaited || pl_conn_is_sending(&conn->protocol))
        return true;
    const int64_t now = pl_clock_now(conn->server->clock);
    if (conn->held_since == 0)
        conn->held_since = now;
    const int64_t until = pl_wait_policy_hold_until(conn->held_since, awaited);
    if (now < until)
        *held_until = until;
    return now >= until;
}

bool pl_shared_conn_may_write(const pl_shared_conn *conn)
{
    return !conn->leaders.is_writing && (!conn->leaders.is_coalescing || has_chunk(conn));
}

bool pl_shared_conn_has_to_write(const pl_shared_conn *conn, const pl_caller *caller)
{
    if (!pl_shared_conn_may_write(conn))
        return false;
    if (has_chunk(conn))
        return true;
    return !conn->leaders.is_polling && (conn->leaders.is_reading || !caller->yields);
}

/* Callers whose replies arrived together come back together, on the few processors that there are. The writer yields to
 * them as long as that brings more commands, and sends these in few writes. A caller that fills a chunk meanwhile
 * writes it at once (docs/internals/rejected-designs.md). */
static void coalesce(pl_shared_conn *conn)
{
    const pl_buffer *queued = &conn->protocol.filling;
    size_t before = 0;
    conn->leaders.is_coalescing = true;
    for (int yields = 0; yields < PL_COALESCE_YIELDS && conn->seen.returning > 0 && queued->length > before; yields++) {
        before = queued->length;
        pthread_mutex_unlock(&conn->lock);
        pl_thread_yield();
        pthread_mutex_lock(&conn->lock);
    }
    conn->leaders.is_coalescing = false;
    conn->seen.returning = 0;
}

bool pl_shared_conn_write(pl_shared_conn *conn, bool may_coalesce)
{
    size_t written = 0;
    int error_number = 0;
    if (may_coalesce && !has_chunk(conn) && pl_wait_policy_coalesces(&conn->seen))
        coalesce(conn);
    if (conn->leaders.is_writing || conn->protocol.is_dead || !pl_conn_has_output(&conn->protocol))
        return true; /* another thread has written it meanwhile, or does so now */
    conn->leaders.is_writing = true;
    pl_bytes output = pl_conn_output(&conn->protocol);
    conn->held_since = 0;
    pthread_mutex_unlock(&conn->lock);
    pl_io_result result = pl_stream_write(&conn->stream, output.bytes, output.length, &written, &error_number);
    int64_t now = pl_clock_now(conn->server->clock);
    pthread_mutex_lock(&conn->lock);
    conn->leaders.is_writing = false;
    pl_count(&conn->counters.writes, 1);
    pl_conn_sent(&conn->protocol, written, now);
    if (result == PL_IO_FAILED)
        pl_shared_conn_fail_by_system(conn, error_number);
    return result != PL_IO_AGAIN;
}

void pl_shared_conn_wait_for_room(pl_shared_conn *conn, int64_t left)
{
    const int64_t limit = PL_BLOCKED_WAIT_MS * PL_MS;
    conn->leaders.is_writing = true;
    pthread_mutex_unlock(&conn->lock);
    pl_stream_wait(&conn->stream, POLLOUT, left < limit ? left : limit);
    pthread_mutex_lock(&conn->lock);
    conn->leaders.is_writing = false;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

/* The result of a read. */
typedef struct input {
    pl_io_result result;
    int error_number;
    size_t length;
    char bytes[READ_SIZE];
} input;

/* Without the lock. */
static void read_input(pl_shared_conn *conn, input *in)
{
    in->result = pl_stream_read(&conn->stream, in->bytes, sizeof in->bytes, &in->length, &in->error_number);
}

static void take_bytes(pl_shared_conn *conn, const input *in, int64_t now)
{
    conn->alive = (pl_liveness){.used_at = now, .heard_at = now};
    pl_conn_received(&conn->protocol, in->bytes, in->length, now);
}

static void take_input(pl_shared_conn *conn, const input *in, int64_t now)
{
    if (conn->protocol.is_dead || in->result == PL_IO_AGAIN)
        return;
    pl_count(&conn->counters.reads, 1);
    if (in->result == PL_IO_DONE)
        take_bytes(conn, in, now);
    else if (in->result == PL_IO_ENDED)
        pl_shared_conn_fail(conn, PODLINK_ECONNLOST, "closed by the server");
    else
        pl_shared_conn_fail_by_system(conn, in->error_number);
    pl_shared_conn_begin_close(conn);
}

/* Delivers the replies. @return the callers that have to be woken: for their replies, or for their deadlines */
static pl_request *deliver(pl_shared_conn *conn, const input *in)
{
    const int64_t now = pl_clock_now(conn->server->clock);
    conn->leaders.is_reading = false;
    take_input(conn, in, now);
    return pl_shared_conn_take_overdue(conn, now, pl_shared_conn_take_finished(conn));
}

/* A read of the socket that does not wait. Releases the lock and returns without it. If something was read, this thread
 * is still the reader: the bytes have to be taken before another thread reads on. */
static int64_t poll_once(pl_shared_conn *conn, input *in)
{
    conn->leaders.is_reading = true;
    pthread_mutex_unlock(&conn->lock);
    read_input(conn, in);
    const int64_t now = pl_clock_now(conn->server->clock);
    atomic_store_explicit(&conn->leaders.polled_at, now, memory_order_relaxed);
    if (in->result == PL_IO_AGAIN)
        conn->leaders.is_reading = false;
    return now;
}

/* --- the reader ----------------------------------------------------------------------------------------------- */

void pl_shared_conn_decide_to_yield(const pl_shared_conn *conn, pl_caller *caller, int64_t now)
{
    const pl_server *server = conn->server;
    caller->yields = pl_wait_policy_polls(server->wait_policy, &conn->seen, server->spin_ns, now);
}

static void note_wait(pl_shared_conn *conn, int64_t now)
{
    const uint32_t callers = atomic_load_explicit(&conn->load, memory_order_relaxed);
    pl_wait_policy_note_wait(conn->server->wait_policy, &conn->seen, callers > 0 ? callers : 1, now);
}

/* One read, unless another thread reads, and a yield. @return the time after it */
static int64_t poll_and_yield(pl_shared_conn *conn, input *in)
{
    int64_t now = 0;
    if (conn->leaders.is_reading)
        pthread_mutex_unlock(&conn->lock);
    else
        now = poll_once(conn, in);
    if (in->result == PL_IO_AGAIN) {
        pl_thread_yield();
        now = pl_clock_now(conn->server->clock);
    }
    pthread_mutex_lock(&conn->lock);
    return now;
}

/* A server on the same machine answers sooner than a sleeping processor wakes up. So the reader reads without waiting a
 * few times, yields in between, and writes what other callers queue meanwhile. */
static void busy_poll(pl_shared_conn *conn, const pl_caller *caller, input *in, int64_t now)
{
    const int64_t slow_ns = pl_wait_policy_slow_ns(conn->followers.count);
    const int64_t until = now + conn->server->spin_ns;
    conn->leaders.is_polling = true;
    note_wait(conn, now);
    for (int yields = 0; yields < PL_POLL_YIELDS_MAX && now < conn->leaders.reader_back_at; yields++) {
        int64_t held_until = PL_NEVER; /* not used: this loop checks again sooner */
        if (pl_shared_conn_is_output_due(conn, &held_until) && pl_shared_conn_may_write(conn)) {
            if (!pl_shared_conn_write(conn, caller->yields))
                break;
        } else if (yields >= PL_POLL_YIELDS && now >= until) {
            break;
        }
        const int64_t began = now;
        now = poll_and_yield(conn, in);
        if (pl_until(now, began) > slow_ns)
            pl_wait_policy_note_slow(&conn->seen, pl_until(now, began));
        if (in->result != PL_IO_AGAIN || conn->protocol.is_dead || pl_request_is_answered(caller->request))
            break;
    }
    conn->leaders.is_polling = false;
    pl_wait_policy_note_poll(&conn->seen, in->result == PL_IO_AGAIN && !pl_request_is_answered(caller->request));
}

/* Sleeps until there is something to read, or room to write if nobody else writes, or output that is held back is due.
 */
static void sleep_until_ready(pl_shared_conn *conn, input *in, int64_t now)
{
    pl_leaders *leaders = &conn->leaders;
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_shared_conn_is_output_due(conn, &held_until);
    const bool also_writes = is_due && pl_shared_conn_may_write(conn);
    const bool watches = held_until != PL_NEVER && !leaders->is_watching;
    const int64_t left = pl_until(leaders->reader_back_at, now);
    const int64_t limit = watches                  ? pl_until(held_until, now)
                          : is_due && !also_writes ? PL_BLOCKED_WAIT_MS * PL_MS
                                                   : left;
    const short events = also_writes ? POLLIN | POLLOUT : POLLIN;
    leaders->is_watching |= watches;
    leaders->is_writing |= also_writes;
    leaders->is_reading = true;
    pthread_mutex_unlock(&conn->lock);
    if (pl_stream_wait(&conn->stream, events, limit < left ? limit : left) & POLLIN)
        read_input(conn, in);
    pthread_mutex_lock(&conn->lock);
    if (also_writes)
        leaders->is_writing = false;
    if (watches)
        leaders->is_watching = false;
}

void pl_shared_conn_lead(pl_shared_conn *conn, pl_caller *caller, int64_t now, int64_t deadline)
{
    input in;
    pl_leaders *leaders = &conn->leaders;
    const pl_request *own = caller->request;
    in.result = PL_IO_AGAIN;
    leaders->reader_back_at = deadline < conn->followers.due ? deadline : conn->followers.due;
    pl_shared_conn_decide_to_yield(conn, caller, now);
    if (caller->yields)
        busy_poll(conn, caller, &in, now);
    else
        pl_wait_policy_note_rest(&conn->seen);
    bool has_read = in.result != PL_IO_AGAIN;
    if (!has_read && !leaders->is_reading && !conn->protocol.is_dead && !pl_request_is_answered(own)) {
        sleep_until_ready(conn, &in, now);
        has_read = true;
    }
    leaders->reader_back_at = PL_NEVER;
    pl_request *to_wake = has_read ? deliver(conn, &in) : NULL;
    if (pl_request_is_complete(own))
        to_wake = pl_shared_conn_take_next_leader(conn, to_wake); /* in the same system call */
    pl_shared_conn_wake(conn, to_wake);
}

/* --- followers ------------------------------------------------------------------------------------------------ */

static bool has_polling_leader(const pl_shared_conn *conn)
{
    return conn->leaders.is_polling && !conn->protocol.is_dead;
}

/* One write and one read in place of the leader. */
static void help_once(pl_shared_conn *conn)
{
    input in;
    int64_t held_until = PL_NEVER;
    pl_request *to_wake = NULL;
    if (!conn->leaders.is_writing && pl_shared_conn_is_output_due(conn, &held_until)) {
        pl_shared_conn_write(conn, false);
        to_wake = pl_shared_conn_take_finished(conn); /* if the write failed */
    }
    if (has_polling_leader(conn) && !conn->leaders.is_reading && !to_wake) {
        poll_once(conn, &in);
        pthread_mutex_lock(&conn->lock);
        if (in.result != PL_IO_AGAIN)
            to_wake = deliver(conn, &in);
    }
    pl_shared_conn_wake(conn, pl_shared_conn_take_next_leader(conn, to_wake));
    pl_shared_conn_end_close(conn);
}

/* Without the lock. A leader that busy-polls may not get a processor for a while, for example because a busy server has
 * it. Then a follower does its work. The leader may have left meanwhile, and there may be another connection; that does
 * no harm. */
static void help_leader(pl_shared_conn *conn)
{
    if (pthread_mutex_trylock(&conn->lock) != 0)
        return;
    if (has_polling_leader(conn))
        help_once(conn);
    pthread_mutex_unlock(&conn->lock);
}

/* Without the lock. While a leader busy-polls, replies may come soon: so a follower yields before it sleeps.
 * @param wait_ns  in and out: what is left of the wait */
static void yield_before_sleep(pl_shared_conn *conn, const pl_caller *caller, int64_t now, int64_t slow_ns,
                               int64_t *wait_ns)
{
    int64_t took_ns = 0;
    bool is_woken = false;
    for (int yields = 0; *wait_ns > 0 && took_ns <= slow_ns && yields < PL_WAIT_YIELDS && !is_woken; yields++) {
        pl_thread_yield();
        is_woken = pl_event_is_set(&caller->event);
        took_ns = pl_until(pl_clock_now(conn->server->clock), now);
        now += took_ns;
        *wait_ns = pl_until(*wait_ns, took_ns);
        const int64_t polled_at = atomic_load_explicit(&conn->leaders.polled_at, memory_order_relaxed);
        if (!is_woken && pl_until(now, polled_at) > PL_HELP_LEADER_NS)
            help_leader(conn);
    }
    if (took_ns > slow_ns)
        pl_wait_policy_note_slow(&conn->seen, took_ns);
}

pl_step_result pl_shared_conn_follow(pl_shared_conn *conn, pl_caller *caller, int64_t deadline)
{
    int64_t wait_ns = 0;
    const int64_t now = pl_clock_now(conn->server->clock);
    if (!pl_shared_conn_begin_wait(conn, caller, now, deadline, &wait_ns))
        return PL_STEP_TIMED_OUT;
    const uint16_t wait_index = caller->wait_index;
    const bool yields = caller->yields;
    const int64_t slow_ns = pl_wait_policy_slow_ns(conn->followers.count);
    if (yields)
        note_wait(conn, now);
    pthread_mutex_unlock(&conn->lock);
    if (yields)
        yield_before_sleep(conn, caller, now, slow_ns, &wait_ns);
    return pl_shared_conn_end_wait(conn, caller, wait_index, wait_ns);
}
