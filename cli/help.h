/* SPDX-License-Identifier: MIT */
/* "podlink help" and "podlink version", generated from the table of verbs. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli_session.h"

/** Prints help on a verb, on a noun or, without words, on everything.
 *  @return CLI_DONE; CLI_USAGE: there is no such verb, and an error was printed. */
int cli_help_print(const cli_output *out, const char *const *words, size_t count);

#endif
