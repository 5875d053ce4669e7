/* SPDX-License-Identifier: MIT */
/* A build without OpenSSL. Opening a client with TLS fails, so the other functions are never called. */
#include "net/tls.h"

#include "base/error.h"

#include <stdio.h>

podlink_status pl_tls_context_new(const pl_heap *heap, const pl_tls_options *options, pl_tls_context **context,
                                  podlink_error *err)
{
    (void)heap, (void)options;
    *context = NULL;
    return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT, "this libpodlink is built without TLS");
}

void pl_tls_context_free(pl_tls_context *context)
{
    (void)context;
}

void pl_tls_session_init(pl_tls_session *session)
{
    session->latest = NULL;
}

void pl_tls_session_fini(pl_tls_session *session)
{
    (void)session;
}

podlink_status pl_tls_open(const pl_tls_peer *peer, int fd, const pl_clock *clock, int64_t deadline, pl_tls **tls,
                           podlink_error *err)
{
    (void)peer, (void)fd, (void)clock, (void)deadline;
    *tls = NULL;
    return pl_error_set(err, PODLINK_EUNSUPPORTED, PODLINK_NOT_SENT, "this libpodlink is built without TLS");
}

void pl_tls_close(pl_tls *tls)
{
    (void)tls;
}

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    (void)tls, (void)bytes, (void)capacity, (void)length;
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

pl_io_result pl_tls_write(pl_tls *tls, const void *bytes, size_t length, size_t *written, int *error_number)
{
    (void)tls, (void)bytes, (void)length, (void)written;
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

pl_io_result pl_tls_peek(pl_tls *tls)
{
    (void)tls;
    return PL_IO_FAILED;
}

short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns)
{
    (void)tls, (void)wait_ns;
    return events;
}

podlink_status pl_tls_failure(pl_tls *tls, char *words, size_t size)
{
    (void)tls;
    snprintf(words, size, "built without TLS");
    return PODLINK_EUNSUPPORTED;
}

void pl_tls_describe(const pl_tls *tls, char *words, size_t size)
{
    (void)tls;
    snprintf(words, size, "no TLS");
}
