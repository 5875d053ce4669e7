/* SPDX-License-Identifier: MIT */
/* "podlink ping", once or with --watch. */
#ifndef CLI_PING_VERB_H
#define CLI_PING_VERB_H

#include "cli_session.h"

int cli_ping(cli_session *session);

enum { CLI_INTERVAL_MAX_MS = 3600000 };

#endif
