/* SPDX-License-Identifier: MIT */
/* SHA1 by OpenSSL: the name that Redis gives a script. */
#ifndef PL_BASE_SHA1_H
#define PL_BASE_SHA1_H

#include <stdbool.h>
#include <stddef.h>

enum { PL_SHA1_HEX = 40 };

/** Writes 40 hex digits and a NUL. False where OpenSSL fails (out of memory, or SHA1 forbidden by its configuration),
 *  and always in a build without it. */
bool pl_sha1_hex(const void *bytes, size_t length, char out[PL_SHA1_HEX + 1]);

#endif
