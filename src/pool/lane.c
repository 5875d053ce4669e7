/* A shared connection and its blocking driver.
 *
 * Two roles, each held by one thread at a time and never with the lock: the writer sends what is queued, the reader
 * waits for replies and hands them out to all. A caller that finds a role free takes it; one that finds both taken
 * parks until its commands are settled, or until it is told to read because the reader has got its own answer and left.
 */
#include "pool/lane.h"

#include "base/error.h"
#include "base/mutant.h"
#include "pool/dial.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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

void pl_lane_init(pl_lane *lane, const pl_server *server)
{
    *lane = (pl_lane){.server = server,
                      .stream = PL_STREAM_CLOSED,
                      .reader_back_at = PL_NEVER,
                      .due = PL_NEVER,
                      .outdated_at = INT64_MIN};
    pthread_mutex_init(&lane->lock, NULL);
}

/* --- the owners that wait ------------------------------------------------------------------------------------- */

static void park_list_add(pl_lane *lane, pl_exchange *exchange)
{
    exchange->parked = true;
    exchange->seat = pl_hall_sit(&lane->hall);
    exchange->prev_parked = NULL;
    exchange->next_parked = lane->parked;
    if (lane->parked)
        lane->parked->prev_parked = exchange;
    lane->parked = exchange;
}

static void park_list_remove(pl_lane *lane, pl_exchange *exchange)
{
    exchange->parked = false;
    pl_hall_rise(&lane->hall, exchange->seat);
    if (exchange->prev_parked)
        exchange->prev_parked->next_parked = exchange->next_parked;
    else
        lane->parked = exchange->next_parked;
    if (exchange->next_parked)
        exchange->next_parked->prev_parked = exchange->prev_parked;
}

/* Takes the owners to be told off the park list: the result is linked by next_parked. The others are in a role, and
 * will see for themselves when they have the lock again. */
static pl_exchange *collect_finished(pl_lane *lane)
{
    pl_exchange *to_tell = NULL;
    pl_exchange *next;
    for (pl_exchange *x = pl_conn_take_finished(&lane->conn); x; x = next) {
        next = x->next_finished;
        if (!x->parked && !x->ops->finished)
            continue;
        if (x->parked) {
            park_list_remove(lane, x);
            x->is_through = x->unsettled == 0;
            lane->expected++;
        }
        x->next_parked = to_tell;
        to_tell = x;
    }
    return to_tell;
}

/* Without the lock. An owner may be gone as soon as it is told. */
static void tell_all(pl_lane *lane, pl_exchange *to_tell)
{
    pl_hall_call call = {{0}};
    while (to_tell) {
        pl_exchange *next = to_tell->next_parked;
        if (to_tell->ops->finished)
            to_tell->ops->finished(to_tell);
        else
            pl_hall_tell(&call, to_tell->seat, &to_tell->park);
        to_tell = next;
    }
    pl_hall_wake(&lane->hall, &call);
}

/* Takes an owner off the park list, for tell_all(). Its reply may come meanwhile. */
static pl_exchange *take_parked(pl_lane *lane, pl_exchange *exchange, pl_exchange *to_tell)
{
    park_list_remove(lane, exchange);
    exchange->next_parked = to_tell;
    return exchange;
}

/* Gives up the lock meanwhile: the connection may be another afterwards. */
static void tell_unlocked(pl_lane *lane, pl_exchange *to_tell)
{
    if (!to_tell)
        return;
    pthread_mutex_unlock(&lane->lock);
    tell_all(lane, to_tell);
    pthread_mutex_lock(&lane->lock);
}

static void tell_finished(pl_lane *lane)
{
    tell_unlocked(lane, collect_finished(lane));
}

/* Everybody looks again: the state of the connection has changed. */
static void tell_parked(pl_lane *lane)
{
    pl_exchange *to_tell = NULL;
    while (lane->parked)
        to_tell = take_parked(lane, lane->parked, to_tell);
    tell_unlocked(lane, to_tell);
}

