/* SPDX-License-Identifier: MIT */
/* The roles on a shared connection. */
#include "pool/shared_io.h"

#include "pool/shared_open.h"
#include "pool/shared_wait.h"

enum {
    READ_SIZE = 16 * 1024,
    RECORD_BYTES = 8 * 1024, /* of output that is held back no longer */
    HOLD_NS_A_BYTE = 250,    /* on its way: behind a few commands it is held for 0.2 ms at most, behind many for 2 ms */
    WINDOW = 1024,           /* commands of one request in flight */
    WINDOW_BYTES = 64 * 1024, /* queued bytes beyond which a request queues no more */
    BLOCKED_WAIT_MS = 10, /* while bytes cannot be sent, each role looks that often whether it has to take the other */
    COALESCE_LEAST = 4,   /* callers expected back for whom a writer waits a turn: their commands go out in one write */
    COALESCE_YIELDS = 4,
    CHUNK_BYTES = 1280, /* eight of our calls: worth a write of their own, so that the server has something to do */
    WAIT_YIELDS = 32,   /* before one sleeps */
    HELP_LEADER_NS = 300 * 1000, /* without a look, after which another does it: the next turn may be 4 ms away */
    POLL_YIELDS = 32, /* a reader looks for so many at least: each may be as long as all who wait take for theirs */
    POLL_YIELDS_MAX = 10000, /* where the host's clock stands still */
    SPIN_MISSES = 4,         /* looks in vain, after which looking is left out */
    SPIN_RESTS = 256         /* for so many waits */
};

bool pl_shared_conn_has_plenty(const pl_request *request)
{
    return request->inflight > WINDOW / 2;
}

bool pl_shared_conn_queue(pl_shared_conn *shared, pl_request *request)
{
    pl_conn *conn = &shared->conn;
    if (pl_inflight_length(&conn->inflight) == 0)
        shared->heard_at = request->queued_at;
    while (request->inflight == 0 || conn->filling.length < WINDOW_BYTES) {
        uint32_t i = pl_request_next(request, WINDOW);
        if (i == request->count)
            return true;
        if (!pl_conn_queue(conn, request, i)) {
            pl_request_no_memory(request, conn->server);
            return false;
        }
        request->next++;
    }
    request->wake_at = request->inflight / 2;
    return true;
}

/* A server takes what comes by TLS record by record, and answers each by itself: 64 callers could stay in a mode where
 * every command is a record of its own, at 12,000 calls a second in place of 45,000 (docs/benchmarks.md). It takes them
 * in order, so that what waits here loses nothing but the way to it. Output is due when there is as much of it as is on
 * its way, which makes two records that take turns, however many callers there are; a lone caller's always is. Where
 * much is on its way it may wait longer: with 200 us for all, 64 callers came to 0.73 of clear text. */
bool pl_shared_conn_is_output_due(pl_shared_conn *shared, int64_t *held_until)
{
    const pl_conn *conn = &shared->conn;
    const size_t size = pl_conn_output_size(conn);
    if (size == 0)
        return false;
    const uint64_t awaited = pl_conn_awaited_size(conn);
    if (!shared->stream.tls || size >= RECORD_BYTES || size >= awaited || pl_conn_is_sending(conn))
        return true;
    const int64_t now = pl_clock_now(shared->server->clock);
    if (shared->held_at == 0)
        shared->held_at = now;
    const int64_t until = shared->held_at + HOLD_NS_A_BYTE * (int64_t)(awaited < RECORD_BYTES ? awaited : RECORD_BYTES);
    if (now < until)
        *held_until = until;
    return now >= until;
}

void pl_shared_conn_decide_to_poll(const pl_shared_conn *shared, pl_request *request, int64_t now)
{
    request->polls = shared->server->spin_ns > 0 && shared->spin.rests == 0 &&
                     pl_wait_policy_may_yield(shared->server->wait_policy, now);
}

/* One begins to take turns. */
static void note_wait(pl_shared_conn *shared, int64_t now)
{
    const uint32_t callers = atomic_load_explicit(&shared->load, memory_order_relaxed);
    pl_wait_policy_note_wait(shared->server->wait_policy, &shared->wait_seen, callers > 0 ? callers : 1, now);
}

static bool has_chunk(const pl_shared_conn *shared)
{
    return pl_conn_output_size(&shared->conn) >= CHUNK_BYTES;
}

