/* SPDX-License-Identifier: MIT */
/* The process behind the socket of a private server, as the kernel reports it. */
#ifndef CLI_SERVER_PEER_H
#define CLI_SERVER_PEER_H

#include "server/private_server.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct cli_server_peer {
    bool exists; /* false: no process listens on the socket */
    pid_t pid;   /* 0: in another PID namespace */
    uid_t uid;
} cli_server_peer;

/** Connects to the socket and reads the credentials of its listener (SO_PEERCRED), which cannot be forged.
 *  @return false: problem says why they cannot be read. */
bool cli_server_peer_read(const cli_private_server *server, cli_server_peer *peer, cli_problem *problem);

/** Whether a private server may be used: only this user can access its directory, and no other user listens on its
 *  socket. True if the directory or the server does not exist. Every verb calls it before it connects.
 *  @return false: problem says what is wrong. */
bool cli_server_check_owner(const cli_private_server *server, cli_problem *problem);

#endif
