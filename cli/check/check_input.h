/* SPDX-License-Identifier: MIT */
/* The keys and arguments that a checked script is run with. */
#ifndef CLI_CHECK_INPUT_H
#define CLI_CHECK_INPUT_H

#include "script_input.h"

#include <podlink/script.h>

/** Makes up the keys and arguments that no option gives, and compares the others with the declarations of the script.
 *  Prints what fails.
 *  @param input  in, out: of cli_script_input_init()
 *  @return CLI_DONE, or the exit code. */
int cli_check_input_complete(cli_script_input *input, const cli_session *session, const podlink_script_info *script);

#endif
