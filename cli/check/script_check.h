/* Checking a Lua script: it is run on a temporary server by a user who may touch its declared keys only. Nothing is
 * printed here. */
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

/** Compiles the script on a server, which keeps it; that it does not compile is a finding.
 *  @return PODLINK_OK, or what failed but the script */
podlink_status cli_script_check_compile(cli_script_check *check, podlink_client *client, podlink_error *error);

/** Runs the script with its input on an empty server, again and again: what it was refused is a finding, and granted in
 *  the next round, until it gets to its end.
 *  @return PODLINK_OK, or what failed but the script */
podlink_status cli_script_check_run(cli_script_check *check, const cli_scratch_server *scratch, podlink_error *error);

#endif
