/* SPDX-License-Identifier: MIT */
/* A real server with TLS on a free port of 127.0.0.1, and clear text on another port and on its unix socket. */
#ifndef PODLINK_TESTS_TLS_SERVER_H
#define PODLINK_TESTS_TLS_SERVER_H

#include "certificates.h"
#include "real_server.h"

struct tls_server {
    struct test_server *server;
    uint16_t port; /* of TLS */
};

/** Starts a server with the certificate of that name. By default it does not ask clients for one.
 *  @param extra_args  as for test_server_start()
 *  @return false if it could not be started: the reason is on stderr */
int tls_server_start(struct tls_server *tls, const struct certificates *made, const char *certificate,
                     const char *const extra_args[]);

void tls_server_stop(struct tls_server *tls);

#endif
