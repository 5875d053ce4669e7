/* The roles on a lane. */
#include "pool/lane_io.h"

#include "pool/lane_open.h"
#include "pool/lane_wait.h"

enum {
    READ_SIZE = 16 * 1024,
    RECORD_BYTES = 8 * 1024, /* of output that is held back no longer */
    HOLD_NS_A_BYTE = 250,    /* on its way: behind a few commands it is held for 0.2 ms at most, behind many for 2 ms */
    WINDOW = 1024,           /* commands of one exchange in flight */
    WINDOW_BYTES = 64 * 1024, /* queued bytes beyond which an exchange queues no more */
    BLOCKED_WAIT_MS = 10, /* while bytes cannot be sent, each role looks that often whether it has to take the other */
    GATHER_LEAST = 4,     /* callers expected back for whom a writer waits a turn: their commands go out in one write */
    GATHER_TURNS = 4,
    CHUNK_BYTES = 1280, /* eight of our calls: worth a write of their own, so that the server has something to do */
    WAIT_TURNS = 32,    /* before one sleeps */
    STAND_IN_NS = 300 * 1000, /* without a look, after which another does it: the next turn may be 4 ms away */
    LOOK_TURNS = 32, /* a reader looks for so many at least: each may be as long as all who wait take for theirs */
    LOOK_TURNS_MAX = 10000, /* where the host's clock stands still */
    SPIN_MISSES = 4,        /* looks in vain, after which looking is left out */
    SPIN_RESTS = 256        /* for so many waits */
};

bool pl_lane_has_plenty(const pl_exchange *exchange)
{
    return exchange->inflight > WINDOW / 2;
}

bool pl_lane_queue(pl_lane *lane, pl_exchange *exchange)
{
    pl_conn *conn = &lane->conn;
    if (pl_line_length(&conn->line) == 0)
        lane->heard_at = exchange->queued_at;
    while (exchange->inflight == 0 || conn->filling.length < WINDOW_BYTES) {
        uint32_t i = pl_exchange_next(exchange, WINDOW);
        if (i == exchange->count)
            return true;
        if (!pl_conn_queue(conn, exchange, i)) {
            pl_exchange_no_memory(exchange, conn->server);
            return false;
        }
        exchange->next++;
    }
    exchange->wake_at = exchange->inflight / 2;
    return true;
}

/* A server takes what comes by TLS record by record, and answers each by itself: 64 callers could stay in a mode where
 * every command is a record of its own, at 12,000 calls a second in place of 45,000 (docs/benchmarks.md). It takes them
 * in order, so that what waits here loses nothing but the way to it. Output is due when there is as much of it as is on
 * its way, which makes two records that take turns, however many callers there are; a lone caller's always is. Where
 * much is on its way it may wait longer: with 200 us for all, 64 callers came to 0.73 of clear text. */
bool pl_lane_is_output_due(pl_lane *lane, int64_t *held_until)
{
    const pl_conn *conn = &lane->conn;
    const size_t size = pl_conn_output_size(conn);
    if (size == 0)
        return false;
    const uint64_t awaited = pl_conn_awaited_size(conn);
    if (!lane->stream.tls || size >= RECORD_BYTES || size >= awaited || pl_conn_is_sending(conn))
        return true;
    const int64_t now = pl_clock_now(lane->server->clock);
    if (lane->held_at == 0)
        lane->held_at = now;
    const int64_t until = lane->held_at + HOLD_NS_A_BYTE * (int64_t)(awaited < RECORD_BYTES ? awaited : RECORD_BYTES);
    if (now < until)
        *held_until = until;
    return now >= until;
}

void pl_lane_decide_to_look(const pl_lane *lane, pl_exchange *exchange, int64_t now)
{
    exchange->looks = lane->server->spin_ns > 0 && lane->spin.rests == 0 && pl_turns_pay(lane->server->turns, now);
}

/* One begins to take turns. */
static void note_wait(pl_lane *lane, int64_t now)
{
    const uint32_t callers = atomic_load_explicit(&lane->load, memory_order_relaxed);
    pl_turns_note_wait(lane->server->turns, &lane->turns_seen, callers > 0 ? callers : 1, now);
}

