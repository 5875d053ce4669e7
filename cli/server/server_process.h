/* SPDX-License-Identifier: MIT */
/* The process of a private or temporary server: starts it, finds out whether it runs, reads its log. */
#ifndef CLI_SERVER_PROCESS_H
#define CLI_SERVER_PROCESS_H

#include "arguments.h"
#include "server/private_server.h"

#include <stdbool.h>
#include <sys/types.h>

/** Starts the server, detached from this process and its terminal.
 *  @param binary  searched in PATH; NULL: redis-server, else valkey-server
 *  @param lock    from cli_server_lock(); the server inherits it
 *  @return its pid; -1: problem says what is wrong. */
pid_t cli_server_spawn(const cli_private_server *server, const char *binary, int lock, cli_problem *problem);

/** Takes the lock of a running server.
 *  @return a descriptor, to be passed to cli_server_spawn() and closed; -1: errno, EWOULDBLOCK if a server runs. */
int cli_server_lock(const cli_private_server *server);

/** Whether a server has the lock, even if it does not answer. Creates no file. */
bool cli_server_is_locked(const cli_private_server *server);

/** The pid in the pid file; -1: there is none. */
pid_t cli_server_pid(const cli_private_server *server);

/** Whether a process has exited; a zombie has. */
bool cli_process_has_exited(pid_t pid);

/** The length of the log; 0 if there is none. */
long cli_server_log_length(const cli_private_server *server);

/** Buffer size for cli_server_log_tail(): fits into a cli_problem beside its message. */
enum { CLI_LOG_TAIL_SIZE = 400 };

/** Writes the last lines of the log, escaped, for a message; "(empty)" if there are none.
 *  @param from  the length of the log before this start; the part before it is not read */
void cli_server_log_tail(const cli_private_server *server, long from, char *buffer, size_t size);

/** The server binary that --binary or PODLINK_SERVER_BINARY names; NULL: the default. */
const char *cli_server_binary(const cli_arguments *arguments);

#endif
