/* SPDX-License-Identifier: MIT */
/* Streams with delays and faults. This file replaces src/net/socket.c, so pl_socket_* are here. */
#include "sim_network.h"

#include "ledger.h"
#include "seeded_random.h"
#include "sim_scheduler.h"
#include "sim_server.h"

#include "base/error.h"
#include "net/connect.h"
#include "net/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 1024,
    FIRST_DESCRIPTOR = 100,
    DIALS_KEPT = 1024,
    ROOM_LEAST = 512,
    KNOCK_AGAIN_MS = 250,
    ON_ITS_WAY_MS = 20
};

static const size_t NOT_CUT = SIZE_MAX;

/* Bytes up to `until`, an offset in the stream, arrive at a time. */
typedef struct packet {
    size_t until;
    int64_t at;
} packet;

/* The answer of a command ends at this offset. */
typedef struct answer {
    size_t until;
    uint32_t token;
} answer;

/* One direction: everything that was ever written to it. */
typedef struct stream {
    char *bytes;
    size_t capacity;
    size_t written;
    size_t arrived;
    size_t read; /* by the server, which may have only a part of a command */
    size_t taken;
    size_t cut_at;
    packet *packets;
    size_t packet_count;
    size_t packet_first;
    size_t packet_capacity;
    int64_t ends_at; /* SIM_NEVER, or when the end of the stream arrives */
    bool has_ended;  /* it has arrived */
} stream;

typedef enum connecting { CONNECTING, CONNECTED, REFUSED } connecting;

typedef struct connection {
    connecting connecting;
    int64_t knocks_at;
    stream up;   /* to the server */
    stream down; /* to the client */
    size_t room;
    bool is_closed; /* by the client: the descriptor is gone */
    bool is_shut;   /* by the client */
    bool is_server_closed;
    bool is_reset; /* the end of the down stream is a reset */
    bool cut_resets;
    bool has_lost;         /* bytes were written after the server had closed */
    bool is_exempt;        /* something unsolicited was sent on it */
    int64_t excess_at;     /* when everything was answered and the excess was read; 0: not yet */
    const char *forbidden; /* why the library must not use it any more; NULL: it may */
    uint32_t users;        /* fibers inside a call that uses it */
    answer *answers;
    size_t answer_count;
    size_t answer_first;
    size_t answer_capacity;
} connection;

static connection connections[CONNECTIONS_MAX];
static int count;
static int first_alive; /* earlier ones are closed on both sides */
static uint32_t open_count;
static network_profile profile;
static network_listener listener;
static bool is_healed;
static int64_t dials[DIALS_KEPT]; /* since the last success, a ring */
static uint64_t dial_count;
static int64_t next_event;

/* --- streams ---------------------------------------------------------------------------------------------------- */

static void *grown(void *block, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return block;
    *capacity = needed * 2 > 64 ? needed * 2 : 64;
    void *bigger = realloc(block, *capacity * size);
    if (!bigger)
        sim_fail("out of real memory");
    return bigger;
}

static int64_t latency(void)
{
    return random_between(SIM_US, profile.latency_most);
}

static void expect_event(int64_t at)
{
    if (at < next_event)
        next_event = at;
}

static void add_packet(stream *s, size_t until)
{
    int64_t at = sim_now() + latency();
    if (s->packet_count > s->packet_first && s->packets[s->packet_count - 1].at > at)
        at = s->packets[s->packet_count - 1].at;
    s->packets = grown(s->packets, &s->packet_capacity, s->packet_count + 1, sizeof *s->packets);
    s->packets[s->packet_count++] = (packet){until, at};
    expect_event(at);
}

static void put(stream *s, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    s->bytes = grown(s->bytes, &s->capacity, s->written + length, 1);
    memcpy(s->bytes + s->written, bytes, length);
    size_t end = s->written + length;
    while (s->written < end) {
        size_t piece = end - s->written;
        if (piece > 1 && random_one_in(profile.chop_one_in))
            piece = 1 + random_below(piece - 1);
        s->written += piece;
        add_packet(s, s->written);
    }
}

