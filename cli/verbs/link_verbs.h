/* SPDX-License-Identifier: MIT */
/* The verbs "podlink link ..." for one uid. The bulk forms are in link_bulk. */
#ifndef CLI_LINK_VERBS_H
#define CLI_LINK_VERBS_H

#include "cli_session.h"

int cli_link_set(cli_session *session);
int cli_link_try(cli_session *session);
int cli_link_ensure(cli_session *session);
int cli_link_get(cli_session *session);
int cli_link_get_persistent(cli_session *session);
int cli_link_compute(cli_session *session);
int cli_link_remove(cli_session *session);
int cli_link_services(cli_session *session);

#endif
