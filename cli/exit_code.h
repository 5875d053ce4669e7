/* SPDX-License-Identifier: MIT */
/* The exit codes of the tool, and their mapping from the statuses of the library. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

#include <podlink/status.h>

/** Ordered by severity: after many outcomes the tool exits with the highest. */
enum {
    CLI_DONE = 0,
    CLI_NEGATIVE = 1, /* refused, or not found */
    CLI_USAGE = 2,    /* the request is invalid */
    CLI_SERVER = 3    /* the server, the network or this machine failed */
};

/** The exit code for a status of the library. */
int cli_exit_code(podlink_status status);

/** The higher of two exit codes. */
int cli_exit_code_max(int one, int other);

#endif
