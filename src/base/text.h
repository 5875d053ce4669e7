/* SPDX-License-Identifier: MIT */
/* Text from users and servers: its encoding, and how to show it safely. */
#ifndef PL_BASE_TEXT_H
#define PL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Whether the bytes are UTF-8 as RFC 3629 defines it: shortest forms, no surrogates, nothing beyond U+10FFFF. */
bool pl_text_is_utf8(const char *bytes, size_t length);

/** Escapes bytes for a log or a terminal: control bytes and bytes that are not ASCII as \xNN, a backslash and a quote
 * as \\ and \". A text that does not fit is cut and ends with "...". Always ends with a NUL.
 *  @param size  of out, at least 8 */
void pl_text_escape(const char *bytes, size_t length, char *out, size_t size);

#endif
