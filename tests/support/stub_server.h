/* SPDX-License-Identifier: MIT */
/* A fake server with canned answers: to the handshake and to the commands that the library sends, always the same ones.
 * It remembers only which scripts have been loaded. A test can answer in its place. */
#ifndef PODLINK_TESTS_STUB_SERVER_H
#define PODLINK_TESTS_STUB_SERVER_H

#include "fake_server.h"

/** Runs in the server's thread. @return the reply in RESP, borrowed; NULL: the canned one; "": close the connection */
typedef const char *(*stub_answer)(void *context, const fake_command *command);

typedef struct stub_server stub_server;

/** @param answer  may be NULL */
stub_server *stub_server_start(enum fake_transport transport, stub_answer answer, void *context);

/** The path of its unix socket; its port. */
const char *stub_server_path(const stub_server *server);
uint16_t stub_server_port(const stub_server *server);

/** Sets the answer to commands that it does not know, which is +OK at first. Borrowed. */
void stub_server_set_reply(stub_server *server, const char *reply);

/** Forgets the scripts. */
void stub_server_flush(stub_server *server);

void stub_server_stop(stub_server *server);

#endif
