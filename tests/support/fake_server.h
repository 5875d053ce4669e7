/* A server in a thread of the test, on a unix socket: answers the handshake and the commands that the library sends,
 * with fixed values and no memory of its own, but for the scripts that it has been given. A test may answer in its
 * place. */
#ifndef PODLINK_TESTS_FAKE_SERVER_H
#define PODLINK_TESTS_FAKE_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum { FAKE_WORDS_MAX = 32 };

/** A command, in the server's thread. Only its first FAKE_WORDS_MAX words are there. */
typedef struct fake_command {
    size_t count;
    const char *words[FAKE_WORDS_MAX]; /* each with a NUL behind it */
    size_t lengths[FAKE_WORDS_MAX];
} fake_command;

/** @return the reply in RESP, borrowed; NULL: the server's own; "" closes the connection */
typedef const char *(*fake_answer)(void *context, const fake_command *command);

typedef struct fake_server fake_server;

/** @param answer  may be NULL */
fake_server *fake_server_start(fake_answer answer, void *context);

/** On a free port of 127.0.0.1, in place of a socket. */
fake_server *fake_server_start_tcp(fake_answer answer, void *context);
uint16_t fake_server_port(const fake_server *server);

/** Forgets the scripts. */
void fake_server_flush(fake_server *server);

/** The path of its socket. */
const char *fake_server_path(const fake_server *server);

void fake_server_stop(fake_server *server);

#endif
