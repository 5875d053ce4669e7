/* SPDX-License-Identifier: MIT */
/* The byte stream of a connection: a socket, with or without TLS. All code above net/ uses streams, not descriptors. */
#ifndef PL_NET_STREAM_H
#define PL_NET_STREAM_H

#include "net/socket.h"
#include "net/tls.h"

#include <stdbool.h>

typedef struct pl_stream {
    int fd;      /* -1: not open */
    pl_tls *tls; /* owned; NULL: plain text */
} pl_stream;

#define PL_STREAM_CLOSED ((pl_stream){.fd = -1})

static inline bool pl_stream_is_open(const pl_stream *stream)
{
    return stream->fd >= 0;
}

/** As pl_socket_read(). One thread may read while another writes. */
static inline pl_io_result pl_stream_read(pl_stream *stream, void *bytes, size_t capacity, size_t *length,
                                          int *error_number)
{
    return stream->tls ? pl_tls_read(stream->tls, bytes, capacity, length, error_number)
                       : pl_socket_read(stream->fd, bytes, capacity, length, error_number);
}

/** As pl_socket_write(). After PL_IO_AGAIN the next write must begin with the same bytes, and be no shorter. */
static inline pl_io_result pl_stream_write(pl_stream *stream, const void *bytes, size_t length, size_t *written,
                                           int *error_number)
{
    return stream->tls ? pl_tls_write(stream->tls, bytes, length, written, error_number)
                       : pl_socket_write(stream->fd, bytes, length, written, error_number);
}

/** As pl_socket_peek(). Only the thread that may read calls it. */
static inline pl_io_result pl_stream_peek(pl_stream *stream)
{
    return stream->tls ? pl_tls_peek(stream->tls) : pl_socket_peek(stream->fd);
}

/** As pl_socket_wait(). */
static inline short pl_stream_wait(pl_stream *stream, short events, int64_t wait_ns)
{
    if (stream->tls)
        return pl_tls_wait(stream->tls, events, wait_ns);
    return pl_socket_wait(stream->fd, events, wait_ns);
}

/** Describes why a read or a write has failed.
 *  @param error_number  as the failed function has set it
 *  @param words  out
 *  @return ECONNLOST; with TLS also ETLS and ENOMEM */
podlink_status pl_stream_failure(pl_stream *stream, int error_number, char *words, size_t size);

/** ", TLSv1.3" for a message; "" without TLS, and if the stream is not open. */
void pl_stream_describe(const pl_stream *stream, char *words, size_t size);

/** Shuts down both directions, which wakes all threads that wait for the stream. It stays open. */
void pl_stream_shutdown(pl_stream *stream);

/** Closes the stream. No thread may be in a call on it. Does nothing if it is closed. */
void pl_stream_close(pl_stream *stream);

/** Closes the child's copy after a fork(); the parent's connection stays as it is. The state of OpenSSL cannot be
 * freed, because another thread may have been using it at the time of the fork(). */
void pl_stream_close_inherited(pl_stream *stream);

#endif