/* Those whose deadline has come, and that have no timer: ahead of others that are to be told. */
static pl_exchange *collect_overdue(pl_lane *lane, int64_t now, pl_exchange *to_tell)
{
    pl_exchange *next;
    if (now < lane->due)
        return to_tell;
    lane->due = PL_NEVER;
    for (pl_exchange *x = lane->parked; x; x = next) {
        next = x->next_parked;
        if (x->deadline <= now)
            to_tell = take_parked(lane, x, to_tell);
        else if (x->deadline < lane->due)
            lane->due = x->deadline;
    }
    return to_tell;
}

/* How long an owner has to wait for itself. A timer for each wait costs the kernel as much as the rest of it: where
 * there is a reader that will be back by the deadline, it minds it. */
static int64_t time_to_wait(pl_lane *lane, int64_t deadline, int64_t now)
{
    if (deadline < lane->reader_back_at)
        return pl_until(deadline, now);
    if (deadline < lane->due)
        lane->due = deadline;
    return PL_NEVER;
}

/* What a caller has to do next. */
typedef enum next_step {
    GO_ON,
    GIVE_UP, /* its deadline has come */
    GO_HOME  /* all is settled; the lock is not held any more */
} next_step;

/* The lock is given up meanwhile. */
static next_step park(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    int64_t now = pl_clock_now(lane->server->clock);
    if (pl_until(deadline, now) == 0)
        return GIVE_UP;
    int64_t wait_ns = time_to_wait(lane, deadline, now);
    pl_park_init(&exchange->park);
    exchange->deadline = deadline;
    exchange->is_through = false;
    park_list_add(lane, exchange);
    const uint16_t seat = exchange->seat;
    pthread_mutex_unlock(&lane->lock);
    bool is_told = pl_hall_wait(&lane->hall, seat, &exchange->park, wait_ns);
    if (is_told && exchange->is_through)
        return GO_HOME; /* many are, at the same time: none of them wants the lock for nothing */
    pthread_mutex_lock(&lane->lock);
    if (!is_told && exchange->parked) {
        park_list_remove(lane, exchange);
    } else if (!is_told) { /* somebody has taken us off the list and is about to tell us: it must not find us gone */
        pthread_mutex_unlock(&lane->lock);
        pl_hall_wait(&lane->hall, seat, &exchange->park, PL_NEVER);
        pthread_mutex_lock(&lane->lock);
    }
    if (lane->heir == exchange)
        lane->heir = NULL;
    return GO_ON; /* the deadline is looked at by the next round */
}

/* --- the connection's life ------------------------------------------------------------------------------------ */

/* Without the lock. */
static void log_loss(const pl_server *server, const podlink_error *fault)
{
    const podlink_log_record record = {.level = PODLINK_LOG_WARN,
                                       .status = fault->status,
                                       .event = "connection_lost",
                                       .server = server->address->text,
                                       .duration_ns = -1};
    pl_log_write(server->log, record, "connection lost: %s", fault->message);
}

/* The last one out of a system call on a dead connection closes it. */
static void close_if_unused(pl_lane *lane)
{
    if (lane->state != PL_LANE_CLOSING || lane->is_reading || lane->is_writing)
        return;
    const podlink_error fault = lane->fault;
    pl_stream_close(&lane->stream);
    pl_conn_fini(&lane->conn);
    lane->state = PL_LANE_CLOSED;
    tell_parked(lane);
    pthread_mutex_unlock(&lane->lock);
    log_loss(lane->server, &fault);
    pthread_mutex_lock(&lane->lock);
}

static bool is_idle(const pl_lane *lane)
{
    return pl_line_length(&lane->conn.line) == 0 && !lane->is_reading && !lane->is_writing;
}

/* Call it wherever the connection may have died. */
static void look_after_death(pl_lane *lane)
{
    if (lane->state == PL_LANE_OPEN && lane->conn.is_dead) {
        lane->state = PL_LANE_CLOSING;
        lane->fault = lane->conn.fault;
        pl_count(&lane->counters.lost, 1);
        pl_stream_shutdown(&lane->stream);
    }
}

