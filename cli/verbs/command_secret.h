/* SPDX-License-Identifier: MIT */
/* Detects Redis commands that have a password among their arguments. Prints nothing. */
#ifndef CLI_COMMAND_SECRET_H
#define CLI_COMMAND_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Whether an argument of a Redis command is, or seems to be, a password. */
bool cli_command_has_secret(const char *const *words, size_t count);

#endif
