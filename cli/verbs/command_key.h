/* SPDX-License-Identifier: MIT */
/* Finds the first key of a Redis command: in a cluster it decides which node gets the command. */
#ifndef CLI_COMMAND_KEY_H
#define CLI_COMMAND_KEY_H

#include <stddef.h>

/** The index of the first key; 0: the command has none. For an unknown command it is 1, as for most.
 *  @param lengths  of argv */
size_t cli_command_key(const char *const *argv, const size_t *lengths, size_t argc);

#endif