/* After all bytes on their way. */
static void end_stream(stream *s)
{
    if (s->ends_at != SIM_NEVER)
        return;
    s->ends_at = sim_now() + latency();
    if (s->packet_count > s->packet_first && s->packets[s->packet_count - 1].at > s->ends_at)
        s->ends_at = s->packets[s->packet_count - 1].at;
    expect_event(s->ends_at);
}

/* Some of the bytes on their way do not arrive. */
static void lose_some(stream *s)
{
    size_t on_its_way = s->written - s->arrived;
    if (on_its_way > 0)
        s->cut_at = s->arrived + random_below(on_its_way);
}

static void deliver(stream *s)
{
    int64_t now = sim_now();
    while (s->packet_first < s->packet_count && s->packets[s->packet_first].at <= now)
        s->arrived = s->packets[s->packet_first++].until;
    if (s->arrived > s->cut_at)
        s->arrived = s->cut_at;
    if (s->ends_at <= now)
        s->has_ended = true;
    if (s->packet_first < s->packet_count)
        expect_event(s->packets[s->packet_first].at);
    if (!s->has_ended)
        expect_event(s->ends_at);
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

void network_begin(const network_profile *how)
{
    profile = *how;
    count = first_alive = 0;
    open_count = 0;
    listener = LISTENER_ACCEPTS;
    is_healed = false;
    dial_count = 0;
    next_event = SIM_NEVER;
}

static void free_buffers(connection *c)
{
    free(c->up.bytes);
    free(c->up.packets);
    free(c->down.bytes);
    free(c->down.packets);
    free(c->answers);
    c->up.bytes = c->down.bytes = NULL;
    c->up.packets = c->down.packets = NULL;
    c->answers = NULL;
}

void network_end(void)
{
    for (int i = 0; i < count; i++)
        free_buffers(&connections[i]);
    count = 0;
}

void network_set_listener(network_listener how)
{
    listener = how;
}

void network_heal(void)
{
    is_healed = true;
    for (int i = 0; i < count; i++) {
        connection *c = &connections[i];
        if (!c->is_server_closed && c->up.arrived < c->up.cut_at) /* else it has been cut already */
            c->up.cut_at = c->down.cut_at = NOT_CUT;
    }
}

uint32_t network_open_count(void)
{
    return open_count;
}

bool network_is_sound(int at)
{
    if (at < 0)
        return false;
    const connection *c = &connections[at];
    return !c->is_closed && !c->is_shut && !c->is_server_closed;
}

int64_t network_next_event(void)
{
    int64_t served = server_next_event();
    return served < next_event ? served : next_event;
}

static void knock(connection *c)
{
    int at = (int)(c - connections);
    if (c->is_closed) {
        c->connecting = REFUSED;
        return;
    }
    if (listener == LISTENER_FULL) {
        sim_note("is not heard", NULL, at, 0);
        c->knocks_at = sim_now() + KNOCK_AGAIN_MS * SIM_MS;
        return;
    }
    c->knocks_at = SIM_NEVER;
    c->connecting = listener == LISTENER_REFUSES ? REFUSED : CONNECTED;
    sim_note(listener == LISTENER_REFUSES ? "is refused" : "is accepted", NULL, at, 0);
    if (c->connecting == CONNECTED)
        server_accepts(at);
    else
        c->is_server_closed = true;
}

static void report_arrived(connection *c)
{
    while (c->answer_first < c->answer_count && c->answers[c->answer_first].until <= c->down.arrived)
        ledger_arrived(c->answers[c->answer_first++].token, (int)(c - connections));
}

static void advance_one(int at)
{
    connection *c = &connections[at];
    if (c->connecting == CONNECTING) {
        if (c->knocks_at <= sim_now())
            knock(c);
        expect_event(c->knocks_at);
        return;
    }
    deliver(&c->up);
    deliver(&c->down);
    report_arrived(c);
    if (c->is_server_closed || server_is_stopped())
        return;
    c->up.read = c->up.arrived;
    bool is_served = server_serves(at);
    if (is_served && (c->up.has_ended || c->up.arrived == c->up.cut_at))
        network_close(at, c->cut_resets);
}

void network_advance(void)
{
    next_event = SIM_NEVER;
    server_forget_event();
    for (int i = first_alive; i < count; i++) {
        if (connections[i].is_closed && connections[i].is_server_closed && i == first_alive)
            first_alive++;
        advance_one(i);
    }
}

/* --- the server's side ------------------------------------------------------------------------------------------- */

int network_count(void)
{
    return count;
}

bool network_is_up(int at)
{
    return connections[at].connecting == CONNECTED && !connections[at].is_server_closed;
}

const char *network_unread(int at, size_t *length)
{
    const stream *s = &connections[at].up;
    *length = s->arrived - s->taken;
    return *length > 0 ? s->bytes + s->taken : "";
}

void network_take(int at, size_t length)
{
    connections[at].up.taken += length;
}

void network_send(int at, const char *bytes, size_t length, uint32_t token)
{
    connection *c = &connections[at];
    if (c->is_server_closed)
        return;
    bool is_cut = c->down.cut_at != NOT_CUT && c->down.written + length >= c->down.cut_at;
    if (is_cut)
        length = c->down.cut_at > c->down.written ? c->down.cut_at - c->down.written : 0;
    put(&c->down, bytes, length);
    if (is_cut) {
        network_close(at, c->cut_resets);
        return;
    }
    c->answers = grown(c->answers, &c->answer_capacity, c->answer_count + 1, sizeof *c->answers);
    c->answers[c->answer_count++] = (answer){c->down.written, token};
}

void network_close(int at, bool is_reset)
{
    connection *c = &connections[at];
    if (c->is_server_closed)
        return;
    sim_note(is_reset ? "the server resets" : "the server closes", NULL, at, 0);
    c->is_server_closed = true;
    c->is_reset = is_reset;
    if (is_reset && random_one_in(2))
        lose_some(&c->down);
    end_stream(&c->down);
    server_hung_up(at);
}

static void choose_cut(connection *c, uint64_t most)
{
    stream *s = random_one_in(2) ? &c->up : &c->down;
    s->cut_at = (s == &c->up ? s->arrived : s->written) + random_below(most);
    c->cut_resets = random_one_in(2);
}

void network_cut_soon(int at)
{
    choose_cut(&connections[at], 120);
    expect_event(sim_now());
}

void network_send_unsolicited(int at, const char *bytes, size_t length)
{
    network_send(at, bytes, length, TOKEN_NONE);
    connections[at].is_exempt = true;
    ledger_exempt_connection(at);
}

void network_forbid(int at, const char *why)
{
    if (at >= 0)
        connections[at].forbidden = why;
}

void network_note_success(void)
{
    dial_count = 0;
}

/* --- the library's side ------------------------------------------------------------------------------------------ */

static void look(void)
{
    if (network_next_event() <= sim_now())
        network_advance();
}

static connection *of(int fd)
{
    int at = fd - FIRST_DESCRIPTOR;
    if (at < 0 || at >= count || connections[at].is_closed)
        sim_fail("descriptor %d is not open", fd);
    return &connections[at];
}

static void check_storm(void)
{
    dials[dial_count++ % DIALS_KEPT] = sim_now();
    if (dial_count > profile.storm_max && sim_now() - dials[(dial_count - 1 - profile.storm_max) % DIALS_KEPT] < SIM_S)
        sim_fail("a reconnect storm: %u dials in %lld ms, and none has succeeded", profile.storm_max + 1,
                 (long long)((sim_now() - dials[(dial_count - 1 - profile.storm_max) % DIALS_KEPT]) / SIM_MS));
}

static connection *new_connection(void)
{
    if (count == CONNECTIONS_MAX)
        sim_fail("more than %d connections in a run", CONNECTIONS_MAX);
    connection *c = &connections[count++];
    *c = (connection){.connecting = CONNECTING,
                      .knocks_at = sim_now() + latency(),
                      .room = ROOM_LEAST + random_below(profile.room_most),
                      .up = {.cut_at = NOT_CUT, .ends_at = SIM_NEVER},
                      .down = {.cut_at = NOT_CUT, .ends_at = SIM_NEVER}};
    if (!is_healed && random_one_in(profile.cut_one_in))
        choose_cut(c, 400);
    expect_event(c->knocks_at);
    open_count++;
    if (open_count > profile.open_max)
        sim_fail("%u connections at the same time, allowed are %u", open_count, profile.open_max);
    return c;
}

static bool is_decided(void *context)
{
    return ((const connection *)context)->connecting != CONNECTING;
}

podlink_status pl_connect(const pl_address *address, const pl_clock *clock, int64_t deadline, int64_t silence_ns,
                          const _Atomic bool *is_ended, int *fd, podlink_error *err)
{
    (void)clock, (void)silence_ns, (void)is_ended;
    *fd = -1;
    sim_yield();
    check_storm();
    if (listener == NO_DESCRIPTOR) {
        sim_note("has no descriptor", NULL, 0, 0);
        return pl_error_set(err, PODLINK_ECONNECT, PODLINK_NOT_SENT, "cannot connect to %s: no descriptor",
                            address->text);
    }
    const int64_t began = sim_now();
    connection *c = new_connection();
    int made = FIRST_DESCRIPTOR + (int)(c - connections);
    sim_note("dials", NULL, made - FIRST_DESCRIPTOR, 0);
    while (!is_decided(c) && pl_until(deadline, sim_now()) > 0)
        sim_wait(is_decided, c, pl_until(deadline, sim_now()));
    if (c->connecting == CONNECTED) {
        *fd = made;
        return PODLINK_OK;
    }
    bool is_refused = c->connecting == REFUSED;
    if (!is_refused && dial_count > 0 && sim_now() - began < profile.dial_timeout)
        dial_count--; /* the deadline of its caller came first: the others try themselves */
    pl_socket_close(made);
    return is_refused ? pl_error_set(err, PODLINK_ECONNECT, PODLINK_NOT_SENT, "%s refuses", address->text)
                      : pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "%s is silent", address->text);
}

