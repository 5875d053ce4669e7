/* Runs a row: puts the keys in place, lets a back end make the call, compares reply and keys. Looks at the keys through
 * a hiredis connection of its own, whatever the back end uses. Knows no test framework. */
#ifndef PODLINK_TESTS_SCRIPT_CASE_RUN_H
#define PODLINK_TESTS_SCRIPT_CASE_RUN_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#include "script_cases.h"

enum { ROW_TEXT_MAX = 1024 };

struct row_call {
    const struct row *row;
    const char *args[ROW_ARGS_MAX + 1]; /* the row's, with {now} filled in; ends with NULL */
};

/** Makes the call of a row and writes its answer in the notation of script_cases.h ("['3']", "[1]", "!text of the
 * error").
 *  @return false if the back end cannot express the call (a text where it takes a number): the row is skipped. */
typedef bool row_invoke(void *backend, const struct row_call *call, char answer[ROW_TEXT_MAX]);

enum row_result { ROW_PASSED, ROW_FAILED, ROW_SKIPPED };

/** @param why  out, what was expected and what was found; set if ROW_FAILED */
enum row_result row_run(redisContext *redis, const struct row *row, row_invoke *invoke, void *backend,
                        char why[2 * ROW_TEXT_MAX]);

#endif
