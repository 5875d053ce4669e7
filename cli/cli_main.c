/* SPDX-License-Identifier: MIT */
/* main(): parses the command line, finds the verb, checks what all verbs have in common, and runs the verb. */
#include "arguments.h"
#include "cli_session.h"
#include "exit_code.h"
#include "help.h"
#include "verb_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Needed before the command line is parsed, so that a parse error is printed in the right format. A word after "--" or
 * of "podlink command" may look the same; that matters only if the command line is invalid. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static int check_options(const cli_session *session, const cli_verb *verb)
{
    cli_options invalid = session->arguments->given & ~verb->options;
    cli_problem problem;

    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if (invalid & (1U << i)) {
            cli_problem_set(&problem, "option %s is not valid for this verb", cli_option_texts[i].flag);
            return cli_fail_usage(&session->out, problem.text);
        }
    }
    return CLI_DONE;
}

static bool reads_lines(const cli_session *session, const cli_verb *verb)
{
    return verb->stdin_at > 0 && session->word_count > verb->stdin_at &&
           strcmp(session->words[verb->stdin_at], "-") == 0;
}

/* Checks the number of words. */
static int check_words(const cli_session *session, const cli_verb *verb)
{
    bool lines = reads_lines(session, verb);
    size_t min = lines ? verb->stdin_at + 1 : verb->words_min;
    size_t max = lines ? verb->stdin_at + 1 : verb->words_max;
    size_t count = session->word_count;
    cli_problem problem;

    if (count < min || count > max) {
        cli_problem_set(&problem, "expected arguments: %s; got %zu", verb->arguments ? verb->arguments : "none", count);
        return cli_fail_usage(&session->out, problem.text);
    }
    if (!lines && cli_given(session->arguments, CLI_CHUNK))
        return cli_fail_usage(&session->out, "--chunk is only valid with -, for lines from standard input");
    return CLI_DONE;
}

static int read_common_options(cli_session *session)
{
    const char *ns = session->arguments->value[CLI_NS];
    int64_t timeout_ms = 0;
    int code = cli_session_number(session, CLI_TIMEOUT, 1, INT32_MAX, &timeout_ms);

    if (!ns) {
        ns = getenv("PODLINK_NS");
        ns = ns && ns[0] ? ns : "default";
    }
    session->ns = ns;
    session->call = (podlink_call)PODLINK_CALL_INIT;
    session->call.timeout_ms = timeout_ms;
    return code;
}

static int run_verb(cli_session *session, const cli_verb *verb)
{
    int code = check_options(session, verb);

    if (code == CLI_DONE)
        code = check_words(session, verb);
    if (code == CLI_DONE)
        code = read_common_options(session);
    if (code == CLI_DONE)
        code = verb->run(session);
    cli_session_close(session);
    return code;
}

static int fail_without_verb(const cli_session *session)
{
    const cli_arguments *arguments = session->arguments;
    cli_problem problem;

    if (arguments->word_count == 0)
        return cli_fail_usage(&session->out, "no verb is given");
    if (!cli_noun_exists(arguments->words[0]))
        cli_problem_set(&problem, "there is no verb %s", cli_quote(arguments->words[0]).text);
    else if (arguments->word_count == 1)
        cli_problem_set(&problem, "%s needs a verb", arguments->words[0]);
    else
        cli_problem_set(&problem, "%s has no verb %s", arguments->words[0], cli_quote(arguments->words[1]).text);
    return cli_fail_usage(&session->out, problem.text);
}

/* The verb named by the words, or by --version alone; NULL: there is none. */
static const cli_verb *find_verb(const cli_arguments *arguments, size_t *used)
{
    static const char *const version[] = {"version"};
    size_t all;

    if (arguments->word_count == 0 && cli_given(arguments, CLI_VERSION))
        return cli_verb_find(version, 1, &all);
    return cli_verb_find((const char *const *)arguments->words, arguments->word_count, used);
}

static int dispatch(cli_session *session)
{
    const cli_arguments *arguments = session->arguments;
    const char *const *words = (const char *const *)arguments->words;
    size_t used = 0;
    const cli_verb *verb = find_verb(arguments, &used);

    if (verb) {
        snprintf(session->out.command, sizeof session->out.command, "podlink %s%s%s", verb->noun, verb->name ? " " : "",
                 verb->name ? verb->name : "");
        session->words = words + used;
        session->word_count = arguments->word_count - used;
    }
    if (cli_given(arguments, CLI_HELP))
        return cli_help_print(&session->out, words, verb ? used : arguments->word_count);
    return verb ? run_verb(session, verb) : fail_without_verb(session);
}

/* A standard stream that the caller has closed is /dev/null: its number would be given to the next socket or file,
 * which would then get what is printed. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    cli_arguments arguments;
    cli_problem problem;
    cli_session session = {.arguments = &arguments, .out = {.command = "podlink", .json = wants_json(argc, argv)}};
    int code;

    open_standard_streams();
    if (cli_arguments_init(&arguments, argc, argv, &problem)) {
        session.out.json = cli_given(&arguments, CLI_JSON);
        session.out.quiet = cli_given(&arguments, CLI_QUIET);
        code = dispatch(&session);
    } else {
        code = cli_fail_usage(&session.out, problem.text);
    }
    cli_arguments_fini(&arguments);
    return cli_exit_code_max(code, cli_output_finish(&session.out));
}