static void fail(pl_lane *lane, podlink_status status, const char *why)
{
    pl_conn_fail(&lane->conn, status, why);
    look_after_death(lane);
}

static void fail_by_system(pl_lane *lane, int error_number)
{
    char words[256];
    podlink_status status = pl_stream_failure(&lane->stream, error_number, words, sizeof words);
    fail(lane, status, words);
}

/* A server that refuses is left alone for a while, the longer the more often it has refused. */
static void note_dial(pl_lane *lane, int64_t now)
{
    lane->used_at = lane->heard_at = now;
    lane->timeouts = 0;
    if (lane->dial_fault.status == PODLINK_OK) {
        lane->dial_failures = 0;
        return;
    }
    pl_count(&lane->counters.dial_failures, 1);
    lane->dial_not_before = now + pl_redial_pause(lane->dial_failures);
    lane->dial_failures++;
    atomic_store_explicit(&lane->avoid_until, lane->dial_not_before, memory_order_relaxed);
}

/* One dial for all who wait for it. */
static void dial(pl_lane *lane, int64_t deadline)
{
    assert(lane->state == PL_LANE_CLOSED);
    lane->state = PL_LANE_DIALLING;
    lane->dialled++;
    pl_count(&lane->counters.dials, 1);
    int64_t began = pl_clock_now(lane->server->clock);
    pthread_mutex_unlock(&lane->lock);
    podlink_error fault;
    pl_error_clear(&fault);
    pl_stream stream = pl_dial(&lane->conn, lane->server, &lane->counters.conn, deadline, &fault);
    pthread_mutex_lock(&lane->lock);
    /* Who had to give up by his own deadline has learnt nothing of the server: the others try for themselves. */
    int64_t now = pl_clock_now(lane->server->clock);
    bool gave_up = pl_dial_gave_up(lane->server, &fault, began, deadline, now);
    lane->stream = stream;
    lane->accepted_at = began;
    lane->state = pl_stream_is_open(&stream) ? PL_LANE_OPEN : PL_LANE_CLOSED;
    if (gave_up) {
        pl_count(&lane->counters.dial_failures, 1);
        pl_error_clear(&lane->dial_fault);
    } else {
        lane->dial_fault = fault;
        note_dial(lane, now);
    }
    if (lane->state == PL_LANE_OPEN && lane->server->prelude)
        lane->server->prelude(lane->server->prelude_context, &lane->conn);
    tell_parked(lane);
}

/* An idle connection may have been closed by the server, or have something to say that nobody asked for: which a call
 * would take for its answer. In the reader's role, so that nothing can be read meanwhile. */
static void check_idle(pl_lane *lane)
{
    lane->is_reading = true;
    pthread_mutex_unlock(&lane->lock);
    pl_io_result result = pl_stream_peek(&lane->stream);
    pthread_mutex_lock(&lane->lock);
    lane->is_reading = false;
    if (result == PL_IO_AGAIN || pl_line_length(&lane->conn.line) > 0 || lane->conn.is_dead)
        return; /* or somebody has asked meanwhile, and will see */
    pl_count(&lane->counters.stale, 1);
    if (result == PL_IO_DONE)
        fail(lane, PODLINK_EPROTOCOL, "bytes that nobody asked for");
    else
        fail(lane, PODLINK_ECONNLOST, "closed by the server while idle");
}

static void set_timed_out(const pl_lane *lane, pl_exchange *exchange)
{
    podlink_error fault;
    pl_error_set(&fault, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "%s on %s: no connection before the deadline",
                 exchange->name, lane->server->address->text);
    pl_exchange_not_sent(exchange, &fault);
}

