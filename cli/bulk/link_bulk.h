/* The verbs "podlink link ..." for many uids: what a line holds and how its outcome looks. Reading and sending are
 * bulk's. */
#ifndef CLI_LINK_BULK_H
#define CLI_LINK_BULK_H

#include "cli_session.h"

#include <stdbool.h>

/** Whether the verb's lines come from standard input: "-" stands in place of the uid. */
bool cli_link_is_bulk(const cli_session *session);

/** Each reads standard input to its end; --for and --keep apply to every line.
 *  @return the exit code */
int cli_link_set_lines(cli_session *session);
int cli_link_ensure_lines(cli_session *session);
int cli_link_get_lines(cli_session *session);
int cli_link_remove_lines(cli_session *session);

#endif
