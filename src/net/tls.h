/* SPDX-License-Identifier: MIT */
/* TLS on a connected socket. tls.c and tls_context.c implement it with OpenSSL, which no other file above base/
 * includes; tls_none.c replaces them in a build without OpenSSL. A connection uses TLS from its first byte or never. */
#ifndef PL_NET_TLS_H
#define PL_NET_TLS_H

#include "base/clock.h"
#include "base/heap.h"
#include "net/address.h"
#include "net/socket.h"
#include "sync/cancel.h"

#include <podlink/status.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An error_number for a failure of TLS; pl_tls_failure() describes it. */
enum { PL_TLS_ERROR = -1 };

/** All files are PEM. NULL: not given. */
typedef struct pl_tls_options {
    const char *ca_file;     /* trusted CAs; without ca_file and ca_dir: those of the system */
    const char *ca_dir;      /* its file names are made by `openssl rehash` */
    const char *cert_file;   /* the client certificate, for servers that request one, and its chain */
    const char *key_file;    /* the key of cert_file; NULL: it is in cert_file */
    const char *server_name; /* sent (SNI) and verified in place of the address' host */
    bool verifies;           /* false: every certificate is accepted */
} pl_tls_options;

/** The settings that all connections of a client share. Immutable, for all threads. */
typedef struct pl_tls_context pl_tls_context;

/** Reads the files. The options are not needed afterwards.
 *  @return PODLINK_OK; EINVAL (err names the option, never the content of a key), EUNSUPPORTED (built without TLS),
 *  ENOMEM */
podlink_status pl_tls_context_new(const pl_heap *heap, const pl_tls_options *options, pl_tls_context **context,
                                  podlink_error *err);

/** NULL is allowed. All its connections must be closed, or left by a fork(). */
void pl_tls_context_free(pl_tls_context *context);

/** The latest TLS session with a server, for resumption by the next connection: that saves the server its signature,
 * and both sides the certificates. All threads. */
typedef struct pl_tls_session {
    pthread_mutex_t lock;
    void *latest; /* owned; NULL: none */
} pl_tls_session;

void pl_tls_session_init(pl_tls_session *session);
void pl_tls_session_fini(pl_tls_session *session);

/** The parameters of a new connection. All borrowed; context and session must outlive the connection. */
typedef struct pl_tls_peer {
    const pl_tls_context *context;
    pl_tls_session *session;
    const pl_address *address;
    const pl_cancel *cancel; /* checked every PL_CANCEL_POLL_MS: cancels the handshake */
} pl_tls_peer;

typedef struct pl_tls pl_tls;

/** Performs the handshake, on a connected socket, which the caller still owns.
 *  @param tls  out: owned by the caller
 *  @return PODLINK_OK; ETLS (the server does not speak TLS, fails verification, or rejects this client), ETIMEDOUT,
 *  ECONNECT (the server closed the connection), the status of the cancellation, ENOMEM. Blocks until the deadline at
 *  most. */
podlink_status pl_tls_open(const pl_tls_peer *peer, int fd, const pl_clock *clock, int64_t deadline, pl_tls **tls,
                           podlink_error *err);

/** Sends a close_notify alert and frees tls. Sends nothing if a write has left a record that is not sent completely.
 * Does not block; the socket stays open. No thread may be in a call on tls. */
void pl_tls_close(pl_tls *tls);

/* The implementation of pl_stream_read() and the other functions of a stream. One thread may be in pl_tls_write(), and
 * another one in pl_tls_read() or pl_tls_peek(); neither holds a lock during a system call. */

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number);
pl_io_result pl_tls_write(pl_tls *tls, const void *bytes, size_t length, size_t *written, int *error_number);
pl_io_result pl_tls_peek(pl_tls *tls);
short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns);

/** Describes a failure that set PL_TLS_ERROR.
 *  @return ETLS (the server rejects this client), ECONNLOST, ENOMEM */
podlink_status pl_tls_failure(pl_tls *tls, char *words, size_t size);

/** Describes the connection: "TLSv1.3" or "TLSv1.3, session resumed". */
void pl_tls_describe(const pl_tls *tls, char *words, size_t size);

#endif
