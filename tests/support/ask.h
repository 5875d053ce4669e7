/* Asking a real server something by hiredis, over a connection for each question: for what sets servers up and looks at
 * them. Knows no test framework and nothing of the library. */
#ifndef PODLINK_TESTS_ASK_H
#define PODLINK_TESTS_ASK_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real_server.h"

/** A connection to a server's unix socket, logged in; each answer is waited for two seconds at most.
 *  @return to be freed by redisFree(); NULL where the server does not answer */
redisContext *ask_open(const struct test_server *server);

/** Asks one question.
 *  @return the reply, which may be an error, to be freed by freeReplyObject(); NULL where there is no answer, or the
 *          server is not running */
redisReply *ask(const struct test_server *server, const char *format, ...);

/** Whether the answer to a question is no error. Says on stderr what it is otherwise. */
bool ask_ok(const struct test_server *server, const char *format, ...);

/** A number in a section of INFO, or -1: ask_info(server, "replication", "master_repl_offset"). */
int64_t ask_info(const struct test_server *server, const char *section, const char *field);

/** How often a command was called, by INFO commandstats: ask_calls(server, "cluster|slots", "cluster"). The second name
 *  is that of servers before 7.0, which do not count subcommands; NULL where it is the same. */
int64_t ask_calls(const struct test_server *server, const char *command, const char *older);

/** Whether a section of INFO holds a text, as "master_link_status:up". */
bool ask_info_holds(const struct test_server *server, const char *section, const char *text);

/** The value that follows a name in a flat list of names and values, or "". Valid as long as the reply. */
const char *ask_field(const redisReply *flat, const char *name);

/* ---- time ---- */

int64_t ask_now_ms(void);
void ask_wait_ms(int ms);

/** Looks every few milliseconds whether something holds.
 *  @return whether it did before so many milliseconds had passed */
bool ask_until(bool (*holds)(void *context), void *context, int64_t ms);

/* ---- ports ---- */

/** A port of 127.0.0.1 that is free, as is the one 10,000 above it, for the bus of a cluster. Neither is one that the
 *  kernel would lend to a connection meanwhile, so that a server that was killed can have it again. Tests that run at
 *  the same time look at different ones, mostly: where a server does not get its port, take another. 0: none. */
uint16_t ask_free_port(void);

#endif
