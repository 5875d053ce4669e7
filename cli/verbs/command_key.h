/* Which argument of a Redis command is its first key: in a cluster it decides which server gets the command. */
#ifndef CLI_COMMAND_KEY_H
#define CLI_COMMAND_KEY_H

#include <stddef.h>

/** The index of the first key; 0 where the command has none. A command that is not known here has its first key behind
 *  its name, as most have.
 *  @param lengths  of argv */
size_t cli_command_key(const char *const *argv, const size_t *lengths, size_t argc);

#endif
