/* SPDX-License-Identifier: MIT */
/* The exit codes of the tool, and their mapping from the statuses of the library. */
#include "exit_code.h"

int cli_exit_code(podlink_status status)
{
    if (status == PODLINK_OK)
        return CLI_DONE;
    if (status > 0)
        return CLI_NEGATIVE;
    switch (status) {
    case PODLINK_EINVAL:
    case PODLINK_ESCRIPT:
    case PODLINK_EEXIST:
    case PODLINK_EUNSUPPORTED:
        return CLI_USAGE;
    default:
        return CLI_SERVER;
    }
}

int cli_exit_code_max(int one, int other)
{
    return one > other ? one : other;
}
