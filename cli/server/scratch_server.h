/* A server for one run of the tool: in a directory of its own below TMPDIR, without persistence, gone afterwards. */
#ifndef CLI_SCRATCH_SERVER_H
#define CLI_SCRATCH_SERVER_H

#include "server/private_server.h"

#include <podlink/client.h>

#include <sys/types.h>

typedef struct cli_scratch_server {
    cli_private_server server;
    pid_t pid;              /* 0 where it does not run */
    podlink_client *client; /* of its default user, who may do anything; NULL where it does not run */
} cli_scratch_server;

/** Starts it and waits until it answers. Where a signal ends the tool, the server and its directory go too. One at a
 *  time.
 *  @param binary  NULL: redis-server, else valkey-server
 *  @return false: problem says what is wrong; cli_scratch_server_stop() is to be called all the same. */
bool cli_scratch_server_start(cli_scratch_server *scratch, const char *binary, cli_problem *problem);

/** Opens another client. @param user  may have no password; NULL: the default user
 *  @return NULL: error says why */
podlink_client *cli_scratch_server_open(const cli_scratch_server *scratch, const char *user, podlink_error *error);

/** Ends the server, whatever it does, and removes its directory. */
void cli_scratch_server_stop(cli_scratch_server *scratch);

#endif
