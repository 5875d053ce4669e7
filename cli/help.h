/* Help and version, made from the table of verbs. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli_session.h"

/** "podlink help" and "podlink version". */
int cli_help(cli_session *session);
int cli_version(cli_session *session);

/** Prints help on what the words name: a verb, a noun or, without words, all.
 *  @return CLI_DONE, or CLI_USAGE: told that there is no such verb. */
int cli_help_print(const cli_output *out, const char *const *words, size_t count);

#endif
