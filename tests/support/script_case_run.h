/* SPDX-License-Identifier: MIT */
/* Runs a test case of script_cases.h: sets the keys, lets a back end make the call, compares the reply and the keys. It
 * inspects the keys through a hiredis connection of its own, whatever the back end uses. Knows no test framework. */
#ifndef PODLINK_TESTS_SCRIPT_CASE_RUN_H
#define PODLINK_TESTS_SCRIPT_CASE_RUN_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#include "script_cases.h"

enum { CASE_TEXT_MAX = 1024 };

struct script_case_call {
    const struct script_case *test_case;
    const char *args[CASE_ARGS_MAX + 1]; /* those of the case, with {now} filled in; ends with NULL */
};

/** Makes the call of a case and writes its answer in the notation of script_cases.h ("['3']", "[1]", "!text of the
 *  error").
 *  @return false if the back end cannot express the call (a text for a number): the case is skipped */
typedef bool script_case_invoke(void *backend, const struct script_case_call *call, char answer[CASE_TEXT_MAX]);

enum script_case_result { CASE_PASSED, CASE_FAILED, CASE_SKIPPED };

/** @param why  out: what was expected and what was found; set after CASE_FAILED */
enum script_case_result script_case_run(redisContext *redis, const struct script_case *test_case,
                                        script_case_invoke *invoke, void *backend, char why[2 * CASE_TEXT_MAX]);

#endif
