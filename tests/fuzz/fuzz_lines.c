/* SPDX-License-Identifier: MIT */
/* Any bytes on the standard input of a bulk verb: every line is read once, in order, and its fields are pieces of it.
 */
#include "bulk/lines.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static void check_fields(char *line, size_t length)
{
    char *fields[FIELDS] = {0};
    const bool has_tab = strchr(line, '\t') != NULL;
    const char *const end = line + strlen(line);
    const size_t count = cli_fields_split(line, fields, FIELDS);
    const char *before = line;
    expect(end <= line + length);
    for (size_t i = 0; i < count && i < FIELDS; i++) {
        expect(fields[i] >= before && fields[i] <= end);
        expect(has_tab ? !strchr(fields[i], '\t') : *fields[i] != '\0' && !strchr(fields[i], ' '));
        before = fields[i] + strlen(fields[i]) + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    cli_lines lines = {0};
    size_t length = 0, count = 0, newlines = 1;
    for (size_t i = 0; i < size; i++)
        newlines += data[i] == '\n';
    FILE *const before = stdin;
    stdin = fmemopen((void *)data, size, "r");
    expect(stdin != NULL);
    for (char *line; (line = cli_lines_next(&lines, &length)); count++) {
        expect(length > 0 && strlen(line) <= length && line[0] != '#');
        expect(!memchr(line, '\n', length));
        expect(lines.number <= newlines && lines.number > count);
        check_fields(line, length);
    }
    expect(lines.error == 0 && lines.bytes == size);
    cli_lines_fini(&lines);
    fclose(stdin);
    stdin = before;
    return 0;
}
