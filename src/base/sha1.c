/* SPDX-License-Identifier: MIT */
/* SHA1 by OpenSSL. */
#include "base/sha1.h"

#include <openssl/evp.h>

bool pl_sha1_hex(const void *bytes, size_t length, char out[PL_SHA1_HEX + 1])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(bytes, length, digest, &size, EVP_sha1(), NULL) != 1 || size * 2 != PL_SHA1_HEX)
        return false;
    for (unsigned int i = 0; i < size; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[PL_SHA1_HEX] = '\0';
    return true;
}
