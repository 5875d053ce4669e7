/* The process of the private server: starting it, and whether it lives. What it answers is server_verbs's. */
#ifndef CLI_SERVER_PROCESS_H
#define CLI_SERVER_PROCESS_H

#include "arguments.h"
#include "server/private_server.h"

#include <stdbool.h>
#include <sys/types.h>

/** Starts the server, detached from this process and its terminal.
 *  @param binary  NULL: redis-server, else valkey-server, wherever PATH has it
 *  @param lock    what cli_server_lock() returned; the server inherits it
 *  @return its pid; -1: problem says what is wrong. */
pid_t cli_server_spawn(const cli_private_server *server, const char *binary, int lock, cli_problem *problem);

/** Takes the lock that a living server holds.
 *  @return a descriptor to hand to the server and to close; -1: errno is EWOULDBLOCK where a server lives. */
int cli_server_lock(const cli_private_server *server);

/** Whether a server lives that holds the lock, be it that it does not answer. Makes no file. */
bool cli_server_is_locked(const cli_private_server *server);

/** The pid in the pid file; -1 where there is none. */
pid_t cli_server_pid(const cli_private_server *server);

/** Whether a process is no more: one that is dead and that its parent has not asked for yet counts as gone. */
bool cli_process_has_exited(pid_t pid);

/** How long the log is; 0 where there is none. */
long cli_server_log_length(const cli_private_server *server);

/** Enough for the message of a failed start. */
enum { CLI_LOG_TAIL_SIZE = 400 };

/** Writes the last lines of the log, escaped, for a message; "(empty)" where there are none.
 *  @param from  the length of the log before this start: what stands before it is not read */
void cli_server_log_tail(const cli_private_server *server, long from, char *buffer, size_t size);

/** The server binary that --binary or PODLINK_SERVER_BINARY names; NULL: the default. */
const char *cli_server_binary(const cli_arguments *arguments);

#endif