bool pl_shared_conn_may_write(const pl_shared_conn *shared)
{
    return !shared->is_writing && (!shared->is_coalescing || has_chunk(shared));
}

bool pl_shared_conn_has_to_write(const pl_shared_conn *shared, const pl_request *request)
{
    if (!pl_shared_conn_may_write(shared))
        return false;
    if (has_chunk(shared))
        return true;
    return !shared->is_polling && (shared->is_reading || !request->polls);
}

/* Callers whose replies came together come back together, on the few processors that there are. A turn for the others,
 * as long as that brings more, and their commands are sent in few writes: whoever fills a chunk sends it meanwhile
 * (docs/benchmarks.md). */
static void coalesce(pl_shared_conn *shared, const pl_request *request)
{
    if (shared->expected < COALESCE_LEAST || !request->polls)
        return;
    size_t before = 0;
    shared->is_coalescing = true;
    for (int turn = 0; turn < COALESCE_YIELDS && shared->expected > 0 && shared->conn.filling.length > before; turn++) {
        before = shared->conn.filling.length;
        pthread_mutex_unlock(&shared->lock);
        pl_thread_yield();
        pthread_mutex_lock(&shared->lock);
    }
    shared->is_coalescing = false;
    shared->expected = 0;
}

/* False where the socket takes no more at present. */
static bool write_output(pl_shared_conn *shared)
{
    size_t written = 0;
    int error_number = 0;
    shared->is_writing = true;
    pl_bytes output = pl_conn_output(&shared->conn);
    shared->held_at = 0;
    pthread_mutex_unlock(&shared->lock);
    pl_io_result result = pl_stream_write(&shared->stream, output.bytes, output.length, &written, &error_number);
    int64_t now = pl_clock_now(shared->server->clock);
    pthread_mutex_lock(&shared->lock);
    shared->is_writing = false;
    pl_count(&shared->counters.writes, 1);
    pl_conn_sent(&shared->conn, written, now);
    if (result == PL_IO_FAILED)
        pl_shared_conn_fail_by_system(shared, error_number);
    return result != PL_IO_AGAIN;
}

bool pl_shared_conn_write(pl_shared_conn *shared, const pl_request *request)
{
    if (!has_chunk(shared))
        coalesce(shared, request);
    if (shared->is_writing || shared->conn.is_dead || !pl_conn_has_output(&shared->conn))
        return true; /* another has sent it meanwhile, or does so now */
    return write_output(shared);
}

/* What a reader has read. */
typedef struct pl_input {
    pl_io_result result;
    int error_number;
    size_t length;
    char bytes[READ_SIZE];
} pl_input;

static void take_bytes(pl_shared_conn *shared, const char *bytes, size_t length, int64_t now)
{
    shared->heard_at = shared->used_at = now;
    shared->timeouts = 0;
    pl_conn_received(&shared->conn, bytes, length, now);
}

static void take_input(pl_shared_conn *shared, const pl_input *input, int64_t now)
{
    if (shared->conn.is_dead || input->result == PL_IO_AGAIN)
        return;
    pl_count(&shared->counters.reads, 1);
    if (input->result == PL_IO_DONE)
        take_bytes(shared, input->bytes, input->length, now);
    else if (input->result == PL_IO_ENDED)
        pl_shared_conn_fail(shared, PODLINK_ECONNLOST, "closed by the server");
    else
        pl_shared_conn_fail_by_system(shared, input->error_number);
    pl_shared_conn_clean_up(shared);
}

static void read_input(pl_shared_conn *shared, pl_input *input)
{
    input->result =
        pl_stream_read(&shared->stream, input->bytes, sizeof input->bytes, &input->length, &input->error_number);
}

/* Whether it has paid. */
static void note_poll(pl_shared_conn *shared, bool was_in_vain)
{
    shared->spin.misses = was_in_vain ? shared->spin.misses + 1 : 0;
    if (shared->spin.misses == SPIN_MISSES)
        shared->spin = (pl_busy_poll){.rests = SPIN_RESTS};
}

/* A look at the socket. The lock is given up meanwhile. Where something was read, we are still reading: it is to be
 * taken before anybody reads on. */