static bool has_chunk(const pl_lane *lane)
{
    return pl_conn_output_size(&lane->conn) >= CHUNK_BYTES;
}

bool pl_lane_may_write(const pl_lane *lane)
{
    return !lane->is_writing && (!lane->is_gathering || has_chunk(lane));
}

bool pl_lane_has_to_write(const pl_lane *lane, const pl_exchange *exchange)
{
    if (!pl_lane_may_write(lane))
        return false;
    if (has_chunk(lane))
        return true;
    return !lane->is_looking && (lane->is_reading || !exchange->looks);
}

/* Callers whose replies came together come back together, on the few processors that there are. A turn for the others,
 * as long as that brings more, and their commands are sent in few writes: whoever fills a chunk sends it meanwhile
 * (docs/benchmarks.md). */
static void gather(pl_lane *lane, const pl_exchange *exchange)
{
    if (lane->expected < GATHER_LEAST || !exchange->looks)
        return;
    size_t before = 0;
    lane->is_gathering = true;
    for (int turn = 0; turn < GATHER_TURNS && lane->expected > 0 && lane->conn.filling.length > before; turn++) {
        before = lane->conn.filling.length;
        pthread_mutex_unlock(&lane->lock);
        pl_thread_yield();
        pthread_mutex_lock(&lane->lock);
    }
    lane->is_gathering = false;
    lane->expected = 0;
}

/* False where the socket takes no more at present. */
static bool write_output(pl_lane *lane)
{
    size_t written = 0;
    int error_number = 0;
    lane->is_writing = true;
    pl_bytes output = pl_conn_output(&lane->conn);
    lane->held_at = 0;
    pthread_mutex_unlock(&lane->lock);
    pl_io_result result = pl_stream_write(&lane->stream, output.bytes, output.length, &written, &error_number);
    int64_t now = pl_clock_now(lane->server->clock);
    pthread_mutex_lock(&lane->lock);
    lane->is_writing = false;
    pl_count(&lane->counters.writes, 1);
    pl_conn_sent(&lane->conn, written, now);
    if (result == PL_IO_FAILED)
        pl_lane_fail_by_system(lane, error_number);
    return result != PL_IO_AGAIN;
}

bool pl_lane_write(pl_lane *lane, const pl_exchange *exchange)
{
    if (!has_chunk(lane))
        gather(lane, exchange);
    if (lane->is_writing || lane->conn.is_dead || !pl_conn_has_output(&lane->conn))
        return true; /* another has sent it meanwhile, or does so now */
    return write_output(lane);
}

/* What a reader has read. */
typedef struct pl_input {
    pl_io_result result;
    int error_number;
    size_t length;
    char bytes[READ_SIZE];
} pl_input;

static void take_bytes(pl_lane *lane, const char *bytes, size_t length, int64_t now)
{
    lane->heard_at = lane->used_at = now;
    lane->timeouts = 0;
    pl_conn_received(&lane->conn, bytes, length, now);
}

static void take_input(pl_lane *lane, const pl_input *input, int64_t now)
{
    if (lane->conn.is_dead || input->result == PL_IO_AGAIN)
        return;
    pl_count(&lane->counters.reads, 1);
    if (input->result == PL_IO_DONE)
        take_bytes(lane, input->bytes, input->length, now);
    else if (input->result == PL_IO_ENDED)
        pl_lane_fail(lane, PODLINK_ECONNLOST, "closed by the server");
    else
        pl_lane_fail_by_system(lane, input->error_number);
    pl_lane_look_after_death(lane);
}

static void read_input(pl_lane *lane, pl_input *input)
{
    input->result =
        pl_stream_read(&lane->stream, input->bytes, sizeof input->bytes, &input->length, &input->error_number);
}

/* Whether it has paid. */
static void note_look(pl_lane *lane, bool was_in_vain)
{
    lane->spin.misses = was_in_vain ? lane->spin.misses + 1 : 0;
    if (lane->spin.misses == SPIN_MISSES)
        lane->spin = (pl_spin){.rests = SPIN_RESTS};
}

/* A look at the socket. The lock is given up meanwhile. Where something was read, we are still reading: it is to be
 * taken before anybody reads on. */
