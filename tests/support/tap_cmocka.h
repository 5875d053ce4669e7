/* SPDX-License-Identifier: MIT */
/* cmocka, with the headers that it needs before it. */
#ifndef PODLINK_TESTS_TAP_CMOCKA_H
#define PODLINK_TESTS_TAP_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** Runs the tests of a program, and start() before the first and stop() after the last one. main() returns the result.
 */
#define RUN_TESTS_BETWEEN(name, tests, start, stop)                                                                    \
    (cmocka_run_group_tests_name((name), (tests), (start), (stop)) == 0 ? 0 : 1)
#define RUN_TESTS(name, tests) RUN_TESTS_BETWEEN((name), (tests), NULL, NULL)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
