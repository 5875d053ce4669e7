/* SPDX-License-Identifier: MIT */
/* TLS without encryption, replaces net/tls.c: bytes are on the wire as they are. The layers above act as with TLS, and
 * this file checks that they keep the rules of TLS. */
#include "net/tls.h"

#include "base/error.h"
#include "sim_scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pl_tls_context {
    pl_heap heap;
};

struct pl_tls {
    pl_heap heap;
    int fd;
    char *unsent; /* what a write could not send: the caller must assume half a record */
    size_t unsent_length;
};

podlink_status pl_tls_context_new(const pl_heap *heap, const pl_tls_options *options, pl_tls_context **context,
                                  podlink_error *err)
{
    (void)options;
    *context = pl_heap_zalloc(heap, sizeof **context);
    if (!*context)
        return pl_error_no_memory(err);
    (*context)->heap = *heap;
    return PODLINK_OK;
}

void pl_tls_context_free(pl_tls_context *context)
{
    if (!context)
        return;
    const pl_heap heap = context->heap;
    pl_heap_free(&heap, context);
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
    (void)clock, (void)deadline;
    *tls = pl_heap_zalloc(&peer->context->heap, sizeof **tls);
    if (!*tls)
        return pl_error_no_memory(err);
    (*tls)->heap = peer->context->heap;
    (*tls)->fd = fd;
    return PODLINK_OK;
}

void pl_tls_close(pl_tls *tls)
{
    const pl_heap heap = tls->heap;
    free(tls->unsent);
    pl_heap_free(&heap, tls);
}

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    return pl_socket_read(tls->fd, bytes, capacity, length, error_number);
}

/* A record that was begun cannot be taken back: the next write must bring the same bytes again. */
static void check_same(const pl_tls *tls, const void *bytes, size_t length)
{
    if (tls->unsent && (length < tls->unsent_length || memcmp(bytes, tls->unsent, tls->unsent_length) != 0))
        sim_fail("a write of %zu bytes was incomplete, and other bytes follow", tls->unsent_length);
}

static void remember(pl_tls *tls, const void *bytes, size_t length)
{
    free(tls->unsent);
    tls->unsent = length > 0 ? malloc(length) : NULL;
    tls->unsent_length = length;
    if (tls->unsent)
        memcpy(tls->unsent, bytes, length);
}

pl_io_result pl_tls_write(pl_tls *tls, const void *bytes, size_t length, size_t *written, int *error_number)
{
    check_same(tls, bytes, length);
    const pl_io_result result = pl_socket_write(tls->fd, bytes, length, written, error_number);
    remember(tls, bytes, result == PL_IO_AGAIN ? length : 0);
    return result;
}

pl_io_result pl_tls_peek(pl_tls *tls)
{
    return pl_socket_peek(tls->fd);
}

short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns)
{
    return pl_socket_wait(tls->fd, events, wait_ns);
}

podlink_status pl_tls_failure(pl_tls *tls, char *words, size_t size)
{
    (void)tls, (void)words, (void)size;
    sim_fail("TLS has no errors here");
    return PODLINK_ETLS;
}

void pl_tls_describe(const pl_tls *tls, char *words, size_t size)
{
    (void)tls;
    snprintf(words, size, "a model of TLS");
}