static int64_t look_once(pl_lane *lane, pl_input *input)
{
    lane->is_reading = true;
    pthread_mutex_unlock(&lane->lock);
    read_input(lane, input);
    const int64_t now = pl_clock_now(lane->server->clock);
    atomic_store_explicit(&lane->looked_at, now, memory_order_relaxed);
    if (input->result == PL_IO_AGAIN)
        lane->is_reading = false;
    return now;
}

static bool is_looked_after(const pl_lane *lane)
{
    return lane->is_looking && !lane->conn.is_dead;
}

/* A turn of one who looks: a look at the socket, unless another has it, and others run.
 * @return the time after it */
static int64_t look_and_yield(pl_lane *lane, pl_input *input)
{
    int64_t now = 0;
    if (lane->is_reading)
        pthread_mutex_unlock(&lane->lock);
    else
        now = look_once(lane, input);
    if (input->result == PL_IO_AGAIN) {
        pl_thread_yield();
        now = pl_clock_now(lane->server->clock);
    }
    pthread_mutex_lock(&lane->lock);
    return now;
}

/* A server on the same machine answers sooner than a processor wakes from sleep. So the reader looks a few times, lets
 * others run between, and writes for them what they queue meanwhile. Where that was in vain of late, as over a network,
 * it does not look. */
static void look(pl_lane *lane, const pl_exchange *own, pl_input *input, int64_t now)
{
    const int64_t limit_ns = pl_turns_limit(lane->crowd);
    const int64_t until = now + lane->server->spin_ns;
    lane->is_looking = true;
    note_wait(lane, now);
    for (int turn = 0; turn < LOOK_TURNS_MAX && now < lane->reader_back_at; turn++) {
        int64_t held_until = PL_NEVER; /* by then we look again, unless we sleep */
        if (pl_lane_is_output_due(lane, &held_until) && pl_lane_may_write(lane)) {
            if (!pl_lane_write(lane, own))
                break;
        } else if (turn >= LOOK_TURNS && now >= until) {
            break;
        }
        const int64_t began = now;
        now = look_and_yield(lane, input);
        if (pl_until(now, began) > limit_ns)
            pl_turns_note_slow(&lane->turns_seen, pl_until(now, began));
        if (input->result != PL_IO_AGAIN || lane->conn.is_dead || pl_exchange_is_answered(own))
            break;
    }
    lane->is_looking = false;
    note_look(lane, input->result == PL_IO_AGAIN && !pl_exchange_is_answered(own));
}

/* What was read goes to those who wait for it, and so does the news that a deadline has come.
 * @return who is to be told */
static pl_exchange *hand_out(pl_lane *lane, const pl_input *input)
{
    const int64_t now = pl_clock_now(lane->server->clock);
    lane->is_reading = false;
    take_input(lane, input, now);
    return pl_lane_take_overdue(lane, now, pl_lane_take_finished(lane));
}

/* Does what the one who looks would do. */
static void do_its_turn(pl_lane *lane)
{
    pl_input input;
    int64_t held_until = PL_NEVER;
    pl_exchange *to_tell = NULL;
    if (!lane->is_writing && pl_lane_is_output_due(lane, &held_until)) {
        write_output(lane);
        to_tell = pl_lane_take_finished(lane); /* where that failed */
    }
    if (is_looked_after(lane) && !lane->is_reading && !to_tell) {
        look_once(lane, &input);
        pthread_mutex_lock(&lane->lock);
        to_tell = input.result == PL_IO_AGAIN ? NULL : hand_out(lane, &input);
    }
    pl_lane_tell(lane, pl_lane_take_heir(lane, to_tell));
    pl_lane_close_if_unused(lane);
}

/* The one who looks is kept from its turn, by a busy server on its processor maybe: another takes it. It may leave
 * meanwhile, and another connection be dialled: that is no business of ours. Without the lock. */
