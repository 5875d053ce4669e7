/* SPDX-License-Identifier: MIT */
/* The names in calls. */
#include "ops/name.h"

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_c1_control(unsigned char first, unsigned char second)
{
    return first == 0xC2 && second < 0xA0; /* U+0080 to U+009F, as UTF-8 */
}

/* Whether all bytes are from 0x20 (space) to 0x7A ('z'): ASCII without control characters, '{', '|', '}', '~' and DEL.
 * Eight bytes at a time, because every name of every call is checked: in each byte the highest bit of one of the three
 * terms is set if the byte is too large, is not ASCII, or is too small. */
static bool is_plain(const char *text, size_t length)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t bits = 0;
    for (; length >= sizeof bits; text += sizeof bits, length -= sizeof bits) {
        uint64_t bytes;
        memcpy(&bytes, text, sizeof bytes);
        bits |= (bytes + each * (0x80 - 0x7B)) | bytes | (bytes - each * 0x20);
    }
    bool is = (bits & each * 0x80) == 0;
    for (; length > 0; text++, length--)
        is &= (unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7B;
    return is;
}

/* What is wrong with bytes that are not all plain. */
static const char *fault_of(const char *text, size_t length)
{
    if (!pl_text_is_utf8(text, length))
        return "is not valid UTF-8";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F || (i + 1 < length && is_c1_control(c, (unsigned char)text[i + 1])))
            return "holds a control character";
        if (c == '{' || c == '}')
            return "holds '{' or '}'";
    }
    return NULL;
}

static podlink_status refuse(const char *what, const char *text, size_t length, const char *fault, podlink_error *err)
{
    char shown[128];
    pl_text_escape(text, length, shown, sizeof shown);
    return pl_error_invalid(err, "%s \"%s\" %s", what, shown, fault);
}

podlink_status pl_name_init(pl_name *name, const char *what, const char *text, podlink_error *err)
{
    if (!text)
        return pl_error_invalid(err, "%s is NULL", what);
    const size_t length = strnlen(text, PL_NAME_MAX + 1);
    if (length == 0)
        return pl_error_invalid(err, "%s is empty", what);
    if (length > PL_NAME_MAX)
        return refuse(what, text, length, "is longer than 512 bytes", err);
    const char *fault = is_plain(text, length) ? NULL : fault_of(text, length);
    if (fault)
        return refuse(what, text, length, fault, err);
    *name = (pl_name){text, (uint32_t)length};
    return PODLINK_OK;
}

podlink_status pl_name_init_ns(pl_name *name, const char *text, podlink_error *err)
{
    podlink_status status = pl_name_init(name, "ns", text, err);
    if (status == PODLINK_OK && memchr(text, ':', name->length))
        return refuse("ns", text, name->length, "holds ':'", err);
    return status;
}
