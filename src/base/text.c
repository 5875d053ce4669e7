/* SPDX-License-Identifier: MIT */
/* Text from users and servers: its encoding, and how to show it safely. */
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* The number of bytes of the UTF-8 character at `at`; 0: not a valid one. */
static size_t utf8_character(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    if (lead < 0x80)
        return 1;
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (lead == 0xE0 && at[1] < 0xA0) || (lead == 0xF0 && at[1] < 0x90);
    bool surrogate = lead == 0xED && at[1] > 0x9F;
    bool too_large = lead == 0xF4 && at[1] > 0x8F;
    return overlong || surrogate || too_large ? 0 : size;
}

bool pl_text_is_utf8(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + length;
    while (at < end) {
        size_t size = utf8_character(at, (size_t)(end - at));
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

static size_t escape_byte(unsigned char byte, char out[4])
{
    static const char hex[] = "0123456789abcdef";
    if (byte == '\\' || byte == '"') {
        out[0] = '\\';
        out[1] = (char)byte;
        return 2;
    }
    if (byte >= 0x20 && byte < 0x7F) {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = hex[byte >> 4];
    out[3] = hex[byte & 15];
    return 4;
}

void pl_text_escape(const char *bytes, size_t length, char *out, size_t size)
{
    static const char cut[] = "...";
    assert(size >= 2 * sizeof cut);
    size_t used = 0;
    size_t fits = 0; /* the text may be cut here, and the dots still have room */
    for (size_t i = 0; i < length; i++) {
        char escaped[4];
        size_t n = escape_byte((unsigned char)bytes[i], escaped);
        if (used + n >= size) {
            memcpy(out + fits, cut, sizeof cut);
            return;
        }
        memcpy(out + used, escaped, n);
        used += n;
        if (used + sizeof cut <= size)
            fits = used;
    }
    out[used] = '\0';
}