/* A server that is no longer ours gets no more connections. */
static bool is_given_up(pl_lane *lane)
{
    const pl_ending *ending = &lane->server->runs->ending;
    if (!pl_ending_has_come(ending))
        return false;
    pl_error_set(&lane->dial_fault, ending->status, PODLINK_NOT_SENT, "%s: %s", lane->server->address->text,
                 ending->why);
    return true;
}

static bool wait_for_connection(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    while (lane->state != PL_LANE_OPEN) {
        bool waits_for_dial = lane->state == PL_LANE_DIALLING;
        if (lane->state == PL_LANE_CLOSED) {
            waits_for_dial = true;
            if (!is_given_up(lane) && now >= lane->dial_not_before)
                dial(lane, deadline);
        } else if (park(lane, exchange, deadline) == GIVE_UP) {
            set_timed_out(lane, exchange);
            return false;
        }
        if (waits_for_dial && lane->state == PL_LANE_CLOSED && lane->dial_fault.status != PODLINK_OK) {
            pl_exchange_not_sent(exchange, &lane->dial_fault);
            return false;
        }
        now = pl_clock_now(lane->server->clock);
        if (lane->state != PL_LANE_OPEN && pl_until(deadline, now) == 0) {
            set_timed_out(lane, exchange);
            return false;
        }
    }
    return true;
}

/* Gets the connection open. False where that failed: the exchange knows why. */
static bool ensure_open(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    if (lane->state == PL_LANE_OPEN && is_idle(lane)) {
        check_idle(lane);
        close_if_unused(lane);
    }
    if (lane->state == PL_LANE_OPEN) {
        exchange->queued_at = now;
        return true;
    }
    bool is_open = wait_for_connection(lane, exchange, now, deadline);
    exchange->queued_at = pl_clock_now(lane->server->clock);
    pl_count(&lane->counters.waits, 1);
    pl_count(&lane->counters.wait_ns, (uint64_t)(exchange->queued_at - now));
    return is_open;
}

/* --- the roles ------------------------------------------------------------------------------------------------ */

/* Queues as much of the exchange as its window allows. False when out of memory. */
static bool queue(pl_lane *lane, pl_exchange *exchange)
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
 * much is on its way it may wait longer: with 200 us for all, 64 callers came to 0.73 of clear text.
 * @param held_until  out where it is held: when it will be due at the latest; else unchanged */
static bool is_output_due(pl_lane *lane, int64_t *held_until)
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

/* Sends once. False where the socket takes no more at present. */
static bool write_some(pl_lane *lane)
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
        fail_by_system(lane, error_number);
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
        fail(lane, PODLINK_ECONNLOST, "closed by the server");
    else
        fail_by_system(lane, input->error_number);
    look_after_death(lane);
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
        if (is_output_due(lane, &held_until) && !lane->is_writing) {
            if (!write_some(lane))
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
    const bool is_due = is_output_due(lane, &held_until);
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

/* Whoever leaves makes sure that the others are not left waiting for what nobody does: one of them is to go on, the one
 * whose reply comes last. Ahead of others that are to be told. */
static pl_exchange *choose_heir(pl_lane *lane, pl_exchange *to_tell)
{
    if (lane->state != PL_LANE_OPEN || !lane->parked || lane->heir)
        return to_tell;
    bool nobody_reads = !lane->is_reading;
    bool nobody_writes = pl_conn_has_output(&lane->conn) && !lane->is_writing && !lane->is_watched;
    if (!nobody_reads && !nobody_writes)
        return to_tell;
    lane->heir = take_parked(lane, lane->parked, to_tell);
    return lane->heir;
}

/* In the reader's role: reads once, and hands out what came. */
static void read_replies(pl_lane *lane, const pl_exchange *own, int64_t now, int64_t deadline)
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
    pl_exchange *to_tell = collect_overdue(lane, now, collect_finished(lane));
    if (own->unsettled == 0)
        to_tell = choose_heir(lane, to_tell); /* in the same system call */
    tell_unlocked(lane, to_tell);
}

