/* SPDX-License-Identifier: MIT */
/* "podlink scripts check": finds what a script does without declaring it. */
#ifndef CLI_SCRIPT_CHECK_VERB_H
#define CLI_SCRIPT_CHECK_VERB_H

#include "cli_session.h"

int cli_scripts_check(cli_session *session);

#endif
