/* SPDX-License-Identifier: MIT */
/* The verbs "podlink workload ...": the workload state of a service. */
#ifndef CLI_WORKLOAD_VERBS_H
#define CLI_WORKLOAD_VERBS_H

#include "cli_session.h"

int cli_workload_set(cli_session *session);
int cli_workload_get(cli_session *session);

#endif
