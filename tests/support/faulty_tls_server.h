/* SPDX-License-Identifier: MIT */
/* A fake server on a free port of 127.0.0.1 that does not speak TLS, breaks off its handshake, or does it and answers
 * PING, INFO, GET, and +OK to all other commands. It records what clients send. */
#ifndef PODLINK_TESTS_FAULTY_TLS_SERVER_H
#define PODLINK_TESTS_FAULTY_TLS_SERVER_H

#include "certificates.h"
#include "fake_server.h"

enum faulty_tls {
    FAULTY_TLS_SILENT,     /* reads, and sends nothing */
    FAULTY_TLS_TEXT,       /* answers in clear text, as a Redis server without TLS does */
    FAULTY_TLS_CLOSES,     /* closes when the first bytes have come */
    FAULTY_TLS_BREAKS_OFF, /* sends the first 100 bytes of its handshake, and nothing more */
    FAULTY_TLS_NONE        /* does the handshake, and answers commands */
};

struct faulty_tls_plan {
    enum faulty_tls fault;
    const char *certificate; /* for the last two */
    int least_version;       /* TLS1_3_VERSION and the like; 0: any */
    int most_version;
    bool wants_client_certificate;
    bool wants_key_updates; /* asks for new keys before each answer */
    bool gives_tickets;     /* before each answer; a client certificate makes them longer than a record */
    unsigned record_bytes;  /* the most in a record, 512 to 16384; 0: 16384 */
    unsigned value_bytes;   /* of the reply to GET, which is written at once */
    unsigned closes_after;  /* so many answers, with the goodbye of TLS; 0: never */
};

struct faulty_tls_seen {
    unsigned connections;
    unsigned handshakes; /* that were completed */
    unsigned resumed;    /* of them */
    char name[256];      /* the server name in the latest client hello; "": none */
    int first_byte;      /* of the latest connection that sent one; -1: none has */
};

struct faulty_tls_server;

/** NULL if the certificate cannot be used: the reason is on stderr. */
struct faulty_tls_server *faulty_tls_server_start(const struct certificates *made, const struct faulty_tls_plan *plan);

uint16_t faulty_tls_server_port(const struct faulty_tls_server *server);

struct faulty_tls_seen faulty_tls_server_seen(struct faulty_tls_server *server);

/** NULL is allowed. */
void faulty_tls_server_stop(struct faulty_tls_server *server);

#endif
