/* SPDX-License-Identifier: MIT */
/* Reads lines from standard input and splits them into fields. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "cli_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_lines {
    char *buffer;
    size_t capacity;
    size_t number;  /* of the last line read, from 1 */
    uint64_t bytes; /* read so far */
    int error;      /* errno of a failed read, else 0 */
} cli_lines;

/** Reads the next line that is neither blank nor a comment ('#' as its first character). Line ends and a byte order
 *  mark are removed.
 *  @param length  out: more than strlen() if the line contains a NUL
 *  @return the line, valid until the next call; NULL: there are no more, or error is set. */
char *cli_lines_next(cli_lines *lines, size_t *length);
void cli_lines_fini(cli_lines *lines);

/** Splits a line in place: at tabs if it has one, so that a field may contain spaces; else at spaces. A tab at the end
 *  of the line adds no field.
 *  @param fields  out: at most max of them
 *  @return the number of fields in the line, which may be more than max. */
size_t cli_fields_split(char *line, char **fields, size_t max);

#endif