static bool is_broken(const connection *c)
{
    return c->down.has_ended && c->is_reset;
}

static pl_io_result take_down(connection *c, char *bytes, size_t capacity, size_t *length)
{
    size_t n = c->down.arrived - c->down.taken;
    n = n < capacity ? n : capacity;
    if (n > 1 && random_one_in(profile.chop_one_in))
        n = 1 + random_below(n);
    memcpy(bytes, c->down.bytes + c->down.taken, n);
    c->down.taken += n;
    *length = n;
    const bool is_all = c->down.taken == c->down.written && c->up.taken == c->up.written && !c->has_lost;
    if (c->is_exempt && is_all && c->excess_at == 0 && !server_is_blocked((int)(c - connections)))
        c->excess_at = sim_now();
    return PL_IO_DONE;
}

static pl_io_result read_now(connection *c, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    look();
    if (c->is_shut)
        return PL_IO_ENDED;
    if (random_one_in(profile.again_one_in))
        return PL_IO_AGAIN;
    if (c->down.arrived > c->down.taken)
        return take_down(c, bytes, capacity, length);
    if (!c->down.has_ended)
        return PL_IO_AGAIN;
    *error_number = ECONNRESET;
    return c->is_reset ? PL_IO_FAILED : PL_IO_ENDED;
}