static int64_t poll_once(pl_shared_conn *shared, pl_input *input)
{
    shared->is_reading = true;
    pthread_mutex_unlock(&shared->lock);
    read_input(shared, input);
    const int64_t now = pl_clock_now(shared->server->clock);
    atomic_store_explicit(&shared->polled_at, now, memory_order_relaxed);
    if (input->result == PL_IO_AGAIN)
        shared->is_reading = false;
    return now;
}

static bool is_attended(const pl_shared_conn *shared)
{
    return shared->is_polling && !shared->conn.is_dead;
}

/* A turn of one who looks: a look at the socket, unless another has it, and others run.
 * @return the time after it */
static int64_t poll_and_yield(pl_shared_conn *shared, pl_input *input)
{
    int64_t now = 0;
    if (shared->is_reading)
        pthread_mutex_unlock(&shared->lock);
    else
        now = poll_once(shared, input);
    if (input->result == PL_IO_AGAIN) {
        pl_thread_yield();
        now = pl_clock_now(shared->server->clock);
    }
    pthread_mutex_lock(&shared->lock);
    return now;
}

/* A server on the same machine answers sooner than a processor wakes from sleep. So the reader looks a few times, lets
 * others run between, and writes for them what they queue meanwhile. Where that was in vain of late, as over a network,
 * it does not look. */
static void look(pl_shared_conn *shared, const pl_request *own, pl_input *input, int64_t now)
{
    const int64_t limit_ns = pl_wait_policy_slow_ns(shared->waiting_count);
    const int64_t until = now + shared->server->spin_ns;
    shared->is_polling = true;
    note_wait(shared, now);
    for (int turn = 0; turn < POLL_YIELDS_MAX && now < shared->reader_back_at; turn++) {
        int64_t held_until = PL_NEVER; /* by then we look again, unless we sleep */
        if (pl_shared_conn_is_output_due(shared, &held_until) && pl_shared_conn_may_write(shared)) {
            if (!pl_shared_conn_write(shared, own))
                break;
        } else if (turn >= POLL_YIELDS && now >= until) {
            break;
        }
        const int64_t began = now;
        now = poll_and_yield(shared, input);
        if (pl_until(now, began) > limit_ns)
            pl_wait_policy_note_slow(&shared->wait_seen, pl_until(now, began));
        if (input->result != PL_IO_AGAIN || shared->conn.is_dead || pl_request_is_answered(own))
            break;
    }
    shared->is_polling = false;
    note_poll(shared, input->result == PL_IO_AGAIN && !pl_request_is_answered(own));
}

/* What was read goes to those who wait for it, and so does the news that a deadline has come.
 * @return who is to be told */
static pl_request *hand_out(pl_shared_conn *shared, const pl_input *input)
{
    const int64_t now = pl_clock_now(shared->server->clock);
    shared->is_reading = false;
    take_input(shared, input, now);
    return pl_shared_conn_take_overdue(shared, now, pl_shared_conn_take_finished(shared));
}

/* Does what the one who looks would do. */
static void help_once(pl_shared_conn *shared)
{
    pl_input input;
    int64_t held_until = PL_NEVER;
    pl_request *to_wake = NULL;
    if (!shared->is_writing && pl_shared_conn_is_output_due(shared, &held_until)) {
        write_output(shared);
        to_wake = pl_shared_conn_take_finished(shared); /* where that failed */
    }
    if (is_attended(shared) && !shared->is_reading && !to_wake) {
        poll_once(shared, &input);
        pthread_mutex_lock(&shared->lock);
        to_wake = input.result == PL_IO_AGAIN ? NULL : hand_out(shared, &input);
    }
    pl_shared_conn_wake(shared, pl_shared_conn_take_next_leader(shared, to_wake));
    pl_shared_conn_close_if_unused(shared);
}

/* The one who looks is kept from its turn, by a busy server on its processor maybe: another takes it. It may leave
 * meanwhile, and another connection be dialled: that is no business of ours. Without the lock. */
static void help_leader(pl_shared_conn *shared)
{
    if (pthread_mutex_trylock(&shared->lock) != 0)
        return;
    if (is_attended(shared))
        help_once(shared);
    pthread_mutex_unlock(&shared->lock);
}

/* Where one looks, answers may come soon: who waits for them takes turns with the others before it sleeps. Without the
 * lock.
 * @param wait_ns  in and out: what is left of the wait */
