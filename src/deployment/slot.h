/* SPDX-License-Identifier: MIT */
/* The cluster slot of a key. */
#ifndef PL_DEPLOYMENT_SLOT_H
#define PL_DEPLOYMENT_SLOT_H

#include <stddef.h>
#include <stdint.h>

enum { PL_SLOTS = 16384 };

/** CRC16 (XMODEM) of bytes in several parts: 0 for the first part, then the result of the previous part. */
uint16_t pl_slot_crc(uint16_t crc, const char *bytes, size_t length);

/** The slot of a key, or of its tag, with this CRC. */
static inline uint16_t pl_slot_of_crc(uint16_t crc)
{
    return crc % PL_SLOTS;
}

/** The slot of a key. If it contains a tag (the text between the first '{' and the next '}', unless that is empty),
 * only the tag counts. */
uint16_t pl_slot_of(const char *key, size_t length);

#endif
