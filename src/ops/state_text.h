/* SPDX-License-Identifier: MIT */
/* The stored form of a pod's state: load-timestampMillis-routing, or load-timestampMillis, which means ready. */
#ifndef PL_OPS_STATE_TEXT_H
#define PL_OPS_STATE_TEXT_H

#include <podlink/state.h>

#include <stdbool.h>
#include <stddef.h>

/** Parses load, timestamp and routing; does not set state->pod. False if the text cannot be parsed. */
bool pl_state_read(const char *text, size_t length, podlink_state *state);

#endif
