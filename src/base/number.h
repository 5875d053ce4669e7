/* SPDX-License-Identifier: MIT */
/* Decimal numbers, strictly: what comes from outside is a number only if it is written as one. */
#ifndef PL_BASE_NUMBER_H
#define PL_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PL_NUMBER_MAX = 20 }; /* the longest int64, "-9223372036854775808" */

/** Reads an optional '-' and digits, nothing else around them, no leading zeros. */
bool pl_number_parse(const char *text, size_t length, int64_t *value);

/** Writes a number, without a NUL; out has PL_NUMBER_MAX bytes. @return its length */
size_t pl_number_format(int64_t value, char *out);

#endif
