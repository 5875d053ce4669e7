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
    SPIN_MISSES = 4,  /* looks in vain, after which looking is left out */
    SPIN_RESTS = 256, /* for so many waits */
    SPIN_TRIES = 100
};

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

/* Callers whose replies came together come back together, on the few processors that there are. A turn for the others,
 * as long as that brings more, and their commands are sent in one write (docs/benchmarks.md). */
static void gather(pl_lane *lane)
{
    if (lane->expected < GATHER_LEAST)
        return;
    size_t before = 0;
    for (int turn = 0; turn < GATHER_TURNS && lane->expected > 0 && lane->conn.filling.length > before; turn++) {
        before = lane->conn.filling.length;
        pthread_mutex_unlock(&lane->lock);
        pl_park_yield();
        pthread_mutex_lock(&lane->lock);
    }
    lane->expected = 0;
}

bool pl_lane_write(pl_lane *lane)
{
    size_t written = 0;
    int error_number = 0;
    lane->is_writing = true;
    gather(lane);
    if (lane->conn.is_dead) {
        lane->is_writing = false;
        return true;
    }
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

static bool may_look(const pl_lane *lane)
{
    return lane->server->spin_ns > 0 && lane->spin.rests == 0;
}

/* Whether it has paid. */
static void note_look(pl_lane *lane, bool was_in_vain)
{
    lane->spin.misses = was_in_vain ? lane->spin.misses + 1 : 0;
    if (lane->spin.misses == SPIN_MISSES)
        lane->spin = (pl_spin){.rests = SPIN_RESTS};
}

static void read_input(pl_lane *lane, pl_input *input)
{
    input->result =
        pl_stream_read(&lane->stream, input->bytes, sizeof input->bytes, &input->length, &input->error_number);
}

/* A look at the socket, without the lock; others run before the next one.
 * @param until  of looking; 0: begins now
 * @return the time of the look */
static int64_t look_once(pl_lane *lane, pl_input *input, int64_t *until)
{
    pthread_mutex_unlock(&lane->lock);
    read_input(lane, input);
    int64_t now = pl_clock_now(lane->server->clock);
    if (*until == 0)
        *until = now + lane->server->spin_ns;
    if (input->result == PL_IO_AGAIN && now < *until)
        pl_park_yield();
    pthread_mutex_lock(&lane->lock);
    return now;
}

/* A server on the same machine answers sooner than a processor wakes from sleep. So the reader looks a few times, lets
 * others run between, and writes for them what they queue meanwhile. Where that was in vain of late, as over a network,
 * it does not look. */
static void look(pl_lane *lane, pl_input *input, int64_t now)
{
    int64_t until = 0;
    lane->is_looking = true;
    for (int tries = 0; tries < SPIN_TRIES && now < lane->reader_back_at && !lane->conn.is_dead; tries++) {
        int64_t held_until = PL_NEVER; /* by then we look again, unless we sleep */
        if (pl_lane_is_output_due(lane, &held_until) && !lane->is_writing) {
            if (!pl_lane_write(lane))
                break;
            until = 0;
        } else if (until != 0 && now >= until) {
            break;
        }
        now = look_once(lane, input, &until);
        if (input->result != PL_IO_AGAIN)
            break;
    }
    lane->is_looking = false;
    note_look(lane, input->result == PL_IO_AGAIN);
}

/* Sleeps until there is something to read, or room to write where nobody else writes, or output that is held is due. */
static void sleep_until_ready(pl_lane *lane, pl_input *input, int64_t now)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = pl_lane_is_output_due(lane, &held_until);
    const bool also_writes = is_due && !lane->is_writing;
    const bool watches = held_until != PL_NEVER && !lane->is_watched;
    const int64_t left = pl_until(lane->reader_back_at, now);
    const int64_t limit = watches ? pl_until(held_until, now) : is_due && !also_writes ? BLOCKED_WAIT_MS * PL_MS : left;
    const short events = also_writes ? POLLIN | POLLOUT : POLLIN;
    lane->is_watched |= watches;
    lane->is_writing |= also_writes;
    pthread_mutex_unlock(&lane->lock);
    if (pl_stream_wait(&lane->stream, events, limit < left ? limit : left) & POLLIN)
        read_input(lane, input);
    pthread_mutex_lock(&lane->lock);
    if (also_writes)
        lane->is_writing = false;
    if (watches)
        lane->is_watched = false;
}

void pl_lane_read(pl_lane *lane, const pl_exchange *own, int64_t now, int64_t deadline)
{
    pl_input input;
    input.result = PL_IO_AGAIN;
    lane->reader_back_at = deadline < lane->due ? deadline : lane->due;
    lane->is_reading = true;
    if (may_look(lane))
        look(lane, &input, now);
    else
        lane->spin.rests -= lane->spin.rests > 0 ? 1 : 0;
    if (input.result == PL_IO_AGAIN && !lane->conn.is_dead)
        sleep_until_ready(lane, &input, now);
    lane->is_reading = false;
    lane->reader_back_at = PL_NEVER;
    now = pl_clock_now(lane->server->clock);
    take_input(lane, &input, now);
    pl_exchange *to_tell = pl_lane_take_overdue(lane, now, pl_lane_take_finished(lane));
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

bool pl_lane_has_to_write(const pl_lane *lane)
{
    if (lane->is_writing)
        return false;
    return lane->is_reading ? !lane->is_looking : !may_look(lane);
}
