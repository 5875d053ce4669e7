/* SPDX-License-Identifier: MIT */
/* Subscriptions to all sentinels. */
#include "deployment/sentinel_watch.h"

#include "conn/error_reply.h"
#include "deployment/deployment.h"
#include "deployment/discovery.h"
#include "deployment/sentinel_event.h"
#include "pool/sync_io.h"
#include "resp/encode.h"

#include <string.h>

enum {
    DIAL_MS = 250, /* for all dials of one tick: meanwhile no messages are read */
    REDIAL_FIRST_MS = 250,
    REDIAL_LAST_MS = 4000,
    PING_MS = 1000,
    SILENCE_MS = 3000, /* without a byte, despite a PING each second */
    ASK_MS = 1000,     /* of a discovery */
    AGAIN_MS = 10,     /* another caller is asking just now */
    TICK_MS = 200
};

/* A connection that is subscribed to all events of a sentinel. */
typedef struct listener {
    pl_request pushes; /* first: the callbacks cast it */
    pl_sentinel_watch *watch;
    pl_node *node;                /* NULL: not used yet */
    pl_dedicated_conn *dedicated; /* NULL: not connected */
    uint32_t index;
    uint32_t failures; /* to connect, in a row */
    int64_t dial_at;
    int64_t heard_at;
    int64_t pinged_at;
    uint64_t heard;  /* how many messages */
    bool is_refused; /* PSUBSCRIBE, on this connection: logged once */
} listener;

struct pl_sentinel_watch {
    pl_sentinels *sentinels;
    listener listeners[PL_SENTINELS_MAX];
    _Atomic bool is_closed;
    bool wants_discovery;
    uint32_t first; /* the sentinel to ask first */
};

/* --- messages ---------------------------------------------------------------------------------------------------- */

static void request_discovery(pl_sentinel_watch *watch, uint32_t first)
{
    if (!watch->wants_discovery)
        watch->first = first;
    watch->wants_discovery = true;
}

/* This sentinel is still asked, but announces nothing. The message is in own words: those of the server may repeat the
 * credentials. */
static void log_refusal(listener *l, const podlink_reply *error)
{
    size_t length = 0;
    const char *words = podlink_reply_text(error, &length);
    const podlink_log_record record = {.level = PODLINK_LOG_WARN,
                                       .status = pl_error_reply_status(words ? words : "", length),
                                       .event = "listen_refused",
                                       .server = l->node->address.text,
                                       .duration_ns = -1};
    if (l->is_refused)
        return;
    l->is_refused = true;
    pl_log_write(l->watch->sentinels->server.log, record,
                 "PSUBSCRIBE on %s: %s; another master is noticed late, by a failure or when sentinels are asked again",
                 record.server, podlink_status_text(record.status));
}

static podlink_status take_push(pl_request *request, uint32_t i, const pl_outcome *outcome, podlink_error *err)
{
    (void)i, (void)err;
    listener *l = (listener *)request;
    pl_sentinels *sentinels = l->watch->sentinels;
    const int64_t now = pl_clock_now(sentinels->server.clock);
    pl_sentinel_event event;
    l->heard_at = now;
    l->heard++;
    if (outcome->status != PODLINK_OK)
        return outcome->status;
    const podlink_reply *message = pl_reply_root(outcome->reply);
    pl_sentinel_event_read(message, sentinels->deployment->env->config.master_name, &event);
    if (message->type == PODLINK_REPLY_ERROR)
        log_refusal(l, message);
    pthread_mutex_lock(&sentinels->lock);
    if (event.kind != PL_SENTINEL_OTHER)
        pl_outage_note(&sentinels->outage, &event, &sentinels->master, sentinels->down_after_ns, now);
    pl_outage_note_heard(&sentinels->outage, now);
    pthread_mutex_unlock(&sentinels->lock);
    if (event.kind == PL_SENTINEL_PROMOTED || event.kind == PL_SENTINEL_SWITCH)
        request_discovery(l->watch, l->index);
    return PODLINK_OK;
}

static const pl_request_ops push_ops = {.complete = take_push};

