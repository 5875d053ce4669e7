/* SPDX-License-Identifier: MIT */
/* A pod's state as it is stored: load-timestampMillis-routing, or load-timestampMillis, which is ready. */
#ifndef PL_OPS_STATE_TEXT_H
#define PL_OPS_STATE_TEXT_H

#include <podlink/state.h>

#include <stdbool.h>
#include <stddef.h>

/** Reads load, timestamp and routing; state->pod stays as it is. False where it cannot be read. */
bool pl_state_read(const char *text, size_t length, podlink_state *state);

#endif