/* In the writer's role, while another reads: waits for room, but not for long, since the reader may leave. */
static void wait_for_room(pl_lane *lane, int64_t left)
{
    const int64_t limit = BLOCKED_WAIT_MS * PL_MS;
    lane->is_writing = true;
    pthread_mutex_unlock(&lane->lock);
    pl_stream_wait(&lane->stream, POLLOUT, left < limit ? left : limit);
    pthread_mutex_lock(&lane->lock);
    lane->is_writing = false;
}

/* The connection has died before the first of what is pending was queued. */
static void set_connection_lost(const pl_lane *lane, pl_exchange *exchange)
{
    podlink_error fault = lane->fault;
    fault.delivery = PODLINK_NOT_SENT;
    pl_exchange_not_sent(exchange, &fault);
}

static void abandon(pl_lane *lane, pl_exchange *exchange)
{
    pl_conn_abandon(&lane->conn, exchange, PODLINK_ETIMEDOUT, "no answer before the deadline");
    if (exchange->unsettled > 0 && exchange->reason != PODLINK_ETIMEDOUT)
        set_timed_out(lane, exchange);
    if (++lane->timeouts >= lane->server->timeouts_max && pl_line_length(&lane->conn.line) > 0)
        fail(lane, PODLINK_ECONNLOST, "calls in a row timed out");
}

/* One of those who wait looks again when output that is held becomes due; the others sleep. */
static next_step park_or_watch(pl_lane *lane, pl_exchange *exchange, int64_t deadline, int64_t held_until)
{
    if (lane->is_watched || lane->is_looking || held_until >= deadline)
        return park(lane, exchange, deadline);
    lane->is_watched = true;
    next_step next = park(lane, exchange, held_until);
    if (next == GO_HOME)
        pthread_mutex_lock(&lane->lock);
    lane->is_watched = false;
    return GO_ON; /* the deadline is looked at by the next round */
}

/* Whether one who comes has to send what is due: a reader that looks does. */
static bool has_to_write(const pl_lane *lane)
{
    if (lane->is_writing)
        return false;
    return lane->is_reading ? !lane->is_looking : !may_look(lane);
}

/* One step towards the exchange's end. */
static next_step step(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    int64_t held_until = PL_NEVER;
    const bool is_due = is_output_due(lane, &held_until);
    if (is_due && has_to_write(lane) && write_some(lane))
        return GO_ON;
    if (lane->conn.is_dead || exchange->inflight <= exchange->wake_at)
        return GO_ON;
    if (lane->is_reading && (lane->is_looking || lane->is_writing || !is_due))
        return park_or_watch(lane, exchange, deadline, held_until);
    const int64_t now = pl_clock_now(lane->server->clock);
    const int64_t left = pl_until(deadline, now);
    if (left == 0)
        return GIVE_UP;
    if (lane->is_reading)
        wait_for_room(lane, left);
    else
        read_replies(lane, exchange, now, deadline);
    return GO_ON;
}

/* Whether the connection that this pass is on is still there. */
static bool is_connected(const pl_lane *lane, const pl_exchange *exchange)
{
    return lane->dialled == exchange->dialled && !lane->conn.is_dead;
}

/* Queues what can be queued. False where nothing is left in flight: this pass is over. */
static bool fill(pl_lane *lane, pl_exchange *exchange)
{
    exchange->finished = false;
    if (!queue(lane, exchange)) {
        pl_conn_abandon(&lane->conn, exchange, PODLINK_ENOMEM, "out of memory");
        return false;
    }
    return exchange->inflight > 0;
}

/* Until the exchange has no command in flight, or its connection is gone. False where the lock is not held any more. */
static bool drive(pl_lane *lane, pl_exchange *exchange, int64_t deadline)
{
    while (is_connected(lane, exchange) && fill(lane, exchange)) {
        const next_step next = step(lane, exchange, deadline);
        if (next == GO_HOME)
            return false;
        if (next == GIVE_UP) {
            abandon(lane, exchange);
            break;
        }
    }
    return true;
}