/* Reads until no message is left: TLS may have more in its buffer although the socket has none. */
static void receive(listener *l)
{
    const pl_clock *clock = l->watch->sentinels->server.clock;
    uint64_t before;
    do {
        before = l->heard;
        if (!pl_sync_io_receive(&l->dedicated->conn, &l->dedicated->stream, clock, pl_clock_now(clock) + 1000))
            return;
    } while (l->heard != before);
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static bool send(listener *l, const char *const *words, size_t count, int64_t deadline)
{
    pl_conn *conn = &l->dedicated->conn;
    if (!pl_buffer_reserve(&conn->filling, 3 * (PL_RESP_OVERHEAD + sizeof "PSUBSCRIBE")))
        return false;
    pl_resp_command(&conn->filling, count);
    for (size_t i = 0; i < count; i++)
        pl_resp_argument(&conn->filling, words[i], strlen(words[i]));
    return pl_sync_io_flush(conn, &l->dedicated->stream, l->watch->sentinels->server.clock, deadline);
}

/* Unlinked first: the child of a fork() must not find freed memory. */
static void release(listener *l)
{
    pl_dedicated_conn *dedicated = l->dedicated;
    l->dedicated = NULL;
    if (dedicated)
        pl_dedicated_pool_release(&l->node->pool.dedicated, dedicated, false);
}

static void disconnect(listener *l, int64_t now)
{
    const int64_t pause_ms = REDIAL_FIRST_MS << (l->failures < 4 ? l->failures : 4);
    release(l);
    l->failures++;
    l->dial_at = now + (pause_ms < REDIAL_LAST_MS ? pause_ms : REDIAL_LAST_MS) * PL_MS;
}

/* A sentinel does not repeat what it announced before the subscription: so it is asked. */
static void connect(listener *l, int64_t now, int64_t deadline)
{
    podlink_error ignored;
    if (pl_dedicated_pool_acquire(&l->node->pool.dedicated, deadline, &l->dedicated, &ignored) != PODLINK_OK) {
        l->dedicated = NULL;
        disconnect(l, now);
        return;
    }
    pl_request_init(&l->pushes, &push_ops, "messages", false, NULL);
    pl_conn_listen(&l->dedicated->conn, &l->pushes);
    l->is_refused = false;
    l->heard_at = l->pinged_at = now;
    if (!send(l, (const char *[]){"PSUBSCRIBE", "*"}, 2, deadline)) {
        disconnect(l, now);
        return;
    }
    l->failures = 0;
    request_discovery(l->watch, l->index);
}

static void keep_alive(listener *l, int64_t now)
{
    if (pl_until(now, l->pinged_at) >= PING_MS * PL_MS) {
        l->pinged_at = now;
        send(l, (const char *[]){"PING"}, 1, now + PL_MS);
    }
    if (l->dedicated->conn.is_dead || pl_until(now, l->heard_at) >= SILENCE_MS * PL_MS)
        disconnect(l, now);
}

/* --- the tick ---------------------------------------------------------------------------------------------------- */

static void listen_to_all(pl_sentinel_watch *watch)
{
    pl_sentinels *sentinels = watch->sentinels;
    const pl_clock *clock = sentinels->server.clock;
    const uint32_t count = atomic_load(&sentinels->count);
    const int64_t dial_until = pl_deadline_after(pl_clock_now(clock), DIAL_MS);
    for (uint32_t i = 0; i < count; i++) {
        listener *l = &watch->listeners[i];
        const int64_t now = pl_clock_now(clock);
        l->node = sentinels->list[i].node;
        if (l->dedicated) {
            receive(l);
            keep_alive(l, now);
        } else if (now >= l->dial_at && now < dial_until) {
            connect(l, now, dial_until);
        }
    }
}

int64_t pl_sentinel_watch_tick(pl_sentinel_watch *watch)
{
    pl_deployment *deployment = watch->sentinels->deployment;
    listen_to_all(watch);
    if (!watch->wants_discovery)
        return TICK_MS;
    const int64_t deadline = pl_deadline_after(pl_clock_now(&deployment->env->clock), ASK_MS);
    watch->wants_discovery = !pl_discover_at_once(deployment, watch->first, deadline);
    return watch->wants_discovery ? AGAIN_MS : TICK_MS;
}

size_t pl_sentinel_watch_sockets(const pl_sentinel_watch *watch, struct pollfd *sockets, size_t capacity)
{
    size_t count = 0;
    for (uint32_t i = 0; i < PL_SENTINELS_MAX && count < capacity; i++)
        if (watch->listeners[i].dedicated)
            sockets[count++] = (struct pollfd){.fd = watch->listeners[i].dedicated->stream.fd, .events = POLLIN};
    return count;
}

pl_sentinel_watch *pl_sentinel_watch_new(pl_sentinels *sentinels)
{
    pl_sentinel_watch *watch = pl_heap_zalloc(sentinels->server.heap, sizeof *watch);
    if (!watch)
        return NULL;
    watch->sentinels = sentinels;
    for (uint32_t i = 0; i < PL_SENTINELS_MAX; i++) {
        watch->listeners[i].watch = watch;
        watch->listeners[i].index = i;
    }
    return watch;
}

void pl_sentinel_watch_close(pl_sentinel_watch *watch)
{
    if (!watch || atomic_exchange(&watch->is_closed, true))
        return;
    for (uint32_t i = 0; i < PL_SENTINELS_MAX; i++)
        release(&watch->listeners[i]);
}

void pl_sentinel_watch_free(pl_sentinel_watch *watch, bool is_child)
{
    if (!watch)
        return;
    if (!is_child)
        pl_sentinel_watch_close(watch);
    for (uint32_t i = 0; i < PL_SENTINELS_MAX; i++)
        if (watch->listeners[i].dedicated)
            pl_stream_close_inherited(&watch->listeners[i].dedicated->stream);
    pl_heap_free(watch->sentinels->server.heap, watch);
}
