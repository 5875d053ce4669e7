/* SPDX-License-Identifier: MIT */
/* Strict parsers for numbers, durations and routings. Print nothing. */
#ifndef CLI_NUMBERS_H
#define CLI_NUMBERS_H

#include "cli_text.h"

#include <podlink/state.h>

#include <stdbool.h>
#include <stdint.h>

/* Each parses the entire text, or returns false: then problem says what is wrong and what is allowed. */

/** A whole decimal number within a range. @param what  its name in the message */
bool cli_parse_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *value,
                      cli_problem *problem);

/** A pod, 0 to 2^31-1. */
bool cli_parse_pod(const char *text, int32_t *pod, cli_problem *problem);

/** A load: any 64-bit number. */
bool cli_parse_load(const char *text, int64_t *load, cli_problem *problem);

/** A duration: seconds, or a number with s, m, h or d; 1 to 2^31-1 seconds. @param what  its name in the message */
bool cli_parse_duration(const char *text, const char *what, int64_t *seconds, cli_problem *problem);

/** A routing, by name or number. */
bool cli_parse_routing(const char *text, podlink_routing *routing, cli_problem *problem);

#endif
