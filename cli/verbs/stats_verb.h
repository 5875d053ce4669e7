/* "podlink stats": what a client counts, shown after a short probe. */
#ifndef CLI_STATS_VERB_H
#define CLI_STATS_VERB_H

#include "cli_session.h"

int cli_stats(cli_session *session);

#endif
