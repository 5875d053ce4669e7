/* Which of a cluster's slots a key belongs to. */
#ifndef PL_DEPLOYMENT_SLOT_H
#define PL_DEPLOYMENT_SLOT_H

#include <stddef.h>
#include <stdint.h>

enum { PL_SLOTS = 16384 };

/** CRC16 (XMODEM) of bytes that come in parts: begin with 0, go on with what the part before has returned. */
uint16_t pl_slot_crc(uint16_t crc, const char *bytes, size_t length);

/** The slot of a key, or of a key's tag, whose CRC this is. */
static inline uint16_t pl_slot_of_crc(uint16_t crc)
{
    return crc % PL_SLOTS;
}

/** The slot of a key. Where it holds a tag (what stands between the first '{' and the next '}', if that is not empty),
 *  the tag alone decides. */
uint16_t pl_slot_of(const char *key, size_t length);

#endif
