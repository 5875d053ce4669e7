/* SPDX-License-Identifier: MIT */
/* A fake server with one fault: it does the handshake of Redis, knows every script that is loaded, and answers commands
 * by the replies that the test has written down. At the point that its plan names it sends something else, closes or
 * goes silent. */
#ifndef PODLINK_TESTS_FAULTY_SERVER_H
#define PODLINK_TESTS_FAULTY_SERVER_H

#include "fake_server.h"

struct faulty_server;

/** The stage of a connection at which the fault happens. */
enum fault_stage {
    FAULT_NEVER,
    FAULT_AT_ACCEPT,    /* before anything is read */
    FAULT_AT_HANDSHAKE, /* the commands up to the first PING, and INFO */
    FAULT_AT_LOAD,      /* SCRIPT LOAD, and the EVAL that asks for permissions */
    FAULT_AT_COMMAND    /* all other commands */
};

/** What follows after the wrong reply. */
enum fault_end {
    FAULT_CONTINUES,   /* later commands get right replies */
    FAULT_GOES_SILENT, /* reads, and sends nothing more */
    FAULT_CLOSES,      /* sends the end of the stream, and reads until the client closes, too */
    FAULT_RESETS       /* closes without reading: over TCP that resets the connection */
};

/** The fault of one connection. */
struct fault_plan {
    enum fault_stage stage;
    size_t at;         /* so many commands of that stage get right replies before */
    const char *reply; /* the wrong reply; NULL: none. Borrowed, as all texts here, until faulty_server_stop() */
    size_t length;     /* of the reply; 0: it ends with a NUL */
    enum fault_end then;
    bool repeats; /* all later commands of that stage get the wrong reply, too */
    bool is_last; /* no connection is accepted after this one */
};

/** Starts a server.
 *  @param plans    for each connection; the last one is for all that follow. Copied. count is 1 to 8
 *  @param replies  the right replies to commands, in order, for all connections together; ends with NULL. The last
 *                  reply answers all commands that follow. At least one */
struct faulty_server *faulty_server_start(enum fake_transport transport, const struct fault_plan *plans, size_t count,
                                          const char *const *replies);

/** "unix:///..." or "redis://127.0.0.1:..."; valid until the server is stopped. */
const char *faulty_server_url(const struct faulty_server *server);

/** Closes all connections. New ones have no fault, and get the replies from the first one on. */
void faulty_server_recover(struct faulty_server *server);

/** How many connections it has accepted, and how many commands of FAULT_AT_COMMAND it has read. */
size_t faulty_server_connections(struct faulty_server *server);
size_t faulty_server_commands(struct faulty_server *server);

/** NULL is allowed. */
void faulty_server_stop(struct faulty_server *server);

#endif
