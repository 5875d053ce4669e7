/* SPDX-License-Identifier: MIT */
/* A fake Redis server: one thread that accepts connections, reads commands and calls the test to answer them. It speaks
 * over a unix socket, TCP or TLS. It knows the framing of commands and no command: stub_server.h, faulty_server.h and
 * faulty_tls_server.h answer them. Knows no test framework and nothing of the library. */
#ifndef PODLINK_TESTS_FAKE_SERVER_H
#define PODLINK_TESTS_FAKE_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_WORDS_MAX = 32, FAKE_SHA1_HEX = 40 };

enum fake_transport { FAKE_UNIX, FAKE_TCP };

typedef struct fake_server fake_server;
typedef struct fake_connection fake_connection;

/** A command. Only its first FAKE_WORDS_MAX words are here. Valid during the call that gets it. */
typedef struct fake_command {
    size_t count;
    const char *words[FAKE_WORDS_MAX]; /* each ends with a NUL */
    size_t lengths[FAKE_WORDS_MAX];
} fake_command;

/** What a server does. The functions run in the server's thread; the first two may be NULL. */
typedef struct fake_behavior {
    /** A connection has been accepted, and nothing is read from it yet. */
    void (*on_accept)(void *context, fake_connection *connection);
    /** The first bytes of a connection can be read. */
    void (*on_first_bytes)(void *context, fake_connection *connection);
    void (*on_command)(void *context, fake_connection *connection, const fake_command *command);
    void *context;
} fake_behavior;

/** Starts a server in a thread of its own. Over TCP it listens on a free port of 127.0.0.1. Ends the program if the
 *  server cannot be started. */
fake_server *fake_server_start(enum fake_transport transport, const fake_behavior *behavior);

/** Ends the thread, closes all connections and frees the server. NULL is allowed. */
void fake_server_stop(fake_server *server);

/** "unix:///..." or "redis://127.0.0.1:..."; valid until the server is stopped. */
const char *fake_server_url(const fake_server *server);

/** The path of the unix socket; the port. */
const char *fake_server_path(const fake_server *server);
uint16_t fake_server_port(const fake_server *server);

/** Runs a function in the server's thread, between two events, and waits until it has returned. Only for the test's
 *  thread. */
void fake_server_call(fake_server *server, void (*function)(fake_server *server, void *argument), void *argument);

/* What follows is for the server's thread: for the functions of a behavior and for fake_server_call(). */

/** Accepts no more connections. */
void fake_server_stop_listening(fake_server *server);
void fake_server_close_connections(fake_server *server);

/** Compares a word of a command, without regard to case. False if the command is shorter. */
bool fake_word_is(const fake_command *command, size_t i, const char *word);

/** The SHA1 of a script, the last word of SCRIPT LOAD, in hexadecimal. */
void fake_script_sha(const fake_command *command, char sha[FAKE_SHA1_HEX + 1]);

/** The server of a connection, and a number for the test, 0 at first. */
fake_server *fake_connection_server(fake_connection *connection);
size_t *fake_connection_tag(fake_connection *connection);
int fake_connection_fd(const fake_connection *connection);

/** Does the server's part of a TLS handshake: all that follows is sent and read over TLS. It blocks until the handshake
 *  has ended, at most 10 seconds for each read. @return false if it fails: the connection is closed */
bool fake_start_tls(fake_connection *connection, SSL_CTX *context);

/** NULL without TLS. */
SSL *fake_connection_tls(fake_connection *connection);

/** Sends bytes, or a text that ends with a NUL. After an error, or 5 seconds without progress, as fake_go_silent(). */
void fake_send(fake_connection *connection, const char *bytes, size_t length);
void fake_send_text(fake_connection *connection, const char *text);

/** From now on the connection is read, and nothing is answered or sent. */
void fake_go_silent(fake_connection *connection);

/** Sends the end of the stream, and is silent until the client closes, too. */
void fake_shut_down(fake_connection *connection);

/** Closes the connection when the running function has returned; over TLS it says goodbye first. Commands that have
 *  been read already are dropped. */
void fake_close(fake_connection *connection);

/** As fake_close(), but over TCP the client gets a reset. */
void fake_reset(fake_connection *connection);

#endif
