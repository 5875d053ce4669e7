/* What a script is called with: the keys and arguments that --key, --keys, --arg and --args name. */
#ifndef CLI_SCRIPT_INPUT_H
#define CLI_SCRIPT_INPUT_H

#include "cli_session.h"

/** Texts; owned by a cli_script_input. */
typedef struct cli_texts {
    char **items;
    size_t count;
    bool given;   /* an option named them, be it none */
    bool made_up; /* nobody did, so they are examples */
} cli_texts;

typedef struct cli_script_input {
    cli_texts keys;
    cli_texts args;
} cli_script_input;

/** Takes them from the options, in the order in which these stand. Tells what fails; cli_script_input_fini() is to be
 *  called all the same.
 *  @return CLI_DONE, or the exit code. */
int cli_script_input_init(cli_script_input *input, const cli_session *session);
void cli_script_input_fini(cli_script_input *input);

/** Adds a copy of a text. @return false: out of memory */
bool cli_texts_add(cli_texts *texts, const char *text, size_t length);

#endif
