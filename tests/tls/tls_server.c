/* A real server that speaks TLS. */
#include "tls_server.h"

#include "api.h"

#include <stdio.h>
#include <string.h>

enum { ARGS_MAX = 40, PORT_TRIES = 5 /* a free port may be taken by another before the server has it */ };

static struct test_server *start(uint16_t port, const struct certificates *made, const char *certificate,
                                 const char *const extra_args[])
{
    char port_text[8], pem[64], key[64];
    snprintf(port_text, sizeof port_text, "%u", (unsigned)port);
    snprintf(pem, sizeof pem, "%s.pem", certificate);
    snprintf(key, sizeof key, "%s.key", certificate);
    const char *args[ARGS_MAX + 1] = {"--tls-port",         port_text,
                                      "--tls-cert-file",    certificates_path(made, pem),
                                      "--tls-key-file",     certificates_path(made, key),
                                      "--tls-ca-cert-file", certificates_path(made, "ca.pem"),
                                      "--tls-auth-clients", "no"};
    size_t count = 10;
    for (size_t i = 0; extra_args && extra_args[i] && count < ARGS_MAX; i++)
        args[count++] = extra_args[i];
    return test_server_start_tcp(args);
}

int tls_server_start(struct tls_server *tls, const struct certificates *made, const char *certificate,
                     const char *const extra_args[])
{
    memset(tls, 0, sizeof *tls);
    for (int tries = 0; !tls->server && tries < PORT_TRIES; tries++) {
        tls->port = api_closed_port();
        tls->server = start(tls->port, made, certificate, extra_args);
    }
    return tls->server != NULL;
}

void tls_server_stop(struct tls_server *tls)
{
    test_server_stop(tls->server);
    memset(tls, 0, sizeof *tls);
}