static void stand_in(pl_lane *lane)
{
    if (pthread_mutex_trylock(&lane->lock) != 0)
        return;
    if (is_looked_after(lane))
        do_its_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

/* Where one looks, answers may come soon: who waits for them takes turns with the others before it sleeps. Without the
 * lock.
 * @param wait_ns  in and out: what is left of the wait */
static void take_turns(pl_lane *lane, const pl_exchange *exchange, int64_t now, int64_t limit_ns, int64_t *wait_ns)
{
    int64_t took_ns = 0;
    bool is_told = false;
    for (int turn = 0; *wait_ns > 0 && took_ns <= limit_ns && turn < WAIT_TURNS && !is_told; turn++) {
        pl_thread_yield();
        is_told = pl_event_is_set(&exchange->event);
        took_ns = pl_until(pl_clock_now(lane->server->clock), now);
        now += took_ns;
        *wait_ns = pl_until(*wait_ns, took_ns);
        if (!is_told && pl_until(now, atomic_load_explicit(&lane->looked_at, memory_order_relaxed)) > STAND_IN_NS)
            stand_in(lane);
    }
    if (took_ns > limit_ns)
        pl_turns_note_slow(&lane->turns_seen, took_ns);
}

pl_next_step pl_lane_wait(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    int64_t wait_ns = 0;
    const int64_t now = pl_clock_now(lane->server->clock);
    if (!pl_lane_join(lane, exchange, now, deadline, &wait_ns))
        return PL_GIVE_UP;
    const uint16_t wait_index = exchange->wait_index;
    const int64_t limit_ns = pl_turns_limit(lane->crowd);
    if (exchange->looks)
        note_wait(lane, now);
    pthread_mutex_unlock(&lane->lock);
    if (exchange->looks)
        take_turns(lane, exchange, now, limit_ns, &wait_ns);
    return pl_lane_sleep(lane, exchange, wait_index, wait_ns);
}

/* Sleeps until there is something to read, or room to write where nobody else writes, or output that is held is due. */
static void sleep_until_ready(pl_lane *lane, pl_input *input, int64_t now)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_lane_is_output_due(lane, &held_until);
    const bool also_writes = is_due && pl_lane_may_write(lane);
    const bool watches = held_until != PL_NEVER && !lane->is_watched;
    const int64_t left = pl_until(lane->reader_back_at, now);
    const int64_t limit = watches ? pl_until(held_until, now) : is_due && !also_writes ? BLOCKED_WAIT_MS * PL_MS : left;
    const short events = also_writes ? POLLIN | POLLOUT : POLLIN;
    lane->is_watched |= watches;
    lane->is_writing |= also_writes;
    lane->is_reading = true;
    pthread_mutex_unlock(&lane->lock);
    if (pl_stream_wait(&lane->stream, events, limit < left ? limit : left) & POLLIN)
        read_input(lane, input);
    pthread_mutex_lock(&lane->lock);
    if (also_writes)
        lane->is_writing = false;
    if (watches)
        lane->is_watched = false;
}

void pl_lane_read(pl_lane *lane, pl_exchange *own, int64_t now, int64_t deadline)
{
    pl_input input;
    input.result = PL_IO_AGAIN;
    lane->reader_back_at = deadline < lane->due ? deadline : lane->due;
    pl_lane_decide_to_look(lane, own, now);
    if (own->looks)
        look(lane, own, &input, now);
    else
        lane->spin.rests -= lane->spin.rests > 0 ? 1 : 0;
    bool has_read = input.result != PL_IO_AGAIN;
    if (!has_read && !lane->is_reading && !lane->conn.is_dead && !pl_exchange_is_answered(own)) {
        sleep_until_ready(lane, &input, now);
        has_read = true;
    }
    lane->reader_back_at = PL_NEVER;
    pl_exchange *to_tell = has_read ? hand_out(lane, &input) : NULL;
    if (own->unsettled == 0)
        to_tell = pl_lane_take_heir(lane, to_tell); /* in the same system call */
    pl_lane_tell(lane, to_tell);
}

void pl_lane_wait_for_room(pl_lane *lane, int64_t left)
{
    const int64_t limit = BLOCKED_WAIT_MS * PL_MS;
    lane->is_writing = true;
    pthread_mutex_unlock(&lane->lock);
    pl_stream_wait(&lane->stream, POLLOUT, left < limit ? left : limit);
    pthread_mutex_lock(&lane->lock);
    lane->is_writing = false;
}
