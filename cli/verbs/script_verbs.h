/* SPDX-License-Identifier: MIT */
/* The verbs "podlink scripts list, status, load, run". */
#ifndef CLI_SCRIPT_VERBS_H
#define CLI_SCRIPT_VERBS_H

#include "cli_session.h"

int cli_scripts_list(cli_session *session);
int cli_scripts_status(cli_session *session);
int cli_scripts_load(cli_session *session);
int cli_scripts_run(cli_session *session);

#endif
