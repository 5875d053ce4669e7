/* SPDX-License-Identifier: MIT */
/* Connecting: resolves a name, and tries its addresses one after the other. */
#include "net/connect.h"

#include "base/error.h"
#include "net/descriptor.h"
#include "net/resolve.h"
#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { KEEPALIVE_IDLE_S = 15, KEEPALIVE_INTERVAL_S = 5, KEEPALIVE_PROBES = 3 };

static void set_option(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

/* Requests are small and wait for their replies: Nagle's algorithm would only delay them. An unreachable host is
 * detected by the user timeout while sent bytes are not acknowledged, and by keepalive on an idle connection. */
static void set_tcp_options(int fd, int64_t silence_ns)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    if (silence_ns / PL_MS <= INT_MAX)
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(silence_ns / PL_MS));
}

static podlink_status connect_failed(const pl_address *address, int error_number, podlink_error *err)
{
    char reason[128];
    return pl_error_set(err, PODLINK_ECONNECT, PODLINK_NOT_SENT, "cannot connect to %s: %s", address->text,
                        strerror_r(error_number, reason, sizeof reason));
}

static podlink_status connect_timed_out(const pl_address *address, podlink_error *err)
{
    return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "connecting to %s took too long", address->text);
}

/* Waits for the end of a connect() in progress. */
static podlink_status finish_connect(int fd, const pl_address *address, const pl_clock *clock, int64_t deadline,
                                     const _Atomic bool *is_ended, podlink_error *err)
{
    const int64_t limit = PL_CANCEL_POLL_MS * PL_MS;
    for (;;) {
        int64_t left = pl_until(deadline, pl_clock_now(clock));
        if (left == 0)
            return connect_timed_out(address, err);
        if (atomic_load(is_ended))
            return pl_error_set(err, PODLINK_ECLOSED, PODLINK_NOT_SENT, "the client is closed");
        if (!pl_socket_wait(fd, POLLOUT, left < limit ? left : limit))
            continue;
        int error_number = 0;
        socklen_t size = sizeof error_number;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &size);
        return error_number == 0 ? PODLINK_OK : connect_failed(address, error_number, err);
    }
}

static podlink_status connect_to(const pl_endpoint *endpoint, const pl_address *address, const pl_clock *clock,
                                 int64_t deadline, int64_t silence_ns, const _Atomic bool *is_ended, int *fd,
                                 podlink_error *err)
{
    int domain = endpoint->address.ss_family;
    int s = pl_descriptor_keep(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (s < 0)
        return connect_failed(address, errno, err);
    if (domain != AF_UNIX)
        set_tcp_options(s, silence_ns);
    podlink_status status = PODLINK_OK;
    if (connect(s, (const struct sockaddr *)&endpoint->address, endpoint->length) < 0) {
        if (errno == EINPROGRESS || errno == EINTR)
            status = finish_connect(s, address, clock, deadline, is_ended, err);
        else /* EAGAIN: the backlog of a unix socket is full, and no event reports when it has room */
            status = connect_failed(address, errno, err);
    }
    if (status != PODLINK_OK) {
        pl_socket_close(s);
        s = -1;
    }
    *fd = s;
    return status;
}

static void unix_endpoint(const pl_address *address, pl_endpoint *endpoint)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    memcpy(path.sun_path, address->host, sizeof path.sun_path - 1); /* its length was checked with the configuration */
    memset(endpoint, 0, sizeof *endpoint);
    memcpy(&endpoint->address, &path, sizeof path);
    endpoint->length = sizeof path;
}

podlink_status pl_connect(const pl_address *address, const pl_clock *clock, int64_t deadline, int64_t silence_ns,
                          const _Atomic bool *is_ended, int *fd, podlink_error *err)
{
    pl_endpoint endpoints[PL_ENDPOINTS_MAX];
    size_t count = 1;
    podlink_status status = PODLINK_OK;
    *fd = -1;
    if (address->is_unix)
        unix_endpoint(address, &endpoints[0]);
    else
        status = pl_resolve(address, clock, deadline, is_ended, endpoints, &count, err);
    if (status != PODLINK_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        /* An address that does not answer must leave time for the next one: it gets half of the time left. */
        int64_t now = pl_clock_now(clock);
        int64_t until = deadline;
        if (i + 1 < count && deadline != PL_NEVER)
            until = now + pl_until(deadline, now) / 2;
        status = connect_to(&endpoints[i], address, clock, until, silence_ns, is_ended, fd, err);
        if (status == PODLINK_OK || status == PODLINK_ECLOSED)
            return status;
    }
    return status;
}
