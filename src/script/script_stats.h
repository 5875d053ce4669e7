/* SPDX-License-Identifier: MIT */
/* What is counted of each script, without a lock. */
#ifndef PL_SCRIPT_SCRIPT_STATS_H
#define PL_SCRIPT_SCRIPT_STATS_H

#include "base/counters.h"
#include "base/histogram.h"
#include "conn/request.h"

typedef struct pl_script_stats {
    pl_counter loads; /* sent */
    pl_counter repairs;
    pl_counter calls;
    pl_counter errors;
    pl_histogram wire; /* written by many at once */
} pl_script_stats;

/** A request of calls of this script has ended, but for what is given up still. Any thread. */
void pl_script_stats_count(pl_script_stats *stats, const pl_request *request);

#endif
