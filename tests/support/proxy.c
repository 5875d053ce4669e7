/* SPDX-License-Identifier: MIT */
/* A proxy that acts as a bad network: a thread and a poll loop. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 256,
    HELD_BYTES = 32 * 1024, /* in one direction of one connection */
    PIECES_MAX = 64,        /* reads whose bytes are still held */
    BACKLOG = 256,
    LONGEST_WAIT_MS = 1000
};

struct piece {
    size_t length;
    int64_t due_ms;
};

/* One direction of a connection: bytes from one descriptor go to the other. */
struct flow {
    int from;
    int to;
    char bytes[HELD_BYTES];
    size_t length;
    struct piece pieces[PIECES_MAX];
    size_t piece_count;
    uint64_t forwarded; /* since the last proxy_set() */
    bool ended;         /* the end of the stream has been read */
    bool closed;        /* and forwarded */
};

struct pair {
    int client;
    int server;
    struct flow flows[2]; /* by proxy_way */
    bool is_cut;          /* waits until both sides have closed, and drops what they still send */
};

struct proxy {
    pthread_mutex_t lock; /* protects all below; released in poll() */
    pthread_t thread;
    int listener;
    int bell; /* an eventfd: something has changed */
    bool stops;
    bool is_tcp;
    struct proxy_fault faults[2];
    uint64_t forwarded[2];
    uint64_t accepted;
    uint64_t cuts;
    struct pair *pairs[CONNECTIONS_MAX];
    size_t count;
    char server[108];
    uint16_t server_port; /* 0: the server is at the unix socket `server` */
    char dir[32];
    char path[64];
    char url[96];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ring(struct proxy *proxy)
{
    const uint64_t one = 1;
    if (write(proxy->bell, &one, sizeof one) < 0)
        return; /* the eventfd is already set */
}

/* ---- ends ---- */

static void close_pair(struct proxy *proxy, size_t at)
{
    struct pair *pair = proxy->pairs[at];
    close(pair->client);
    close(pair->server);
    free(pair);
    proxy->pairs[at] = proxy->pairs[--proxy->count];
}

static void set_reset(int fd)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

/* @return whether the pair has been closed */
static bool end_pair(struct proxy *proxy, size_t at, enum proxy_end how)
{
    struct pair *pair = proxy->pairs[at];
    if (how == PROXY_RST) {
        set_reset(pair->client);
        close_pair(proxy, at);
        return true;
    }
    shutdown(pair->client, SHUT_WR);
    shutdown(pair->server, SHUT_WR);
    pair->is_cut = true;
    return false;
}

/* ---- one direction ---- */

static bool wants_read(const struct proxy *proxy, const struct pair *pair, enum proxy_way way)
{
    const struct flow *flow = &pair->flows[way];
    if (pair->is_cut)
        return !flow->ended;
    return !flow->ended && !proxy->faults[way].stalls && flow->length < HELD_BYTES && flow->piece_count < PIECES_MAX;
}

static bool is_due(const struct proxy *proxy, const struct pair *pair, enum proxy_way way, int64_t now)
{
    const struct flow *flow = &pair->flows[way];
    return !pair->is_cut && !proxy->faults[way].stalls && flow->piece_count > 0 && flow->pieces[0].due_ms <= now;
}

/* @return how many bytes are left */
static size_t swallow(const char *text, char *bytes, size_t length)
{
    const size_t size = text ? strlen(text) : 0;
    char *found = size > 0 && length > size ? memmem(bytes + 1, length - 1, text, size) : NULL;
    if (!found)
        return length;
    memmove(found, found + size, (size_t)(bytes + length - (found + size)));
    return length - size;
}

/* False if the connection has failed. */
static bool read_flow(const struct proxy *proxy, struct pair *pair, enum proxy_way way, int64_t now)
{
    struct flow *flow = &pair->flows[way];
    char ignored[4096];
    char *into = pair->is_cut ? ignored : flow->bytes + flow->length;
    const ssize_t n = recv(flow->from, into, pair->is_cut ? sizeof ignored : HELD_BYTES - flow->length, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    flow->ended = n == 0;
    if (n == 0 || pair->is_cut)
        return true;
    const struct proxy_fault *fault = &proxy->faults[way];
    const size_t length = swallow(fault->swallows, into, (size_t)n);
    flow->length += length;
    flow->pieces[flow->piece_count++] = (struct piece){length, now + fault->delay_ms};
    return true;
}

static void drop_forwarded(struct proxy *proxy, struct flow *flow, enum proxy_way way, size_t n)
{
    flow->length -= n;
    memmove(flow->bytes, flow->bytes + n, flow->length);
    flow->pieces[0].length -= n;
    if (flow->pieces[0].length == 0) {
        flow->piece_count--;
        memmove(flow->pieces, flow->pieces + 1, flow->piece_count * sizeof *flow->pieces);
    }
    flow->forwarded += n;
    proxy->forwarded[way] += n;
}

static void spoil(struct proxy_fault *fault, struct flow *flow, size_t length)
{
    if (!fault->spoil || fault->spoil_at < flow->forwarded || fault->spoil_at >= flow->forwarded + length)
        return;
    flow->bytes[fault->spoil_at - flow->forwarded] ^= (char)fault->spoil;
    fault->spoil = 0;
}

enum forwarding { FORWARDED, CUT, FAILED };

static enum forwarding forward(struct proxy *proxy, struct pair *pair, enum proxy_way way)
{
    struct proxy_fault *fault = &proxy->faults[way];
    struct flow *flow = &pair->flows[way];
    size_t length = flow->pieces[0].length;
    if (fault->chop > 0 && length > fault->chop)
        length = fault->chop;
    if (fault->cut != PROXY_OPEN && fault->cut_at < flow->forwarded + length) {
        if (fault->cut_at <= flow->forwarded)
            return CUT;
        length = (size_t)(fault->cut_at - flow->forwarded);
    }
    spoil(fault, flow, length);
    const ssize_t n = send(flow->to, flow->bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? FORWARDED : FAILED;
    drop_forwarded(proxy, flow, way, (size_t)n);
    return FORWARDED;
}

/* Forwards the end of the stream. */
static void forward_end(struct flow *flow)
{
    if (flow->ended && flow->length == 0 && !flow->closed) {
        shutdown(flow->to, SHUT_WR);
        flow->closed = true;
    }
}

/* @return whether the pair has been closed */
static bool serve_way(struct proxy *proxy, size_t at, enum proxy_way way, short ready, int64_t now)
{
    struct pair *pair = proxy->pairs[at];
    if (ready && wants_read(proxy, pair, way) && !read_flow(proxy, pair, way, now))
        return end_pair(proxy, at, PROXY_RST);
    if (is_due(proxy, pair, way, now)) {
        const enum forwarding forwarding = forward(proxy, pair, way);
        if (forwarding == FAILED)
            return end_pair(proxy, at, PROXY_RST);
        if (forwarding == CUT) {
            const enum proxy_end how = proxy->faults[way].cut;
            if (!proxy->faults[way].cuts_each)
                proxy->faults[way].cut = PROXY_OPEN;
            proxy->cuts++;
            return end_pair(proxy, at, how);
        }
    }
    if (!pair->is_cut)
        forward_end(&pair->flows[way]);
    return false;
}

static void serve_pair(struct proxy *proxy, size_t at, short client_ready, short server_ready, int64_t now)
{
    if (serve_way(proxy, at, PROXY_TO_SERVER, client_ready, now) ||
        serve_way(proxy, at, PROXY_TO_CLIENT, server_ready, now))
        return;
    const struct pair *pair = proxy->pairs[at];
    if (pair->flows[0].ended && pair->flows[1].ended && pair->flows[0].length + pair->flows[1].length == 0)
        close_pair(proxy, at);
    else if (pair->is_cut && pair->flows[PROXY_TO_SERVER].ended)
        close_pair(proxy, at); /* the client has closed; the server's close is not awaited */
}

/* ---- clients ---- */

static int connect_to(const struct sockaddr *address, socklen_t size)
{
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, address, size) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_to_server(const struct proxy *proxy)
{
    const struct sockaddr_in tcp = {
        .sin_family = AF_INET, .sin_port = htons(proxy->server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (proxy->server_port != 0)
        return connect_to((const struct sockaddr *)&tcp, sizeof tcp);
    memcpy(address.sun_path, proxy->server, sizeof address.sun_path);
    return connect_to((const struct sockaddr *)&address, sizeof address);
}

static bool add_pair(struct proxy *proxy, int client, int server)
{
    struct pair *pair = proxy->count < CONNECTIONS_MAX ? calloc(1, sizeof *pair) : NULL;
    if (!pair)
        return false;
    pair->client = client;
    pair->server = server;
    pair->flows[PROXY_TO_SERVER].from = pair->flows[PROXY_TO_CLIENT].to = client;
    pair->flows[PROXY_TO_SERVER].to = pair->flows[PROXY_TO_CLIENT].from = server;
    proxy->pairs[proxy->count++] = pair;
    return true;
}

static void accept_client(struct proxy *proxy)
{
    const int one = 1;
    const int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
        return;
    proxy->accepted++;
    if (proxy->is_tcp)
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int server = connect_to_server(proxy);
    if (server >= 0 && add_pair(proxy, client, server))
        return;
    close(client);
    if (server >= 0)
        close(server);
}

/* ---- the loop ---- */

static int set_interest(const struct proxy *proxy, const struct pair *pair, struct pollfd *client,
                        struct pollfd *server, int64_t now)
{
    int wait_ms = LONGEST_WAIT_MS;
    struct pollfd *ends[2] = {client, server};
    *client = (struct pollfd){.fd = pair->client};
    *server = (struct pollfd){.fd = pair->server};
    for (int way = 0; way < 2; way++) {
        const struct flow *flow = &pair->flows[way];
        if (wants_read(proxy, pair, (enum proxy_way)way))
            ends[way]->events |= POLLIN;
        if (is_due(proxy, pair, (enum proxy_way)way, now))
            ends[1 - way]->events |= POLLOUT;
        else if (!pair->is_cut && !proxy->faults[way].stalls && flow->piece_count > 0 &&
                 flow->pieces[0].due_ms - now < wait_ms)
            wait_ms = (int)(flow->pieces[0].due_ms - now);
    }
    for (int end = 0; end < 2; end++)
        if (ends[end]->events == 0)
            ends[end]->fd = -1; /* a hangup without interest would keep the loop busy */
    return wait_ms;
}

/* One round: waits for events and handles them. The lock is released while it waits. */
static void serve(struct proxy *proxy, struct pollfd *polled)
{
    int wait_ms = LONGEST_WAIT_MS;
    int64_t now = now_ms();
    const size_t count = proxy->count;
    polled[0] = (struct pollfd){.fd = proxy->bell, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        const int wait = set_interest(proxy, proxy->pairs[i], &polled[2 + 2 * i], &polled[3 + 2 * i], now);
        wait_ms = wait < wait_ms ? wait : wait_ms;
    }
    pthread_mutex_unlock(&proxy->lock);
    poll(polled, 2 + 2 * count, wait_ms);
    uint64_t rings;
    if ((polled[0].revents & POLLIN) && read(proxy->bell, &rings, sizeof rings) < 0)
        polled[0].revents = 0;
    pthread_mutex_lock(&proxy->lock);
    now = now_ms();
    for (size_t i = count; i-- > 0;) /* from the end: a later pair replaces one that is closed */
        if (i < proxy->count)
            serve_pair(proxy, i, polled[2 + 2 * i].revents, polled[3 + 2 * i].revents, now);
    if (polled[1].revents & POLLIN)
        accept_client(proxy);
}

static void *run(void *argument)
{
    struct proxy *proxy = argument;
    struct pollfd *polled = calloc(2 + 2 * CONNECTIONS_MAX, sizeof *polled);
    pthread_mutex_lock(&proxy->lock);
    while (polled && !proxy->stops)
        serve(proxy, polled);
    while (proxy->count > 0)
        close_pair(proxy, proxy->count - 1);
    pthread_mutex_unlock(&proxy->lock);
    free(polled);
    return NULL;
}

/* ---- the interface ---- */

static bool listen_tcp(struct proxy *proxy)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *)&address, size) != 0 ||
        getsockname(proxy->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    snprintf(proxy->url, sizeof proxy->url, "redis://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return listen(proxy->listener, BACKLOG) == 0;
}

static bool listen_unix(struct proxy *proxy)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(proxy->dir, sizeof proxy->dir, "/tmp/podlink-proxy-XXXXXX");
    if (!mkdtemp(proxy->dir)) {
        proxy->dir[0] = '\0';
        return false;
    }
    snprintf(proxy->path, sizeof proxy->path, "%s/socket", proxy->dir);
    snprintf(proxy->url, sizeof proxy->url, "unix://%s", proxy->path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", proxy->path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return proxy->listener >= 0 && bind(proxy->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(proxy->listener, BACKLOG) == 0;
}

static void free_proxy(struct proxy *proxy)
{
    if (proxy->listener >= 0)
        close(proxy->listener);
    if (proxy->bell >= 0)
        close(proxy->bell);
    if (proxy->path[0] != '\0')
        unlink(proxy->path);
    if (proxy->dir[0] != '\0')
        rmdir(proxy->dir);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

static struct proxy *start(const char *server_socket, uint16_t server_port, bool with_tcp)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);
    if (!proxy)
        return NULL;
    pthread_mutex_init(&proxy->lock, NULL);
    snprintf(proxy->server, sizeof proxy->server, "%s", server_socket);
    proxy->server_port = server_port;
    proxy->is_tcp = with_tcp;
    proxy->listener = -1;
    proxy->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (proxy->bell >= 0 && (with_tcp ? listen_tcp(proxy) : listen_unix(proxy)) &&
        pthread_create(&proxy->thread, NULL, run, proxy) == 0)
        return proxy;
    fprintf(stderr, "proxy: %s\n", strerror(errno));
    free_proxy(proxy);
    return NULL;
}

struct proxy *proxy_start(const char *server_socket, bool with_tcp)
{
    return start(server_socket, 0, with_tcp);
}

struct proxy *proxy_start_to_port(uint16_t port)
{
    return start("", port, true);
}

void proxy_stop(struct proxy *proxy)
{
    if (!proxy)
        return;
    pthread_mutex_lock(&proxy->lock);
    proxy->stops = true;
    pthread_mutex_unlock(&proxy->lock);
    ring(proxy);
    pthread_join(proxy->thread, NULL);
    free_proxy(proxy);
}

const char *proxy_url(const struct proxy *proxy)
{
    return proxy->url;
}

void proxy_set(struct proxy *proxy, enum proxy_way way, const struct proxy_fault *fault)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->faults[way] = fault ? *fault : (struct proxy_fault){0};
    proxy->forwarded[way] = 0;
    for (size_t i = 0; i < proxy->count; i++)
        proxy->pairs[i]->flows[way].forwarded = 0;
    pthread_mutex_unlock(&proxy->lock);
    ring(proxy);
}

void proxy_end_all(struct proxy *proxy, enum proxy_end how)
{
    pthread_mutex_lock(&proxy->lock);
    for (size_t i = proxy->count; i-- > 0;)
        end_pair(proxy, i, how);
    pthread_mutex_unlock(&proxy->lock);
    ring(proxy);
}

static uint64_t read_counter(struct proxy *proxy, const uint64_t *counter)
{
    pthread_mutex_lock(&proxy->lock);
    const uint64_t value = *counter;
    pthread_mutex_unlock(&proxy->lock);
    return value;
}

uint64_t proxy_accepted(struct proxy *proxy)
{
    return read_counter(proxy, &proxy->accepted);
}

uint64_t proxy_forwarded(struct proxy *proxy, enum proxy_way way)
{
    return read_counter(proxy, &proxy->forwarded[way]);
}

uint64_t proxy_cuts(struct proxy *proxy)
{
    return read_counter(proxy, &proxy->cuts);
}

uint32_t proxy_open(struct proxy *proxy)
{
    uint32_t open = 0;
    pthread_mutex_lock(&proxy->lock);
    for (size_t i = 0; i < proxy->count; i++)
        open += proxy->pairs[i]->is_cut ? 0 : 1;
    pthread_mutex_unlock(&proxy->lock);
    return open;
}
