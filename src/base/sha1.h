/* SPDX-License-Identifier: MIT */
/* SHA1 by OpenSSL. Redis names a script by its SHA1. */
#ifndef PL_BASE_SHA1_H
#define PL_BASE_SHA1_H

#include <stdbool.h>
#include <stddef.h>

enum { PL_SHA1_HEX = 40 };

/** Writes 40 hex digits and a NUL. False if OpenSSL fails (out of memory, or its configuration forbids SHA1), and
 * always in a build without OpenSSL. */
bool pl_sha1_hex(const void *bytes, size_t length, char out[PL_SHA1_HEX + 1]);

#endif
