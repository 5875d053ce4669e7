/* SPDX-License-Identifier: MIT */
/* A real server with TLS. */
#include "tls_server.h"

#include "ask.h"

#include <string.h>

enum { PORT_TRIES = 5 /* a free port may be taken by another before the server has it */ };

int tls_server_start(struct tls_server *tls, const struct certificates *made, const char *certificate,
                     const char *const extra_args[])
{
    const struct test_server_tls files = certificates_tls(made, certificate);
    memset(tls, 0, sizeof *tls);
    for (int tries = 0; !tls->server && tries < PORT_TRIES; tries++) {
        tls->port = ask_free_port();
        tls->server = test_server_start_as(&(struct test_server_plan){
            .port = ask_free_port(), .tls_port = tls->port, .tls = &files, .args = extra_args});
    }
    return tls->server != NULL;
}

void tls_server_stop(struct tls_server *tls)
{
    test_server_stop(tls->server);
    memset(tls, 0, sizeof *tls);
}
