/* Lines of standard input and their fields. What they mean is not known here. */
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
    int error;      /* errno where reading failed, else 0 */
} cli_lines;

/** Reads up to the next line that is neither blank nor a comment ('#' as its first character). Line ends and a byte
 *  order mark are taken off.
 *  @param length  out: may be more than strlen() where the line holds a NUL
 *  @return the line, valid until the next call; NULL: there are no more, or error is set. */
char *cli_lines_next(cli_lines *lines, size_t *length);
void cli_lines_fini(cli_lines *lines);

/** Splits a line in place: at tabs where it has one, so that a field may hold spaces; else at spaces. One tab at the
 *  line's end separates nothing.
 *  @param fields  out: max of them
 *  @return how many fields the line has, which may be more than max. */
size_t cli_fields_split(char *line, char **fields, size_t max);

#endif
