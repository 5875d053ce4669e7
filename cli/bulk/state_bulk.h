/* SPDX-License-Identifier: MIT */
/* Bulk form of "podlink state set": fields of a line, batch call, output. */
#ifndef CLI_STATE_BULK_H
#define CLI_STATE_BULK_H

#include "cli_session.h"

#include <podlink/state.h>

/** Parses "POD LOAD [ROUTING]", of the command line or of a line of input.
 *  @return false: problem says what is wrong. */
bool cli_parse_state(const char *const *fields, size_t count, podlink_state *state, cli_problem *problem);

/** Reads standard input to its end and stores the state in each line.
 *  @return the exit code */
int cli_state_set_lines(cli_session *session);

#endif
