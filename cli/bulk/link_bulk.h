/* SPDX-License-Identifier: MIT */
/* Bulk forms of "podlink link set, ensure, get, remove": fields of a line, batch call, output. */
#ifndef CLI_LINK_BULK_H
#define CLI_LINK_BULK_H

#include "cli_session.h"

#include <stdbool.h>

/** Whether the command line has "-" in place of the uid. */
bool cli_link_is_bulk(const cli_session *session);

/** Each reads standard input to its end; --for and --keep apply to every line.
 *  @return the exit code */
int cli_link_set_lines(cli_session *session);
int cli_link_ensure_lines(cli_session *session);
int cli_link_get_lines(cli_session *session);
int cli_link_remove_lines(cli_session *session);

#endif
