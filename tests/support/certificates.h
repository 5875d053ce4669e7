/* Certificates and keys of a test's own, made on the spot in a directory of their own by OpenSSL. A failure ends the
 * program: nothing can be tested then. Knows no test framework. */
#ifndef PODLINK_TESTS_CERTIFICATES_H
#define PODLINK_TESTS_CERTIFICATES_H

#include "real_server.h"

struct certificates;

/** A directory with a CA: ca.pem, ca.key. */
struct certificates *certificates_new(void);

/** Removes the directory and all that is in it. NULL is allowed. */
void certificates_free(struct certificates *made);

struct certificate {
    const char *name;         /* of its files: NAME.pem and NAME.key */
    const char *issuer;       /* the name of the one that signs; NULL: it is a CA, and signs itself */
    const char *names;        /* whom it is for, as OpenSSL writes it: "DNS:localhost,IP:127.0.0.1"; NULL: nobody */
    int from_days;            /* valid from so many days after now, which may be negative, */
    int to_days;              /* until then */
    const char *key_password; /* NULL: the key is in clear text */
};

void certificate_make(struct certificates *made, const struct certificate *plan);

/** Good for a year from yesterday, signed by `ca`. */
void certificate_make_good(struct certificates *made, const char *name, const char *names);

/** The path of a file of the directory: "ca.pem". Lives for 16 further calls. */
const char *certificates_path(const struct certificates *made, const char *file);

/** What a server needs that shows the certificate of that name, and trusts `ca`. */
struct test_server_tls certificates_tls(const struct certificates *made, const char *name);

#endif