static void end_pass(pl_lane *lane, pl_exchange *exchange)
{
    if (lane->dialled == exchange->dialled) {
        look_after_death(lane);
        tell_finished(lane);
        close_if_unused(lane);
    }
    if (exchange->unsettled > 0 && exchange->reason == PODLINK_OK)
        set_connection_lost(lane, exchange);
}

/* False where there is no connection: the exchange knows why. */
static bool begin_pass(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    pl_exchange_rewind(exchange);
    lane->expected -= lane->expected > 0 ? 1 : 0;
    bool is_open = ensure_open(lane, exchange, now, deadline);
    exchange->dialled = lane->dialled;
    return is_open;
}

/* Gives up the lock, and wakes whoever has to go on in our place. */
static void leave(pl_lane *lane)
{
    pl_exchange *heir = choose_heir(lane, NULL);
    pthread_mutex_unlock(&lane->lock);
    tell_all(lane, heir);
}

void pl_lane_run(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    if (PL_MUTANT_IGNORES_DEADLINE)
        deadline = PL_NEVER;
    pthread_mutex_lock(&lane->lock);
    if (begin_pass(lane, exchange, now, deadline)) {
        if (!drive(lane, exchange, deadline))
            return;
        end_pass(lane, exchange);
    }
    leave(lane);
}

bool pl_lane_begin(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline)
{
    pthread_mutex_lock(&lane->lock);
    bool has_begun = begin_pass(lane, exchange, now, deadline);
    if (has_begun && is_connected(lane, exchange) && fill(lane, exchange) && !lane->is_writing)
        write_some(lane);
    leave(lane);
    return has_begun;
}

/* Until more could be queued, which is sent at once. False where the pass is over. */
static bool advance(pl_lane *lane, pl_exchange *exchange, int64_t until, int64_t deadline)
{
    while (is_connected(lane, exchange)) {
        const uint32_t queued = exchange->next;
        if (!fill(lane, exchange))
            return false;
        if (exchange->next != queued) {
            if (!lane->is_writing)
                write_some(lane);
            return true;
        }
        const next_step next = step(lane, exchange, until);
        if (next == GO_ON)
            continue;
        if (next == GO_HOME) { /* all is settled; the lock was given up */
            pthread_mutex_lock(&lane->lock);
            return false;
        }
        if (until < deadline && pl_until(deadline, pl_clock_now(lane->server->clock)) > 0)
            return true;
        abandon(lane, exchange);
        return false;
    }
    return false;
}

bool pl_lane_advance(pl_lane *lane, pl_exchange *exchange, int64_t until, int64_t deadline)
{
    pthread_mutex_lock(&lane->lock);
    bool goes_on = advance(lane, exchange, until, deadline);
    if (!goes_on)
        end_pass(lane, exchange);
    leave(lane);
    return goes_on;
}

/* --- credentials ---------------------------------------------------------------------------------------------- */

void pl_lane_outdate(pl_lane *lane, int64_t now)
{
    pthread_mutex_lock(&lane->lock);
    lane->outdated_at = now;
    lane->auth_not_before = 0;
    pthread_mutex_unlock(&lane->lock);
}

bool pl_lane_wants_auth(pl_lane *lane, int64_t now, pl_lane_auth *auth)
{
    if (!pl_credentials_are_shown(&lane->server->credentials, lane->server->login))
        return false;
    pthread_mutex_lock(&lane->lock);
    const bool is_old =
        lane->accepted_at <= lane->outdated_at || pl_until(now, lane->accepted_at) >= lane->server->credentials_age_ns;
    const bool wants = is_old && lane->state == PL_LANE_OPEN && now >= lane->auth_not_before;
    *auth = (pl_lane_auth){.generation = lane->dialled, .accepted_at = lane->accepted_at, .asked_at = now};
    pthread_mutex_unlock(&lane->lock);
    return wants;
}

