/* SPDX-License-Identifier: MIT */
/* Certificates and keys for a test, made by OpenSSL in a directory of their own. A failure ends the program, because no
 * test could run. Knows no test framework. */
#ifndef PODLINK_TESTS_CERTIFICATES_H
#define PODLINK_TESTS_CERTIFICATES_H

#include "real_server.h"

struct certificates;

/** A directory with a CA: ca.pem, ca.key. */
struct certificates *certificates_new(void);

/** Removes the directory with its files. NULL is allowed. */
void certificates_free(struct certificates *made);

struct certificate {
    const char *name;         /* of the files: NAME.pem and NAME.key */
    const char *issuer;       /* the name of the certificate that signs it; NULL: it is a CA and signs itself */
    const char *names;        /* subject names, as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"; NULL: none */
    int from_days;            /* valid from so many days after now (may be negative) */
    int to_days;              /* until so many days after now */
    const char *key_password; /* NULL: the key is not encrypted */
};

void certificate_make(struct certificates *made, const struct certificate *plan);

/** Valid from yesterday for a year, signed by `ca`. */
void certificate_make_good(struct certificates *made, const char *name, const char *names);

/** The path of a file of the directory: "ca.pem". Valid for 16 further calls. */
const char *certificates_path(const struct certificates *made, const char *file);

/** The files for a server with the certificate of that name, which trusts `ca`. */
struct test_server_tls certificates_tls(const struct certificates *made, const char *name);

#endif
