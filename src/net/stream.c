/* What a connection reads from and writes to. */
#include "net/stream.h"

#include <stdio.h>
#include <string.h>

podlink_status pl_stream_failure(const pl_stream *stream, int error_number, char *words, size_t size)
{
    char reason[128];
    (void)stream;
    snprintf(words, size, "%s", strerror_r(error_number, reason, sizeof reason));
    return PODLINK_ECONNLOST;
}

void pl_stream_shutdown(pl_stream *stream)
{
    pl_socket_shutdown(stream->fd);
}

void pl_stream_close(pl_stream *stream)
{
    pl_socket_close(stream->fd);
    *stream = PL_STREAM_CLOSED;
}

void pl_stream_close_inherited(pl_stream *stream)
{
    pl_socket_close(stream->fd);
    *stream = PL_STREAM_CLOSED;
}
