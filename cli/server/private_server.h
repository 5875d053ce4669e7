/* Where the private local server lives: its directory, socket, lock and URL. Starting it is server_process's. */
#ifndef CLI_PRIVATE_SERVER_H
#define CLI_PRIVATE_SERVER_H

#include "cli_text.h"

#include <stdbool.h>

/** Absolute paths; owned, cli_private_server_fini(). */
typedef struct cli_private_server {
    char *directory;
    char *socket;
    char *pid_file;
    char *log_file;
    char *lock_file; /* locked by the server for as long as it lives */
    char *url;
    bool temporary; /* it keeps nothing, and dies with this process */
} cli_private_server;

/** Works out the paths from PODLINK_SERVER_DIR, XDG_DATA_HOME or HOME. Touches no file.
 *  @return false: problem says what is wrong, and there is nothing to free. */
bool cli_private_server_init(cli_private_server *server, cli_problem *problem);
/** Works out the paths in a directory. @param directory  absolute; owned by the server, also on failure */
bool cli_private_server_init_in(cli_private_server *server, char *directory, cli_problem *problem);
void cli_private_server_fini(cli_private_server *server);

/** Makes the directory, for its owner only, where it is missing.
 *  @return false: problem says what is wrong; one that others may enter is refused. */
bool cli_private_server_make_directory(const cli_private_server *server, cli_problem *problem);

#endif
