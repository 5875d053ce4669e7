/* SPDX-License-Identifier: MIT */
/* A build without OpenSSL. The SHA1s of the built-in scripts are compiled in; no other SHA1 can be computed. */
#include "base/sha1.h"

bool pl_sha1_hex(const void *bytes, size_t length, char out[PL_SHA1_HEX + 1])
{
    (void)bytes, (void)length;
    out[0] = '\0';
    return false;
}
