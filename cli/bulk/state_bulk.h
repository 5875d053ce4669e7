/* "podlink state set" for many pods: what a line holds and how its outcome looks. Reading and sending are bulk's. */
#ifndef CLI_STATE_BULK_H
#define CLI_STATE_BULK_H

#include "cli_session.h"

#include <podlink/state.h>

/** Reads "POD LOAD [ROUTING]", from the command line or from a line of input.
 *  @return false: problem says what is wrong. */
bool cli_parse_state(const char *const *fields, size_t count, podlink_state *state, cli_problem *problem);

/** Stores the states that standard input names, a pod a line. */
int cli_state_set_lines(cli_session *session);

#endif
