/* SPDX-License-Identifier: MIT */
/* "podlink acl": prints the library's ACL rule as a command to paste into redis-cli. */
#ifndef CLI_ACL_VERB_H
#define CLI_ACL_VERB_H

#include "cli_session.h"

int cli_acl(cli_session *session);

#endif
