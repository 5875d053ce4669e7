/* SPDX-License-Identifier: MIT */
/* Prints the index of the first key of a Redis command: command_key_probe COMMAND [ARGUMENT...] */
#include "verbs/command_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv + 1;
    size_t count = argc > 1 ? (size_t)argc - 1 : 0;
    size_t *lengths = calloc(count + 1, sizeof *lengths);

    if (!lengths || count == 0) {
        free(lengths);
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        lengths[i] = strlen(words[i]);
    printf("%zu\n", cli_command_key(words, lengths, count));
    free(lengths);
    return 0;
}
