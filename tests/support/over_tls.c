/* SPDX-License-Identifier: MIT */
/* The pool's test programs over TLS. */
#include "over_tls.h"

#include "tls_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct certificates *made;
static struct tls_server tls; /* the latest one; the program stops it as its own server */
static char socket_url[128];

static void remove_certificates(void)
{
    certificates_free(made);
}

static void make_certificates(void)
{
    if (made)
        return;
    made = certificates_new();
    certificate_make_good(made, "server", "DNS:localhost,IP:127.0.0.1");
    atexit(remove_certificates);
}

struct test_server *start_over_tls(const char *const extra_args[])
{
    make_certificates();
    if (!tls_server_start(&tls, made, "server", extra_args))
        return NULL;
    snprintf(socket_url, sizeof socket_url, "%s", api_url(tls.server));
    return tls.server;
}

/* The URL has all options of TLS, so a test can use another URL instead. */
podlink_options options_over_tls(const char *url)
{
    static char tls_url[400];
    if (strcmp(url, socket_url) != 0)
        return api_options(url); /* another server than ours, without TLS */
    snprintf(tls_url, sizeof tls_url, "rediss://127.0.0.1:%u?tls_ca_file=%s", (unsigned)tls.port,
             certificates_path(made, "ca.pem"));
    return api_options(tls_url);
}

podlink_client *open_over_tls(const char *url)
{
    const podlink_options options = options_over_tls(url);
    return api_open_with(&options);
}
