/* SPDX-License-Identifier: MIT */
/* "podlink help" and "podlink version", generated from the table of verbs. */
#include "help.h"

#include "exit_code.h"
#include "verb_table.h"

#include <stdio.h>
#include <string.h>

static const char after_list[] =
    "\n"
    "--url, --url-file or the variable PODLINK_URL names the server. Without them the tool uses a private local "
    "server\n"
    "(see podlink server start). Put a password in PODLINK_URL or in the file, never in --url.\n"
    "\n"
    "Exit codes: 0 done, 1 refused or not found, 2 usage, 3 server or network; of many lines, the highest.\n";

static const char about_lines[] =
    "Lines: fields are separated by spaces or, in a line that has a tab, by tabs alone. Blank lines and lines that "
    "start\n"
    "with # are skipped. An invalid line is reported with its number and skipped; the other lines are processed, and\n"
    "the exit code is at least 2. If the server fails, the run stops and reports the line.\n";

static const char top_examples[] = "\nExamples:\n"
                                   "  podlink server start\n"
                                   "  podlink state set chat 0 10\n"
                                   "  podlink link compute chat alice\n"
                                   "  podlink link ensure chat - < users.txt\n"
                                   "  podlink ping --url-file ~/.config/podlink/url\n";

static void print_name(const cli_verb *verb)
{
    printf("podlink %s%s%s", verb->noun, verb->name ? " " : "", verb->name ? verb->name : "");
}

static void print_summary(const cli_verb *verb)
{
    char usage[96];

    snprintf(usage, sizeof usage, "%s%s%s %s", verb->noun, verb->name ? " " : "", verb->name ? verb->name : "",
             verb->arguments ? verb->arguments : "");
    printf("  %-50s %s\n", usage, verb->summary);
}

static void print_summaries(const char *noun)
{
    const cli_verb *verb;
    for (size_t i = 0; (verb = cli_verb_at(i)) != NULL; i++)
        if (!noun || strcmp(verb->noun, noun) == 0)
            print_summary(verb);
}

static void print_options(cli_options options)
{
    printf("\nOptions:\n");
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        const cli_option_text *option = &cli_option_texts[i];
        char usage[40];
        if (options & (1U << i)) {
            snprintf(usage, sizeof usage, "%s %s", option->flag, option->value ? option->value : "");
            printf("  %-20s %s\n", usage, option->text);
        }
    }
}

/* Prints each line of the text, indented. */
static void print_indented(const char *text)
{
    while (*text) {
        int length = (int)strcspn(text, "\n");
        printf("  %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

static void print_verb(const cli_verb *verb)
{
    printf("usage: ");
    print_name(verb);
    printf("%s%s [OPTION...]\n\n%s\n", verb->arguments ? " " : "", verb->arguments ? verb->arguments : "",
           verb->summary);
    if (verb->details)
        printf("\n%s", verb->details);
    if (verb->stdin_at)
        fputs(about_lines, stdout);
    print_options(verb->options);
    printf("\nExamples:\n");
    print_indented(verb->examples);
}

static void print_noun(const char *noun)
{
    const cli_verb *verb;

    printf("usage: podlink %s VERB [ARGUMENT...] [OPTION...]\n\n", noun);
    print_summaries(noun);
    printf("\nExamples:\n");
    for (size_t i = 0; (verb = cli_verb_at(i)) != NULL; i++)
        if (strcmp(verb->noun, noun) == 0)
            print_indented(verb->examples);
    printf("\nRun podlink %s VERB --help for more.\n", noun);
}

static void print_top(void)
{
    printf("podlink links users to the pods of stateful services, on Redis.\n\n"
           "usage: podlink NOUN [VERB] [ARGUMENT...] [OPTION...]\n\n");
    print_summaries(NULL);
    print_options(CLI_SET(URL) | CLI_SET(URL_FILE) | CLI_SET(NS) | CLI_SET(TIMEOUT) | CLI_SET(JSON) | CLI_SET(QUIET) |
                  CLI_SET(VERBOSE) | CLI_SET(VERSION) | CLI_SET(HELP));
    fputs(after_list, stdout);
    fputs(top_examples, stdout);
    printf("\nRun podlink NOUN VERB --help for the details of a verb.\n");
}

int cli_help_print(const cli_output *out, const char *const *words, size_t count)
{
    size_t used;
    const cli_verb *verb = cli_verb_find(words, count, &used);
    cli_problem problem;

    if (count == 0) {
        print_top();
    } else if (verb) {
        print_verb(verb);
    } else if (count == 1 && cli_noun_exists(words[0])) {
        print_noun(words[0]);
    } else {
        cli_problem_set(&problem, "there is no verb %s", cli_quote(words[count > 1 && cli_noun_exists(words[0])]).text);
        return cli_fail_usage(out, problem.text);
    }
    return CLI_DONE;
}

static void print_list(void)
{
    const cli_verb *verb;
    for (size_t i = 0; (verb = cli_verb_at(i)) != NULL; i++) {
        printf("%s%s%s", verb->noun, verb->name ? " " : "", verb->name ? verb->name : "");
        for (int option = 0; option < CLI_OPTION_COUNT; option++)
            if (verb->options & (1U << option))
                printf(" %s", cli_option_texts[option].flag);
        putchar('\n');
    }
}

static int cli_help(cli_session *session)
{
    if (cli_given(session->arguments, CLI_LIST)) {
        print_list();
        return CLI_DONE;
    }
    return cli_help_print(&session->out, session->words, session->word_count);
}

static int cli_version(cli_session *session)
{
    char version[32];

    snprintf(version, sizeof version, "%d.%d.%d", PODLINK_VERSION_MAJOR, PODLINK_VERSION_MINOR, PODLINK_VERSION_PATCH);
    if (session->out.quiet)
        return CLI_DONE;
    if (session->out.json) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "version", json_string(version));
        json_object_set_new(object, "library", json_string(podlink_version()));
        cli_json_print(object);
    } else if (strcmp(version, podlink_version()) == 0) {
        printf("podlink %s\n", version);
    } else {
        printf("podlink %s, with libpodlink %s\n", version, podlink_version());
    }
    return CLI_DONE;
}

const cli_verb cli_help_verbs[] = {
    {
        .noun = "version",
        .options = CLI_SET(VERSION) | CLI_PRINTING,
        .run = cli_version,
        .summary = "print the version",
        .examples = "podlink version\n"
                    "podlink --version\n",
    },
    {
        .noun = "help",
        .arguments = "[NOUN [VERB]]",
        .words_max = 2,
        .options = CLI_SET(LIST) | CLI_SET(HELP),
        .run = cli_help,
        .summary = "print help on a verb, on a noun or on everything",
        .examples = "podlink help\n"
                    "podlink help link set\n",
    },
    {.noun = NULL},
};