pl_io_result pl_socket_read(int fd, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    connection *c = of(fd);
    c->users++;
    sim_yield();
    pl_io_result result = read_now(c, bytes, capacity, length, error_number);
    sim_note("reads", result == PL_IO_DONE ? NULL : "nothing", fd - FIRST_DESCRIPTOR,
             result == PL_IO_DONE ? (int64_t)*length : result);
    sim_yield();
    c->users--;
    return result;
}

static size_t room_in(const connection *c)
{
    size_t used = c->up.written - c->up.read;
    return used < c->room ? c->room - used : 0;
}

/* A writer that had begun before the end of the connection was found is allowed. */
static void check_usable(const connection *c)
{
    if (c->forbidden)
        sim_fail("the library uses connection %d, although %s", (int)(c - connections), c->forbidden);
    if (c->excess_at > 0 && sim_now() > c->excess_at + ON_ITS_WAY_MS * SIM_MS)
        sim_fail("the library uses connection %d after an unsolicited reply", (int)(c - connections));
}

/* Bytes to a server that has closed are lost, and a reset comes back. */
static pl_io_result write_to_nobody(connection *c, size_t length, size_t *written)
{
    *written = length;
    c->has_lost = true;
    c->is_reset = true;
    return PL_IO_DONE;
}

static pl_io_result write_now(connection *c, const char *bytes, size_t length, size_t *written, int *error_number)
{
    look();
    *error_number = is_broken(c) ? ECONNRESET : EPIPE;
    if (c->is_shut || is_broken(c))
        return PL_IO_FAILED;
    if (c->is_server_closed)
        return write_to_nobody(c, length, written);
    size_t n = room_in(c) < length ? room_in(c) : length;
    if (n == 0 || random_one_in(profile.again_one_in))
        return PL_IO_AGAIN;
    if (n > 1 && random_one_in(profile.chop_one_in))
        n = 1 + random_below(n);
    put(&c->up, bytes, n);
    *written = n;
    return PL_IO_DONE;
}

