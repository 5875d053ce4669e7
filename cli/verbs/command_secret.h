/* Which Redis commands would carry a password on the command line. Nothing is printed here. */
#ifndef CLI_COMMAND_SECRET_H
#define CLI_COMMAND_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Whether one of the words of a Redis command is, or looks like, a password. */
bool cli_command_has_secret(const char *const *words, size_t count);

#endif
