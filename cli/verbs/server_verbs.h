/* SPDX-License-Identifier: MIT */
/* The verbs "podlink server start, stop, status", for the private local server. */
#ifndef CLI_SERVER_VERBS_H
#define CLI_SERVER_VERBS_H

#include "cli_session.h"

int cli_server_start(cli_session *session);
int cli_server_stop(cli_session *session);
int cli_server_status(cli_session *session);

#endif
