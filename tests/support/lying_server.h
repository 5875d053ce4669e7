/* A server that lies: a thread that shakes hands as Redis does, holds every script that it is given, answers commands
 * by what the test wrote down as the truth, and at the point that its plan names says something else, closes or falls
 * silent. Knows no test framework and no client. */
#ifndef PODLINK_TESTS_LYING_SERVER_H
#define PODLINK_TESTS_LYING_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct lying_server;

/** Where in a connection's life it lies. */
enum lying_stage {
    LYING_NEVER,        /* honest */
    LYING_AT_ACCEPT,    /* before it has read anything */
    LYING_AT_HANDSHAKE, /* to all up to the first PING, and to INFO */
    LYING_AT_LOAD,      /* to SCRIPT LOAD, and to the EVAL that asks for permissions */
    LYING_AT_COMMAND    /* to all others */
};

/** What it does after the lie. */
enum lying_end {
    LYING_GOES_ON,      /* answers what follows honestly */
    LYING_FALLS_SILENT, /* reads, and says no more */
    LYING_CLOSES,       /* sends the end of the stream, and reads until the client closes, too */
    LYING_VANISHES      /* closes without a goodbye: over TCP that resets the connection */
};

/** What one connection gets. */
struct lying_plan {
    enum lying_stage stage;
    size_t at;         /* so many of that stage are answered honestly before the lie */
    const char *lie;   /* NULL: says nothing. Borrowed, as all texts here, until lying_server_stop() */
    size_t lie_length; /* 0: NUL-terminated */
    enum lying_end then;
    bool stays;   /* all that follow in that stage get the lie, too */
    bool is_last; /* nobody listens any more, once this connection is accepted */
};

enum lying_transport { LYING_UNIX, LYING_TCP };

/** Starts a server.
 *  @param plans   for each connection; the last one is for all that follow. Copied. count is 1 to 8
 *  @param truths  the answers to the commands that get no lie, in order, whatever connection they come on; ends with
 *                 NULL, and the last one answers all that follow. At least one
 *  @return the server, to be stopped by lying_server_stop(); NULL where it could not be started, and why is on stderr.
 *          It ends by itself after two minutes. */
struct lying_server *lying_server_start(enum lying_transport transport, const struct lying_plan *plans, size_t count,
                                        const char *const *truths);

/** "unix:///..." or "redis://127.0.0.1:..."; lives as long as the server. */
const char *lying_server_url(const struct lying_server *server);

/** Closes all connections, and is honest to those that come; the truths begin anew. */
void lying_server_reform(struct lying_server *server);

/** How many connections it has accepted, and how many commands it has read behind their handshakes, but for those of
 *  the stage LYING_AT_LOAD. */
size_t lying_server_connections(struct lying_server *server);
size_t lying_server_commands(struct lying_server *server);

/** Ends the thread, closes everything and frees the server. NULL is allowed. */
void lying_server_stop(struct lying_server *server);

#endif
