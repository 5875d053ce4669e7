/* The life of a lane's connection: dialled by one caller for all, given up, closed. All under the lane's lock, which is
 * given up meanwhile where something is waited for or somebody told. */
#ifndef PL_POOL_LANE_OPEN_H
#define PL_POOL_LANE_OPEN_H

#include "pool/lane.h"

/** Gets the connection open. False where that failed: the exchange knows why. */
bool pl_lane_open(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline);

/** Somebody is in a role. */
bool pl_lane_is_attended(const pl_lane *lane);

/** Nothing is in flight, and nobody in a role. */
bool pl_lane_is_idle(const pl_lane *lane);

/** An idle connection may have been closed by the server, or have something to say that nobody asked for: which a call
 *  would take for its answer. In the reader's role, so that nothing can be read meanwhile. */
void pl_lane_check_idle(pl_lane *lane);

/** The connection is given up: what is in flight is told so. */
void pl_lane_fail(pl_lane *lane, podlink_status status, const char *why);
void pl_lane_fail_by_system(pl_lane *lane, int error_number);

/** Call it wherever the connection may have died. */
void pl_lane_look_after_death(pl_lane *lane);

/** The last one out of a system call on a dead connection closes it. */
void pl_lane_close_if_unused(pl_lane *lane);

/** There was no connection before the deadline. */
void pl_lane_set_timed_out(const pl_lane *lane, pl_exchange *exchange);

#endif
