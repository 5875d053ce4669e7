/* SPDX-License-Identifier: MIT */
/* A user's script that is not harmless to repeat. The model server recognises it by its text. */
#ifndef PODLINK_TESTS_SIM_COUNTER_SCRIPT_H
#define PODLINK_TESTS_SIM_COUNTER_SCRIPT_H

static const char counter_script[] = "return redis.call('RPUSH', KEYS[1], ARGV[1])";

#endif
