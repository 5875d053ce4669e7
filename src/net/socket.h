/* SPDX-License-Identifier: MIT */
/* Non-blocking stream sockets, and the only function that polls them. */
#ifndef PL_NET_SOCKET_H
#define PL_NET_SOCKET_H

#include "base/clock.h"
#include "net/address.h"

#include <podlink/status.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** How often a wait checks whether it was cancelled. */
enum { PL_CANCEL_POLL_MS = 20 };

typedef enum pl_io_result {
    PL_IO_DONE = 0,
    PL_IO_AGAIN = 1,  /* would block: wait, then try again */
    PL_IO_ENDED = -1, /* the peer has closed */
    PL_IO_FAILED = -2
} pl_io_result;

/** Reads the available bytes, at most capacity. Does not block.
 *  @param error_number  out on PL_IO_FAILED */
pl_io_result pl_socket_read(int fd, void *bytes, size_t capacity, size_t *length, int *error_number);

/** Writes as many bytes as the socket takes. Does not block, raises no SIGPIPE. */
pl_io_result pl_socket_write(int fd, const void *bytes, size_t length, size_t *written, int *error_number);

/** Checks an idle connection without reading. PL_IO_AGAIN: it is open and idle; PL_IO_DONE: bytes have arrived. */
pl_io_result pl_socket_peek(int fd);

/** poll() with a time-out in nanoseconds; PL_NEVER: none. May return early. */
void pl_socket_poll(struct pollfd *sockets, nfds_t count, int64_t wait_ns);

/** Waits until the socket is ready for one of events (POLLIN, POLLOUT), or has failed.
 *  @return the ready events; 0: time-out */
short pl_socket_wait(int fd, short events, int64_t wait_ns);

/** Shuts down both directions, which wakes all threads that wait for the socket. The descriptor stays open. */
void pl_socket_shutdown(int fd);

void pl_socket_close(int fd);

#endif
