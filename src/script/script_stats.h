/* SPDX-License-Identifier: MIT */
/* Statistics of each script, counted without a lock. */
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
    pl_histogram wire; /* several threads may write at once */
} pl_script_stats;

/** Counts the calls of a request of this script that has ended. Commands still pending count as errors: they are given
 * up. Any thread. */
void pl_script_stats_count(pl_script_stats *stats, const pl_request *request);

#endif
