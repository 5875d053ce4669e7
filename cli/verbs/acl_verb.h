/* "podlink acl": what a user of the server has to be allowed. */
#ifndef CLI_ACL_VERB_H
#define CLI_ACL_VERB_H

#include "cli_session.h"

int cli_acl(cli_session *session);

#endif
