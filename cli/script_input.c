/* SPDX-License-Identifier: MIT */
/* Keys and arguments of a script, from --key, --keys, --arg and --args. */
#include "script_input.h"

#include "exit_code.h"

#include <stdlib.h>
#include <string.h>

bool cli_texts_add(cli_texts *texts, const char *text, size_t length)
{
    char **items = realloc(texts->items, (texts->count + 1) * sizeof *items);

    if (!items)
        return false;
    texts->items = items;
    items[texts->count] = strndup(text, length);
    if (!items[texts->count])
        return false;
    texts->count++;
    return true;
}

/* "a,b" adds two texts, "" adds none. */
static bool add_separated(cli_texts *texts, const char *list)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        if (!cli_texts_add(texts, list, length))
            return false;
        list += length;
        if (list[0] == ',' && list[1] == '\0' && !cli_texts_add(texts, "", 0))
            return false; /* "a," ends with an empty text */
        list += list[0] == ',';
    }
    return true;
}

static bool add_option(cli_script_input *input, const cli_option_value *option)
{
    bool is_key = option->option == CLI_KEY || option->option == CLI_KEYS;
    cli_texts *texts = is_key ? &input->keys : &input->args;

    texts->given = true;
    if (option->option == CLI_KEYS || option->option == CLI_ARGS)
        return add_separated(texts, option->value);
    return cli_texts_add(texts, option->value, strlen(option->value));
}

int cli_script_input_init(cli_script_input *input, const cli_session *session)
{
    *input = (cli_script_input){0};
    for (size_t i = 0; i < session->arguments->repeated_count; i++)
        if (!add_option(input, &session->arguments->repeated[i]))
            return cli_fail_memory(&session->out);
    return CLI_DONE;
}

static void texts_fini(cli_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (cli_texts){0};
}

void cli_script_input_fini(cli_script_input *input)
{
    texts_fini(&input->keys);
    texts_fini(&input->args);
}