static bool is_the_same(const pl_lane *lane, const pl_lane_auth *auth)
{
    return lane->state == PL_LANE_OPEN && lane->dialled == auth->generation;
}

void pl_lane_run_auth(pl_lane *lane, const pl_lane_auth *auth, pl_exchange *exchange, int64_t deadline)
{
    pl_exchange_rewind(exchange);
    pthread_mutex_lock(&lane->lock);
    exchange->queued_at = pl_clock_now(lane->server->clock);
    if (is_the_same(lane, auth)) {
        pl_count(&lane->counters.auths, 1);
        exchange->dialled = lane->dialled;
        if (!drive(lane, exchange, deadline))
            pthread_mutex_lock(&lane->lock);
        end_pass(lane, exchange);
        if (is_the_same(lane, auth) && !lane->is_writing)
            pl_conn_wipe(&lane->conn);
    } else {
        set_connection_lost(lane, exchange);
    }
    leave(lane);
}

void pl_lane_note_auth(pl_lane *lane, const pl_lane_auth *auth)
{
    pthread_mutex_lock(&lane->lock);
    if (is_the_same(lane, auth) && lane->accepted_at < auth->asked_at)
        lane->accepted_at = auth->asked_at;
    pthread_mutex_unlock(&lane->lock);
}

void pl_lane_put_off_auth(pl_lane *lane, int64_t until)
{
    pthread_mutex_lock(&lane->lock);
    lane->auth_not_before = until;
    pthread_mutex_unlock(&lane->lock);
}

void pl_lane_end_auth(pl_lane *lane, const pl_lane_auth *auth, const char *why)
{
    pthread_mutex_lock(&lane->lock);
    if (is_the_same(lane, auth)) {
        fail(lane, PODLINK_ECONNLOST, why);
        tell_finished(lane);
        close_if_unused(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}

/* --- from outside --------------------------------------------------------------------------------------------- */

static void tick_open(pl_lane *lane, int64_t now)
{
    const pl_server *server = lane->server;
    if (!is_idle(lane)) {
        if (pl_line_length(&lane->conn.line) > 0 && pl_until(now, lane->heard_at) > server->silence_ns)
            fail(lane, PODLINK_ECONNLOST, "the server is silent");
        return;
    }
    check_idle(lane);
    if (!lane->conn.is_dead && is_idle(lane) && pl_until(now, lane->used_at) > server->idle_ns)
        fail(lane, PODLINK_ECONNLOST, "idle for too long");
}

void pl_lane_tick(pl_lane *lane, int64_t now)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->state == PL_LANE_OPEN)
        tick_open(lane, now);
    if (lane->state == PL_LANE_CLOSING) {
        tell_finished(lane);
        close_if_unused(lane);
    }
    leave(lane); /* who came during the check found a reader */
}

void pl_lane_end(pl_lane *lane, podlink_status status, const char *why)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->state == PL_LANE_OPEN) {
        fail(lane, status, why);
        tell_finished(lane);
        close_if_unused(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}

bool pl_lane_is_open(pl_lane *lane, uint32_t *in_line)
{
    pthread_mutex_lock(&lane->lock);
    bool is_open = lane->state == PL_LANE_OPEN;
    *in_line = is_open ? pl_line_length(&lane->conn.line) : 0;
    pthread_mutex_unlock(&lane->lock);
    return is_open;
}

void pl_lane_fini(pl_lane *lane, bool is_child)
{
    assert(is_child || !lane->parked);
    if (is_child) {
        /* The lock and the lists are as the parent's threads had them at the fork: only what is ours is given back. */
        pl_stream_close_inherited(&lane->stream);
        return;
    }
    if (lane->state == PL_LANE_OPEN) {
        pl_conn_fail(&lane->conn, PODLINK_ECLOSED, "the client is closed");
        tell_all(lane, collect_finished(lane));
        pl_conn_fini(&lane->conn);
        pl_stream_close(&lane->stream);
    }
    pthread_mutex_destroy(&lane->lock);
}
