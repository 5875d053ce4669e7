/* SPDX-License-Identifier: MIT */
/* Non-blocking stream sockets, and the one place that waits for them. */
#ifndef PL_NET_SOCKET_H
#define PL_NET_SOCKET_H

#include "base/clock.h"
#include "net/address.h"

#include <podlink/status.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** How often a wait looks whether it has to end. */
enum { PL_CANCEL_POLL_MS = 20 };

typedef enum pl_io_result {
    PL_IO_DONE = 0,
    PL_IO_AGAIN = 1,  /* nothing can be done at present: wait */
    PL_IO_ENDED = -1, /* the other side has closed */
    PL_IO_FAILED = -2
} pl_io_result;

/** Resolves and connects.
 *  @param silence_ns  how long sent bytes may stay without the other host's acknowledgement; PL_NEVER
 *  @param is_ended  looked at every 20 ms: true ends it
 *  @param fd  out: owned by the caller; -1 on failure
 *  @return PODLINK_OK; ERESOLVE, ECONNECT, ETIMEDOUT, ECLOSED (is_ended), ENOMEM. Blocks until the deadline at most. */
podlink_status pl_socket_connect(const pl_address *address, const pl_clock *clock, int64_t deadline, int64_t silence_ns,
                                 const _Atomic bool *is_ended, int *fd, podlink_error *err);

/** Reads what is there, at most capacity bytes. Does not block.
 *  @param error_number  out on PL_IO_FAILED */
pl_io_result pl_socket_read(int fd, void *bytes, size_t capacity, size_t *length, int *error_number);

/** Writes what fits. Does not block, raises no SIGPIPE. */
pl_io_result pl_socket_write(int fd, const void *bytes, size_t length, size_t *written, int *error_number);

/** What an idle connection has to say: PL_IO_AGAIN means that it is as it should be; PL_IO_DONE that bytes are there.
 */
pl_io_result pl_socket_peek(int fd);

/** poll() in nanoseconds; PL_NEVER waits for ever. May return early. */
void pl_socket_poll(struct pollfd *sockets, nfds_t count, int64_t wait_ns);

/** Waits until the socket can do one of events (POLLIN, POLLOUT), or has ended. @return what it can do; 0: time is up
 */
short pl_socket_wait(int fd, short events, int64_t wait_ns);

/** Ends both directions: who waits for the socket returns. The descriptor stays. */
void pl_socket_shutdown(int fd);

void pl_socket_close(int fd);

#endif
