/* SPDX-License-Identifier: MIT */
/* A temporary server for one run of the tool: in its own directory below TMPDIR, without persistence, removed at the
 * end. */
#ifndef CLI_SCRATCH_SERVER_H
#define CLI_SCRATCH_SERVER_H

#include "server/private_server.h"

#include <podlink/client.h>

#include <sys/types.h>

typedef struct cli_scratch_server {
    cli_private_server server;
    pid_t pid;              /* 0: not running */
    podlink_client *client; /* as the default user, with all permissions; NULL: not running */
} cli_scratch_server;

/** Starts the server and waits until it answers. If a signal ends the tool, the server and its directory are removed,
 *  too. At most one at a time.
 *  @param binary  NULL: redis-server, else valkey-server
 *  @return false: problem says what is wrong; call cli_scratch_server_stop() in this case, too. */
bool cli_scratch_server_start(cli_scratch_server *scratch, const char *binary, cli_problem *problem);

/** Opens another client. @param user  a user without a password; NULL: the default user
 *  @return NULL: error says why */
podlink_client *cli_scratch_server_open(const cli_scratch_server *scratch, const char *user, podlink_error *error);

/** Kills the server and removes its directory. */
void cli_scratch_server_stop(cli_scratch_server *scratch);

#endif
