/* SPDX-License-Identifier: MIT */
/* Text that is safe to print: escaped, limited in length, without the password of a URL. Prints nothing. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>

/** An error message, one line. */
typedef struct cli_problem {
    char text[512];
} cli_problem;

/** Formats the message; a message that is too long is cut. */
void cli_problem_set(cli_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A text from the user in single quotes, safe to print in a message. */
typedef struct cli_quoted {
    char text[256];
} cli_quoted;

/** Quotes a text: escapes control characters, cuts long texts, replaces the password of a URL. */
cli_quoted cli_quote(const char *text);

/** Writes bytes with control characters and backslashes escaped (\n, \t, \xHH); multi-byte UTF-8 stays as it is,
 *  bytes that are no UTF-8 do not.
 *  @return the length written without the NUL; an escape that does not fit is omitted entirely. */
size_t cli_escape(char *buffer, size_t size, const char *bytes, size_t length);

#endif
