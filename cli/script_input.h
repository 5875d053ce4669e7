/* SPDX-License-Identifier: MIT */
/* Keys and arguments of a script, from --key, --keys, --arg and --args. */
#ifndef CLI_SCRIPT_INPUT_H
#define CLI_SCRIPT_INPUT_H

#include "cli_session.h"

/** A list of texts; owned by a cli_script_input. */
typedef struct cli_texts {
    char **items;
    size_t count;
    bool given;   /* by an option, even if that names none */
    bool made_up; /* no option gave them: they are examples */
} cli_texts;

typedef struct cli_script_input {
    cli_texts keys;
    cli_texts args;
} cli_script_input;

/** Reads the options in their order. Prints what fails; call cli_script_input_fini() in this case, too.
 *  @return CLI_DONE, or the exit code. */
int cli_script_input_init(cli_script_input *input, const cli_session *session);
void cli_script_input_fini(cli_script_input *input);

/** Adds a copy of a text. @return false: out of memory */
bool cli_texts_add(cli_texts *texts, const char *text, size_t length);

#endif
