/* SPDX-License-Identifier: MIT */
/* Questions to a real server by hiredis, each over a connection of its own: to set servers up and to inspect them.
 * Knows no test framework and nothing of the library. */
#ifndef PODLINK_TESTS_ASK_H
#define PODLINK_TESTS_ASK_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real_server.h"

/** A connection to a server's unix socket, logged in. It waits at most two seconds for each answer.
 *  @return to be freed by redisFree(); NULL if the server does not answer */
redisContext *ask_open(const struct test_server *server);

/** Asks one question.
 *  @return the reply, which may be an error, to be freed by freeReplyObject(); NULL if there is no answer or the server
 *          is not running */
redisReply *ask(const struct test_server *server, const char *format, ...);

/** Whether the answer to a question is not an error. Prints an error to stderr. */
bool ask_ok(const struct test_server *server, const char *format, ...);

/** A number in a section of INFO, or -1: ask_info(server, "replication", "master_repl_offset"). */
int64_t ask_info(const struct test_server *server, const char *section, const char *field);

/** How often a command was called, by INFO commandstats: ask_calls(server, "cluster|slots", "cluster"). The second name
 *  is for servers before 7.0, which do not count subcommands; NULL if it is the same. */
int64_t ask_calls(const struct test_server *server, const char *command, const char *older);

/** Whether a section of INFO contains a text, for example "master_link_status:up". */
bool ask_info_holds(const struct test_server *server, const char *section, const char *text);

/** The value that follows a name in a flat list of names and values, or "". Valid as long as the reply. */
const char *ask_field(const redisReply *flat, const char *name);

/* ---- time ---- */

int64_t ask_now_ms(void);
void ask_wait_ms(int ms);

/** Checks a condition every few milliseconds.
 *  @return whether it was true before so many milliseconds had passed */
bool ask_until(bool (*holds)(void *context), void *context, int64_t ms);

/* ---- ports ---- */

/** A free port of 127.0.0.1; the port 10,000 above it, for the cluster bus, is free as well. The kernel assigns neither
 *  to a connection, so a server that was killed can use them again. Tests that run at the same time mostly get
 *  different ports: if a server cannot listen on its port, get another one. 0: none is free. */
uint16_t ask_free_port(void);

#endif
