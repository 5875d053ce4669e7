/* A script of the user's own, which is not harmless to repeat: the model server knows it by its text. */
#ifndef PODLINK_TESTS_SIM_COUNTER_SCRIPT_H
#define PODLINK_TESTS_SIM_COUNTER_SCRIPT_H

static const char counter_script[] = "return redis.call('RPUSH', KEYS[1], ARGV[1])";

#endif
