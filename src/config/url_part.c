/* SPDX-License-Identifier: MIT */
/* A part of a URL. */
#include "config/url_part.h"

#include "base/error.h"

#include <string.h>

pl_url_part pl_url_cut(pl_url_part *text, char c, bool *found)
{
    const char *at = memchr(text->at, c, text->length);
    *found = at != NULL;
    const pl_url_part before = {text->at, at ? (size_t)(at - text->at) : text->length};
    const size_t skip = before.length + (at ? 1 : 0);
    *text = (pl_url_part){text->at + skip, text->length - skip};
    return before;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool pl_url_decode(pl_url_part text, char out[PL_URL_PART_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.length ? hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= PL_URL_PART_MAX)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

bool pl_url_decode_plain(pl_url_part text, char out[PL_URL_PART_MAX])
{
    if (!pl_url_decode(text, out))
        return false;
    for (const char *at = out; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return false;
    return true;
}

podlink_status pl_url_bad_part(podlink_error *err, const char *name)
{
    return pl_error_invalid(
        err, "url: the %s is too long, or holds a control character or a '%%' that is not followed by two hex digits",
        name);
}