pl_io_result pl_socket_write(int fd, const void *bytes, size_t length, size_t *written, int *error_number)
{
    connection *c = of(fd);
    c->users++;
    check_usable(c);
    sim_yield();
    ledger_offered(bytes, length, fd - FIRST_DESCRIPTOR);
    if (c->is_exempt)
        ledger_exempt_connection(fd - FIRST_DESCRIPTOR);
    pl_io_result result = write_now(c, bytes, length, written, error_number);
    sim_note("writes", result == PL_IO_DONE ? NULL : "nothing", fd - FIRST_DESCRIPTOR, (int64_t)*written);
    sim_yield();
    c->users--;
    return result;
}

pl_io_result pl_socket_peek(int fd)
{
    const connection *c = of(fd);
    look();
    if (c->down.arrived > c->down.taken)
        return PL_IO_DONE;
    if (c->down.has_ended || c->is_shut)
        return c->is_reset ? PL_IO_FAILED : PL_IO_ENDED;
    return PL_IO_AGAIN;
}

typedef struct wanted {
    const connection *connection;
    short events;
} wanted;

static short ready_events(const wanted *w)
{
    const connection *c = w->connection;
    if (c->is_shut || c->down.has_ended)
        return w->events;
    short ready = 0;
    if (c->down.arrived > c->down.taken)
        ready |= POLLIN;
    if (c->is_server_closed || room_in(c) > 0)
        ready |= POLLOUT;
    return (short)(ready & w->events);
}

static bool is_ready(void *context)
{
    return ready_events(context) != 0;
}

/* For the janitor: the host calls the tick here. */
void pl_socket_poll(struct pollfd *sockets, nfds_t count, int64_t wait_ns)
{
    (void)sockets, (void)count, (void)wait_ns;
    abort();
}

short pl_socket_wait(int fd, short events, int64_t wait_ns)
{
    connection *c = of(fd);
    wanted w = {c, events};
    c->users++;
    sim_wait(is_ready, &w, wait_ns);
    c->users--;
    return ready_events(&w);
}

static void leave_server(connection *c)
{
    if (c->is_shut)
        return;
    c->is_shut = true;
    if (c->connecting == CONNECTED && !c->is_server_closed) {
        if (random_one_in(3))
            lose_some(&c->up);
        end_stream(&c->up);
    }
}

void pl_socket_shutdown(int fd)
{
    sim_note("shuts", NULL, fd - FIRST_DESCRIPTOR, 0);
    leave_server(of(fd));
}

void pl_socket_close(int fd)
{
    if (fd < 0)
        return;
    connection *c = of(fd);
    if (c->users > 0)
        sim_fail("descriptor %d is closed while another fiber is in a system call on it", fd);
    sim_note("closes", NULL, fd - FIRST_DESCRIPTOR, 0);
    leave_server(c);
    c->is_closed = true;
    open_count--;
    if (c->connecting != CONNECTED)
        c->is_server_closed = true;
}
