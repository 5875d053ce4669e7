/* Text that is safe to show: escaped, cut, and without the password of a URL. Nothing is printed here. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>

/** What is wrong, as one line. */
typedef struct cli_problem {
    char text[512];
} cli_problem;

/** Sets a problem's text; cut where it is too long. */
void cli_problem_set(cli_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A piece of text of the user's, in single quotes, as it may stand in a message. */
typedef struct cli_quoted {
    char text[256];
} cli_quoted;

/** Quotes a text: control characters escaped, long texts cut, the password of a URL replaced. */
cli_quoted cli_quote(const char *text);

/** Writes bytes with control characters and backslashes escaped (\n, \t, \xHH); multi-byte UTF-8 stays as it is.
 *  @return the length written without the NUL; what does not fit is left out whole. */
size_t cli_escape(char *buffer, size_t size, const char *bytes, size_t length);

#endif
