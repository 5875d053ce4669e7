/* SPDX-License-Identifier: MIT */
/* "podlink command": sends any Redis command. */
#ifndef CLI_COMMAND_VERB_H
#define CLI_COMMAND_VERB_H

#include "cli_session.h"

int cli_command(cli_session *session);

#endif
