/* SPDX-License-Identifier: MIT */
/* cmocka, with the headers that it needs before it. */
#ifndef PODLINK_TESTS_TAP_CMOCKA_H
#define PODLINK_TESTS_TAP_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** Runs the tests of a program. main() returns the result. */
#define RUN_TESTS(name, tests) cmocka_run_group_tests_name((name), (tests), NULL, NULL)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
