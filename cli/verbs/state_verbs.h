/* SPDX-License-Identifier: MIT */
/* The verbs "podlink state ...": states that pods report. */
#ifndef CLI_STATE_VERBS_H
#define CLI_STATE_VERBS_H

#include "cli_session.h"

int cli_state_set(cli_session *session);
int cli_state_get(cli_session *session);
int cli_state_list(cli_session *session);
int cli_state_live(cli_session *session);
int cli_state_best(cli_session *session);

#endif
