/* SPDX-License-Identifier: MIT */
/* Checks a Lua script: runs it on a temporary server as a user with access to its declared keys. Prints nothing. */
#ifndef CLI_SCRIPT_CHECK_H
#define CLI_SCRIPT_CHECK_H

#include "check/findings.h"
#include "script_input.h"
#include "server/scratch_server.h"

#include <podlink/client.h>

typedef struct cli_script_check {
    const char *source; /* borrowed */
    size_t source_length;
    const cli_script_input *input; /* borrowed */
    bool read_only;
    const podlink_call *call;
    cli_findings findings; /* out: cli_findings_fini() */
} cli_script_check;

/** Compiles the script on a server (SCRIPT LOAD: the server keeps it). A compile error is a finding.
 *  @return PODLINK_OK; else a failure that is not the script's */
podlink_status cli_script_check_compile(cli_script_check *check, podlink_client *client, podlink_error *error);

/** Runs the script with its input on an empty server, repeatedly: each refused access is a finding and is granted for
 *  the next round, until the script completes.
 *  @return PODLINK_OK; else a failure that is not the script's */
podlink_status cli_script_check_run(cli_script_check *check, const cli_scratch_server *scratch, podlink_error *error);

#endif
