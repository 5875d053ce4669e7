/* SPDX-License-Identifier: MIT */
/* "podlink stats": pings for some seconds and prints the statistics of the client. */
#ifndef CLI_STATS_VERB_H
#define CLI_STATS_VERB_H

#include "cli_session.h"

int cli_stats(cli_session *session);

#endif
