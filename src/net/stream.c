/* SPDX-License-Identifier: MIT */
/* The byte stream of a connection. */
#include "net/stream.h"

#include <stdio.h>
#include <string.h>

podlink_status pl_stream_failure(pl_stream *stream, int error_number, char *words, size_t size)
{
    char reason[128];
    if (error_number == PL_TLS_ERROR)
        return pl_tls_failure(stream->tls, words, size);
    snprintf(words, size, "%s", strerror_r(error_number, reason, sizeof reason));
    return PODLINK_ECONNLOST;
}

void pl_stream_describe(const pl_stream *stream, char *words, size_t size)
{
    char kind[64] = "";
    if (stream->tls)
        pl_tls_describe(stream->tls, kind, sizeof kind);
    snprintf(words, size, "%s%s", stream->tls ? ", " : "", kind);
}

void pl_stream_shutdown(pl_stream *stream)
{
    pl_socket_shutdown(stream->fd);
}

void pl_stream_close(pl_stream *stream)
{
    if (stream->tls)
        pl_tls_close(stream->tls);
    pl_socket_close(stream->fd);
    *stream = PL_STREAM_CLOSED;
}

void pl_stream_close_inherited(pl_stream *stream)
{
    pl_socket_close(stream->fd);
    *stream = PL_STREAM_CLOSED;
}
