/* SPDX-License-Identifier: MIT */
/* Strict decimal numbers: the one spelling that pl_number_format() writes is accepted, and no other. */
#ifndef PL_BASE_NUMBER_H
#define PL_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PL_NUMBER_MAX = 20 }; /* the longest int64, "-9223372036854775808" */

/** Reads an optional '-' and digits: no leading zeros, no "-0", no other bytes. @return false: not such a number, or
 * not an int64 */
bool pl_number_parse(const char *text, size_t length, int64_t *value);

/** Writes a number, without a NUL; out has PL_NUMBER_MAX bytes. @return its length */
size_t pl_number_format(int64_t value, char *out);

#endif
