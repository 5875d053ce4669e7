/* SPDX-License-Identifier: MIT */
/* DNS by c-ares. c-ares does not block; we poll its sockets until the deadline. */
#include "net/resolve.h"

#include "base/error.h"
#include "base/text.h"
#include "net/descriptor.h"
#include "net/socket.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SOCKETS_MAX = 16, LONGEST_WAIT_MS = 1000 };

typedef struct lookup {
    const pl_address *address;
    struct pollfd sockets[SOCKETS_MAX]; /* the sockets that c-ares waits for */
    nfds_t socket_count;
    bool finished;
    int ares_status;
    pl_endpoint *endpoints;
    size_t count;
} lookup;

static void set_endpoint(pl_endpoint *endpoint, const struct sockaddr *address, socklen_t length, uint16_t port)
{
    memset(endpoint, 0, sizeof *endpoint);
    memcpy(&endpoint->address, address, length);
    endpoint->length = length;
    if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)&endpoint->address)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)&endpoint->address)->sin6_port = htons(port);
}

static bool read_as_number(const pl_address *address, pl_endpoint *endpoint)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address->host, &v4.sin_addr) == 1)
        set_endpoint(endpoint, (struct sockaddr *)&v4, sizeof v4, address->port);
    else if (inet_pton(AF_INET6, address->host, &v6.sin6_addr) == 1)
        set_endpoint(endpoint, (struct sockaddr *)&v6, sizeof v6, address->port);
    else
        return false;
    return true;
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    lookup *l = data;
    nfds_t at = 0;
    while (at < l->socket_count && l->sockets[at].fd != fd)
        at++;
    short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    if (events == 0) {
        if (at < l->socket_count)
            l->sockets[at] = l->sockets[--l->socket_count];
        return;
    }
    if (at == l->socket_count && l->socket_count < SOCKETS_MAX)
        l->socket_count++;
    if (at < l->socket_count)
        l->sockets[at] = (struct pollfd){.fd = fd, .events = events};
}

/* The sockets to the name servers. Those that c-ares would make itself could get the descriptors 0 to 2. */

static ares_socket_t open_socket(int domain, int type, int protocol, void *data)
{
    (void)data;
    return pl_descriptor_keep(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

static int close_socket(ares_socket_t fd, void *data)
{
    (void)data;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t length, void *data)
{
    (void)data;
    return connect(fd, address, length);
}

static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t size, int flags, struct sockaddr *from,
                            ares_socklen_t *from_length, void *data)
{
    (void)data;
    return recvfrom(fd, bytes, size, flags, from, from_length);
}

static ares_ssize_t send_vector(ares_socket_t fd, const struct iovec *parts, int count, void *data)
{
    (void)data;
    return writev(fd, parts, count);
}

static const struct ares_socket_functions socket_functions = {open_socket, close_socket, connect_socket, receive,
                                                              send_vector};

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *result)
{
    lookup *l = data;
    (void)timeouts;
    l->finished = true;
    l->ares_status = status;
    if (!result)
        return;
    for (struct ares_addrinfo_node *node = result->nodes; node && l->count < PL_ENDPOINTS_MAX; node = node->ai_next)
        if (node->ai_family == AF_INET || node->ai_family == AF_INET6)
            set_endpoint(&l->endpoints[l->count++], node->ai_addr, node->ai_addrlen, l->address->port);
    ares_freeaddrinfo(result);
}

static void process(ares_channel channel, lookup *l)
{
    struct pollfd ready[SOCKETS_MAX];
    nfds_t count = l->socket_count; /* processing changes the list */
    memcpy(ready, l->sockets, count * sizeof *ready);
    for (nfds_t i = 0; i < count; i++) {
        bool readable = ready[i].revents & (POLLIN | POLLERR | POLLHUP);
        bool writable = ready[i].revents & POLLOUT;
        if (readable || writable)
            ares_process_fd(channel, readable ? ready[i].fd : ARES_SOCKET_BAD,
                            writable ? ready[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* the time-outs of its queries */
}

/* Waits until the answer, the deadline or the end of the client. */
static void wait_for_answer(ares_channel channel, lookup *l, const pl_clock *clock, int64_t deadline,
                            const _Atomic bool *is_ended)
{
    while (!l->finished && !atomic_load(is_ended)) {
        int64_t left = pl_until(deadline, pl_clock_now(clock));
        if (left == 0)
            return;
        struct timeval longest = {.tv_sec = LONGEST_WAIT_MS / 1000}, next;
        struct timeval *wait = ares_timeout(channel, &longest, &next);
        int64_t wait_ns = (int64_t)wait->tv_sec * 1000 * PL_MS + (int64_t)wait->tv_usec * 1000;
        const int64_t limit = PL_CANCEL_POLL_MS * PL_MS;
        left = left < limit ? left : limit;
        pl_socket_poll(l->sockets, l->socket_count, wait_ns < left ? wait_ns : left);
        process(channel, l);
    }
}

static podlink_status outcome(const lookup *l, const _Atomic bool *is_ended, podlink_error *err)
{
    char host[PL_HOST_MAX + 1];
    pl_text_escape(l->address->host, strlen(l->address->host), host, sizeof host);
    if (!l->finished && atomic_load(is_ended))
        return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
    if (!l->finished || l->ares_status == ARES_ECANCELLED)
        return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "resolving %s took too long", host);
    if (l->ares_status == ARES_ENOMEM)
        return pl_error_no_memory(err);
    if (l->ares_status != ARES_SUCCESS)
        return pl_error_set(err, PODLINK_ERESOLVE, PODLINK_NOT_SENT, "cannot resolve %s: %s", host,
                            ares_strerror(l->ares_status));
    if (l->count == 0)
        return pl_error_set(err, PODLINK_ERESOLVE, PODLINK_NOT_SENT, "%s has no address", host);
    return PODLINK_OK;
}

podlink_status pl_resolve(const pl_address *address, const pl_clock *clock, int64_t deadline,
                          const _Atomic bool *is_ended, pl_endpoint endpoints[PL_ENDPOINTS_MAX], size_t *count,
                          podlink_error *err)
{
    *count = 0;
    if (read_as_number(address, &endpoints[0])) {
        *count = 1;
        return PODLINK_OK;
    }
    lookup l = {.address = address, .endpoints = endpoints};
    struct ares_options options = {.sock_state_cb = on_socket_state, .sock_state_cb_data = &l};
    ares_channel channel;
    int rc = ares_init_options(&channel, &options, ARES_OPT_SOCK_STATE_CB);
    if (rc != ARES_SUCCESS)
        return rc == ARES_ENOMEM ? pl_error_no_memory(err)
                                 : pl_error_set(err, PODLINK_ERESOLVE, PODLINK_NOT_SENT, "cannot resolve %s: %s",
                                                address->text, ares_strerror(rc));
    ares_set_socket_functions(channel, &socket_functions, NULL);
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    ares_getaddrinfo(channel, address->host, NULL, &hints, on_answer, &l);
    wait_for_answer(channel, &l, clock, deadline, is_ended);
    podlink_status status = outcome(&l, is_ended, err);
    ares_destroy(channel); /* calls on_answer, if it was not called yet */
    *count = status == PODLINK_OK ? l.count : 0;
    return status;
}
