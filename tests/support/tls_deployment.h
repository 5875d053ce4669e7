/* What the tests of sentinels and clusters over TLS share: clients with a log that any thread may write, and what that
 * says of their connections. */
#ifndef PODLINK_TESTS_TLS_DEPLOYMENT_H
#define PODLINK_TESTS_TLS_DEPLOYMENT_H

#include "api.h"
#include "certificates.h"

/** "scheme://login@rest" of "scheme://rest". Static: valid until the next call. */
const char *deployed_url(const char *url, const char *login);

/** Trusts the CA in that file, connects with the first call, by one shared connection to each server, and logs so that
 *  deployed_sight() knows; what it knew before is forgotten. */
podlink_options deployed_options(const char *url, const char *ca_file);

/** The first call of such a client has to fail, not sent, within five seconds, and without telling the secret.
 *  @return its error; static */
const podlink_error *deployed_fails(const podlink_options *options, podlink_status expected, const char *secret);

struct deployed_sight {
    size_t connections; /* that were made, */
    size_t by_tls;      /* of these */
    size_t resumed;
    size_t failures; /* to make one */
};

/** What the log says of a port, on whatever host; of all where it is 0. */
struct deployed_sight deployed_sight(uint16_t port);

#endif
