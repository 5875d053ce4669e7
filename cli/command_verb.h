/* "podlink command" and "podlink ping": talking to Redis itself. */
#ifndef CLI_COMMAND_VERB_H
#define CLI_COMMAND_VERB_H

#include "session.h"

int cli_command(cli_session *session);
int cli_ping(cli_session *session);

#endif
