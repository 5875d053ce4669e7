/* SPDX-License-Identifier: MIT */
/* Non-blocking stream sockets. */
#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static pl_io_result failure(int *error_number)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return PL_IO_AGAIN;
    *error_number = errno;
    return PL_IO_FAILED;
}

pl_io_result pl_socket_read(int fd, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    ssize_t n = recv(fd, bytes, capacity, 0);
    if (n < 0)
        return failure(error_number);
    *length = (size_t)n;
    return n > 0 ? PL_IO_DONE : PL_IO_ENDED;
}

pl_io_result pl_socket_write(int fd, const void *bytes, size_t length, size_t *written, int *error_number)
{
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0)
        return failure(error_number);
    *written = (size_t)n;
    return PL_IO_DONE;
}

pl_io_result pl_socket_peek(int fd)
{
    char byte;
    int ignored;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0)
        return failure(&ignored);
    return n > 0 ? PL_IO_DONE : PL_IO_ENDED;
}

void pl_socket_poll(struct pollfd *sockets, nfds_t count, int64_t wait_ns)
{
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000), .tv_nsec = (long)(wait_ns % 1000000000)};
    if (ppoll(sockets, count, wait_ns == PL_NEVER ? NULL : &wait, NULL) < 0)
        for (nfds_t i = 0; i < count; i++)
            sockets[i].revents = 0;
}

short pl_socket_wait(int fd, short events, int64_t wait_ns)
{
    struct pollfd socket = {.fd = fd, .events = events};
    pl_socket_poll(&socket, 1, wait_ns);
    if (socket.revents & (POLLERR | POLLHUP | POLLNVAL))
        return events; /* the next read or write returns the error */
    return (short)(socket.revents & events);
}

void pl_socket_shutdown(int fd)
{
    shutdown(fd, SHUT_RDWR);
}

void pl_socket_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
