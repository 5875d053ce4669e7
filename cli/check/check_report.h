/* SPDX-License-Identifier: MIT */
/* How the result of a check is printed. */
#ifndef CLI_CHECK_REPORT_H
#define CLI_CHECK_REPORT_H

#include "check/script_check.h"
#include "output.h"

/** Prints one line per finding and a summary, or one JSON object.
 *  @return the exit code: CLI_NEGATIVE if there are findings */
int cli_check_report_print(const cli_output *out, const cli_script_check *check, const char *path, const char *sha);

#endif
