/* SPDX-License-Identifier: MIT */
/* TLS on a connected socket. tls.c and tls_context.c do it by OpenSSL, which no other file above base/ includes;
 * tls_none.c stands in for them in a build without. There is no way back to clear text: a connection has TLS from its
 * first byte, or none. */
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

/** In an error_number: it was TLS that failed, and pl_tls_failure() tells of what. */
enum { PL_TLS_ERROR = -1 };

/** All files are PEM. NULL: not given. */
typedef struct pl_tls_options {
    const char *ca_file;     /* whom to trust; with neither of the two: whom the system trusts */
    const char *ca_dir;      /* with names made by `openssl rehash` */
    const char *cert_file;   /* what a server is shown that asks, and the chain behind it */
    const char *key_file;    /* of cert_file; NULL: it stands in that file */
    const char *server_name; /* sent and verified in place of the address' host */
    bool verifies;           /* false: anybody's certificate will do */
} pl_tls_options;

/** What the connections of a client have in common. Does not change, and all threads may use it. */
typedef struct pl_tls_context pl_tls_context;

/** Reads the files. Nothing in options is needed afterwards.
 *  @return PODLINK_OK; EINVAL (err names the option, never what stands in a key), EUNSUPPORTED (built without TLS),
 *  ENOMEM */
podlink_status pl_tls_context_new(const pl_heap *heap, const pl_tls_options *options, pl_tls_context **context,
                                  podlink_error *err);

/** NULL is allowed. Its connections are closed, or were left behind by a fork(). */
void pl_tls_context_free(pl_tls_context *context);

/** The latest session with a server, which the next connection takes up: that saves the server its signature, and both
 * sides the certificates. All threads. */
typedef struct pl_tls_session {
    pthread_mutex_t lock;
    void *latest; /* owned; NULL: none */
} pl_tls_session;

void pl_tls_session_init(pl_tls_session *session);
void pl_tls_session_fini(pl_tls_session *session);

/** The other side of a connection that is made. All borrowed; context and session as long as the connection lives. */
typedef struct pl_tls_peer {
    const pl_tls_context *context;
    pl_tls_session *session;
    const pl_address *address;
    const pl_cancel *cancel; /* looked at every PL_CANCEL_POLL_MS: when it has come, the handshake ends */
} pl_tls_peer;

typedef struct pl_tls pl_tls;

/** The handshake, on a connected socket that stays the caller's.
 *  @param tls  out: owned by the caller
 *  @return PODLINK_OK; ETLS (the server does not speak TLS, or is not who it should be, or does not want us),
 * ETIMEDOUT, ECONNECT (it has hung up), or the cancellation's, ENOMEM. Blocks until the deadline at most. */
podlink_status pl_tls_open(const pl_tls_peer *peer, int fd, const pl_clock *clock, int64_t deadline, pl_tls **tls,
                           podlink_error *err);

/** Sends a close_notify alert and frees it. Sends nothing where a write has left a record that is not sent completely.
 *  Does not block; the socket stays. No thread is in a call on it. */
void pl_tls_close(pl_tls *tls);

/* As pl_stream_read() and its kin, which see to it that there is TLS. One thread may be in pl_tls_write(), and another
 * in pl_tls_read() or pl_tls_peek(); neither holds a lock while it is in a system call. */

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number);
pl_io_result pl_tls_write(pl_tls *tls, const void *bytes, size_t length, size_t *written, int *error_number);
pl_io_result pl_tls_peek(pl_tls *tls);
short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns);

/** Why one of them set PL_TLS_ERROR. @return ETLS (the server refuses us), ECONNLOST, ENOMEM */
podlink_status pl_tls_failure(pl_tls *tls, char *words, size_t size);

/** What was agreed: "TLSv1.3" or "TLSv1.3, session resumed". */
void pl_tls_describe(const pl_tls *tls, char *words, size_t size);

#endif
