/* SPDX-License-Identifier: MIT */
/* What tls.c and tls_context.c share: the context of a client's connections, and an SSL made from it. */
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

/** What OpenSSL tells of one connection while it works on it. */
typedef struct pl_tls_told {
    pl_tls_session *session; /* borrowed: gets what the server gives */
    bool wants_certificate;  /* out: the server has asked for one, and we have none */
} pl_tls_told;

/** An SSL that knows whom the server must be, and takes up its latest session.
 *  @param name  the host, or what stands for it
 *  @param told  borrowed as long as the SSL lives
 *  @return NULL when out of memory */
SSL *pl_tls_context_ssl(const pl_tls_context *context, const char *name, pl_tls_told *told);

/** One with which a handshake has failed is not tried again. */
void pl_tls_session_forget(pl_tls_session *session);

/** What a code of OpenSSL's means. Lives for ever. */
const char *pl_tls_words(unsigned long code);

/** Why the server's certificate was not accepted.
 *  @param result  of SSL_get_verify_result()
 *  @param name    whom the server must be */
void pl_tls_describe_refusal(long result, const char *name, char *words, size_t size);

#endif
