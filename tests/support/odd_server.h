/* A server on a free port of 127.0.0.1 that is odd about TLS, or speaks it and tells what it saw. One thread, one
 * connection after the other. Knows no test framework and no client. */
#ifndef PODLINK_TESTS_ODD_SERVER_H
#define PODLINK_TESTS_ODD_SERVER_H

#include "certificates.h"

#include <stdbool.h>
#include <stdint.h>

enum odd_way {
    ODD_SILENT,    /* reads and says nothing */
    ODD_TEXT,      /* answers as a server does that reads lines of text */
    ODD_HANGS_UP,  /* closes when the first bytes come */
    ODD_HALF_WAY,  /* begins its answer to the client's hello, and says no more */
    ODD_SPEAKS_TLS /* and enough of Redis for a client to be content: PING, INFO, GET, +OK to all else */
};

struct odd_plan {
    enum odd_way way;
    const char *certificate; /* for the last two */
    int least_version;       /* TLS1_3_VERSION and the like; 0: any */
    int most_version;
    bool wants_client_certificate;
    bool wants_key_updates; /* asks for new keys before each answer */
    bool gives_tickets;     /* before each answer, in several records where a client certificate makes them long */
    unsigned record_bytes;  /* 512 to 16384, in a record at most; 0: 16384 */
    unsigned value_bytes;   /* of what it answers to GET, all in one go */
    unsigned closes_after;  /* so many answers, with TLS's own goodbye; 0: never */
};

/** What it has seen so far. */
struct odd_sight {
    unsigned connections;
    unsigned handshakes; /* that were finished */
    unsigned resumed;    /* of them */
    char name[256];      /* that the latest hello asked for; "": none */
    int first_byte;      /* of the latest connection that sent one; -1: none has */
};

struct odd_server;

/** NULL where it could not be started, and why is on stderr. */
struct odd_server *odd_server_start(const struct certificates *made, const struct odd_plan *plan);

uint16_t odd_server_port(const struct odd_server *server);

struct odd_sight odd_server_sight(struct odd_server *server);

/** NULL is allowed. */
void odd_server_stop(struct odd_server *server);

#endif
