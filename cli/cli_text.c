/* SPDX-License-Identifier: MIT */
/* Text that is safe to print: escaped, limited in length, without the password of a URL. Prints nothing. */
#include "cli_text.h"

#include "cli_url.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED_MAX = 120 };

void cli_problem_set(cli_problem *problem, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(problem->text, sizeof problem->text, format, values);
    va_end(values);
}

static size_t escape_byte(char *buffer, unsigned char byte)
{
    switch (byte) {
    case '\n':
        return (size_t)sprintf(buffer, "\\n");
    case '\r':
        return (size_t)sprintf(buffer, "\\r");
    case '\t':
        return (size_t)sprintf(buffer, "\\t");
    case '\\':
        return (size_t)sprintf(buffer, "\\\\");
    default:
        return (size_t)sprintf(buffer, byte < 0x20 || byte >= 0x7f ? "\\x%02x" : "%c", byte);
    }
}

/* How many bytes a character of several bytes has; 0 where this is none in UTF-8. The C1 control characters, U+0080 to
 * U+009F, count as none: some terminals interpret them like an escape sequence, as single bytes as well. */
static size_t long_character(const char *bytes, size_t left)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

    if (at[0] < 0xc2 || at[0] > 0xf4 || size > left || (at[0] == 0xc2 && at[1] < 0xa0))
        return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90)) /* longer than needed */
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

size_t cli_escape(char *buffer, size_t size, const char *bytes, size_t length)
{
    size_t written = 0;

    for (size_t i = 0; i < length;) {
        char piece[16];
        size_t piece_length = long_character(bytes + i, length - i);
        const size_t taken = piece_length > 0 ? piece_length : 1;

        if (piece_length > 0)
            memcpy(piece, bytes + i, piece_length);
        else
            piece_length = escape_byte(piece, (unsigned char)bytes[i]);
        i += taken;
        if (written + piece_length >= size)
            break;
        memcpy(buffer + written, piece, piece_length);
        written += piece_length;
    }
    buffer[written] = '\0';
    return written;
}

cli_quoted cli_quote(const char *text)
{
    cli_quoted quoted;
    char shown[QUOTED_MAX + 1];
    char *safe = cli_url_redacted(text);
    size_t length = safe ? strlen(safe) : 0;

    cli_escape(shown, sizeof shown, safe ? safe : "", length);
    snprintf(quoted.text, sizeof quoted.text, "'%s'%s", shown, length > QUOTED_MAX ? "..." : "");
    free(safe);
    return quoted;
}