static void yield_and_poll(pl_shared_conn *shared, const pl_request *request, int64_t now, int64_t limit_ns,
                           int64_t *wait_ns)
{
    int64_t took_ns = 0;
    bool is_woken = false;
    for (int turn = 0; *wait_ns > 0 && took_ns <= limit_ns && turn < WAIT_YIELDS && !is_woken; turn++) {
        pl_thread_yield();
        is_woken = pl_event_is_set(&request->event);
        took_ns = pl_until(pl_clock_now(shared->server->clock), now);
        now += took_ns;
        *wait_ns = pl_until(*wait_ns, took_ns);
        if (!is_woken && pl_until(now, atomic_load_explicit(&shared->polled_at, memory_order_relaxed)) > HELP_LEADER_NS)
            help_leader(shared);
    }
    if (took_ns > limit_ns)
        pl_wait_policy_note_slow(&shared->wait_seen, took_ns);
}

pl_next_step pl_shared_conn_wait(pl_shared_conn *shared, pl_request *request, int64_t deadline)
{
    int64_t wait_ns = 0;
    const int64_t now = pl_clock_now(shared->server->clock);
    if (!pl_shared_conn_join(shared, request, now, deadline, &wait_ns))
        return PL_GIVE_UP;
    const uint16_t wait_index = request->wait_index;
    const int64_t limit_ns = pl_wait_policy_slow_ns(shared->waiting_count);
    if (request->polls)
        note_wait(shared, now);
    pthread_mutex_unlock(&shared->lock);
    if (request->polls)
        yield_and_poll(shared, request, now, limit_ns, &wait_ns);
    return pl_shared_conn_sleep(shared, request, wait_index, wait_ns);
}

/* Sleeps until there is something to read, or room to write where nobody else writes, or output that is held is due. */
static void sleep_until_ready(pl_shared_conn *shared, pl_input *input, int64_t now)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_shared_conn_is_output_due(shared, &held_until);
    const bool also_writes = is_due && pl_shared_conn_may_write(shared);
    const bool watches = held_until != PL_NEVER && !shared->is_watched;
    const int64_t left = pl_until(shared->reader_back_at, now);
    const int64_t limit = watches ? pl_until(held_until, now) : is_due && !also_writes ? BLOCKED_WAIT_MS * PL_MS : left;
    const short events = also_writes ? POLLIN | POLLOUT : POLLIN;
    shared->is_watched |= watches;
    shared->is_writing |= also_writes;
    shared->is_reading = true;
    pthread_mutex_unlock(&shared->lock);
    if (pl_stream_wait(&shared->stream, events, limit < left ? limit : left) & POLLIN)
        read_input(shared, input);
    pthread_mutex_lock(&shared->lock);
    if (also_writes)
        shared->is_writing = false;
    if (watches)
        shared->is_watched = false;
}

void pl_shared_conn_read(pl_shared_conn *shared, pl_request *own, int64_t now, int64_t deadline)
{
    pl_input input;
    input.result = PL_IO_AGAIN;
    shared->reader_back_at = deadline < shared->due ? deadline : shared->due;
    pl_shared_conn_decide_to_poll(shared, own, now);
    if (own->polls)
        look(shared, own, &input, now);
    else
        shared->spin.rests -= shared->spin.rests > 0 ? 1 : 0;
    bool has_read = input.result != PL_IO_AGAIN;
    if (!has_read && !shared->is_reading && !shared->conn.is_dead && !pl_request_is_answered(own)) {
        sleep_until_ready(shared, &input, now);
        has_read = true;
    }
    shared->reader_back_at = PL_NEVER;
    pl_request *to_wake = has_read ? hand_out(shared, &input) : NULL;
    if (own->incomplete == 0)
        to_wake = pl_shared_conn_take_next_leader(shared, to_wake); /* in the same system call */
    pl_shared_conn_wake(shared, to_wake);
}

void pl_shared_conn_wait_for_room(pl_shared_conn *shared, int64_t left)
{
    const int64_t limit = BLOCKED_WAIT_MS * PL_MS;
    shared->is_writing = true;
    pthread_mutex_unlock(&shared->lock);
    pl_stream_wait(&shared->stream, POLLOUT, left < limit ? left : limit);
    pthread_mutex_lock(&shared->lock);
    shared->is_writing = false;
}
