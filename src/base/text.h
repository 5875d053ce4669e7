/* SPDX-License-Identifier: MIT */
/* Text from outside: is it what it claims to be, and how to show it safely. */
#ifndef PL_BASE_TEXT_H
#define PL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Whether the bytes are UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing beyond U+10FFFF. */
bool pl_text_is_utf8(const char *bytes, size_t length);

/** Writes bytes so that a log or a terminal may show them: control bytes and what is not ASCII as \xNN, a backslash and
 *  a quote as \\ and \". Cuts with "..." where they do not fit. Always ends with a NUL.
 *  @param size  of out, at least 8 */
void pl_text_escape(const char *bytes, size_t length, char *out, size_t size);

#endif
