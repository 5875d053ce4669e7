/* SPDX-License-Identifier: MIT */
/* Reads lines from standard input and splits them into fields. */
#include "bulk/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static bool is_blank_or_comment(const char *line, size_t length)
{
    return length == 0 || line[0] == '#' || strspn(line, " \t") == length;
}

char *cli_lines_next(cli_lines *lines, size_t *length)
{
    ssize_t got;

    errno = 0;
    while ((got = getline(&lines->buffer, &lines->capacity, stdin)) >= 0) {
        char *line = lines->buffer;
        size_t left = (size_t)got;

        lines->number++;
        lines->bytes += left;
        while (left > 0 && (line[left - 1] == '\n' || line[left - 1] == '\r'))
            line[--left] = '\0';
        if (lines->number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
            line += 3;
            left -= 3;
        }
        if (!is_blank_or_comment(line, left)) {
            *length = left;
            return line;
        }
    }
    lines->error = feof(stdin) ? 0 : errno;
    return NULL;
}

void cli_lines_fini(cli_lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

static size_t split_at_tabs(char *line, char **fields, size_t max)
{
    size_t count = 0;
    char *field = line;

    while (field) {
        char *tab = strchr(field, '\t');
        if (count < max)
            fields[count] = field;
        count++;
        if (tab)
            *tab++ = '\0';
        field = tab && *tab ? tab : NULL;
    }
    return count;
}

static size_t split_at_spaces(char *line, char **fields, size_t max)
{
    size_t count = 0;
    char *rest = NULL;

    for (char *field = strtok_r(line, " ", &rest); field; field = strtok_r(NULL, " ", &rest)) {
        if (count < max)
            fields[count] = field;
        count++;
    }
    return count;
}

size_t cli_fields_split(char *line, char **fields, size_t max)
{
    return strchr(line, '\t') ? split_at_tabs(line, fields, max) : split_at_spaces(line, fields, max);
}
