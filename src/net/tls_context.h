/* SPDX-License-Identifier: MIT */
/* Shared by tls.c and tls_context.c: the context of a client, and a new SSL object from it. */
#ifndef PL_NET_TLS_CONTEXT_H
#define PL_NET_TLS_CONTEXT_H

#include "base/heap.h"
#include "net/tls.h"

#include <openssl/ssl.h>

#include <stdbool.h>
#include <stddef.h>

struct pl_tls_context {
    pl_heap heap;
    SSL_CTX *ssl;
    char *server_name; /* owned; NULL: the address' host */
};

/** What the callbacks of OpenSSL need and report for one connection. */
typedef struct pl_tls_events {
    pl_tls_session *session; /* borrowed; stores the sessions that the server sends */
    bool wants_certificate;  /* out: the server has requested a client certificate, and none is configured */
} pl_tls_events;

/** A new SSL object that verifies the server's name and offers its latest session.
 *  @param name  the host, or server_name of the options
 *  @param events  borrowed as long as the SSL object lives
 *  @return NULL when out of memory */
SSL *pl_tls_context_ssl(const pl_tls_context *context, const char *name, pl_tls_events *events);

/** Drops the latest session: after a failed handshake it must not be offered again. */
void pl_tls_session_forget(pl_tls_session *session);

/** The text for an error code of OpenSSL. Static. */
const char *pl_tls_words(unsigned long code);

/** Describes why the server's certificate was rejected.
 *  @param result  of SSL_get_verify_result()
 *  @param name    that the certificate must have */
void pl_tls_describe_refusal(long result, const char *name, char *words, size_t size);

#endif
