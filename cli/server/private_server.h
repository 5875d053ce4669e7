/* SPDX-License-Identifier: MIT */
/* Paths of the private local server: its directory, socket, lock, log and URL. */
#ifndef CLI_PRIVATE_SERVER_H
#define CLI_PRIVATE_SERVER_H

#include "cli_text.h"

#include <stdbool.h>

/** Absolute paths, owned; see cli_private_server_fini(). */
typedef struct cli_private_server {
    char *directory;
    char *socket;
    char *pid_file;
    char *log_file;
    char *lock_file; /* locked by the server process until it exits */
    char *url;
    bool temporary; /* no persistence, and killed when this process dies */
} cli_private_server;

/** Sets the paths from PODLINK_SERVER_DIR, XDG_DATA_HOME or HOME. Accesses no file.
 *  @return false: problem says what is wrong, and there is nothing to free. */
bool cli_private_server_init(cli_private_server *server, cli_problem *problem);
/** Sets the paths in a directory. @param directory  absolute; owned by the server, also on failure */
bool cli_private_server_init_in(cli_private_server *server, char *directory, cli_problem *problem);
void cli_private_server_fini(cli_private_server *server);

/** Whether only this user can access the directory. True if it does not exist.
 *  @return false: problem says what is wrong. */
bool cli_private_server_check_directory(const cli_private_server *server, cli_problem *problem);

/** Creates the directory if it is missing, with access for its owner only.
 *  @return false: problem says what is wrong; a directory that other users can access is refused. */
bool cli_private_server_make_directory(const cli_private_server *server, cli_problem *problem);

#endif
