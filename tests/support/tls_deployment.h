/* SPDX-License-Identifier: MIT */
/* Fixture of the tests of sentinels and clusters over TLS: clients with a log that any thread may write, and what that
 * log shows of their connections. */
#ifndef PODLINK_TESTS_TLS_DEPLOYMENT_H
#define PODLINK_TESTS_TLS_DEPLOYMENT_H

#include "api.h"
#include "certificates.h"

/** "scheme://login@rest" of "scheme://rest". Static: valid until the next call. */
const char *deployed_url(const char *url, const char *login);

/** Trusts the CA in that file, connects with the first call, uses one shared connection to each server, and logs for
 *  deployed_sight(). Forgets earlier records. */
podlink_options deployed_options(const char *url, const char *ca_file);

/** The first call of such a client must fail: not sent, within five seconds, and without the secret in any text.
 *  @return its error; static */
const podlink_error *deployed_fails(const podlink_options *options, podlink_status expected, const char *secret);

struct deployed_sight {
    size_t connections; /* made */
    size_t by_tls;      /* of these, over TLS */
    size_t resumed;
    size_t failures; /* failed attempts */
};

/** What the log shows of a port, on any host; port 0: of all. */
struct deployed_sight deployed_sight(uint16_t port);

#endif
