/* SPDX-License-Identifier: MIT */
/* Splits the command line into words and options. Their meaning is left to the verbs. Prints nothing. */
#include "arguments.h"

#include <stdlib.h>
#include <string.h>

const cli_option_text cli_option_texts[CLI_OPTION_COUNT] = {
#define X(name, flag, value, text) {flag, value, text},
    CLI_OPTION_MAP(X)
#undef X
};

/* The option of an argument "--name" or "--name=value"; CLI_OPTION_COUNT if it is unknown. */
static cli_option find_option(const char *argument)
{
    size_t length = strcspn(argument, "=");
    int option = 0;

    if (strcmp(argument, "-h") == 0)
        return CLI_HELP;
    while (option < CLI_OPTION_COUNT && (strlen(cli_option_texts[option].flag) != length ||
                                         strncmp(cli_option_texts[option].flag, argument, length) != 0))
        option++;
    return (cli_option)option;
}

static bool looks_like_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0' && !(argument[1] >= '0' && argument[1] <= '9');
}

/* The message has the option's name alone: its value may be a secret. */
static bool refuse_option(const char *argument, const char *why, cli_problem *problem)
{
    char name[64];

    cli_escape(name, sizeof name, argument, strcspn(argument, "="));
    cli_problem_set(problem, "option %s %s", name, why);
    return false;
}

/* Reads the option at argv[*at] and its value. */
static bool read_option(cli_arguments *arguments, int argc, char **argv, int *at, cli_problem *problem)
{
    const char *argument = argv[*at];
    cli_option option = find_option(argument);
    const char *value = strchr(argument, '=');

    if (option == CLI_OPTION_COUNT)
        return refuse_option(argument, "is not known", problem);
    if (cli_given(arguments, option) && cli_option_texts[option].value && !(CLI_REPEATABLE & (1U << option)))
        return refuse_option(argument, "is given twice", problem);
    arguments->given |= 1U << option;
    if (!cli_option_texts[option].value)
        return value ? refuse_option(argument, "takes no value", problem) : true;
    if (!value && *at + 1 >= argc)
        return refuse_option(argument, "needs a value", problem);
    arguments->value[option] = value ? value + 1 : argv[++*at];
    if (CLI_REPEATABLE & (1U << option))
        arguments->repeated[arguments->repeated_count++] = (cli_option_value){option, arguments->value[option]};
    return true;
}

/* Whether the words so far are a verb whose arguments are passed on as they are: "podlink command". */
static bool rest_is_verbatim(const cli_arguments *arguments)
{
    return arguments->word_count >= 2 && strcmp(arguments->words[0], "command") == 0;
}

bool cli_arguments_init(cli_arguments *arguments, int argc, char **argv, cli_problem *problem)
{
    bool words_only = false;

    *arguments = (cli_arguments){
        .words = calloc((size_t)argc + 1, sizeof *arguments->words),
        .repeated = calloc((size_t)argc + 1, sizeof *arguments->repeated),
    };
    if (!arguments->words || !arguments->repeated) {
        cli_problem_set(problem, "out of memory");
        return false;
    }
    for (int i = 1; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!words_only && looks_like_option(argv[i])) {
            if (!read_option(arguments, argc, argv, &i, problem))
                return false;
        } else {
            arguments->words[arguments->word_count++] = argv[i];
            words_only = words_only || rest_is_verbatim(arguments);
        }
    }
    return true;
}

void cli_arguments_fini(cli_arguments *arguments)
{
    free(arguments->words);
    free(arguments->repeated);
    arguments->words = NULL;
    arguments->repeated = NULL;
}

bool cli_given(const cli_arguments *arguments, cli_option option)
{
    return (arguments->given & (1U << option)) != 0;
}
