/* SPDX-License-Identifier: MIT */
/* "podlink command": sends any Redis command. */
#include "verb_table.h"

#include "exit_code.h"
#include "reply_output.h"
#include "verbs/command_key.h"
#include "verbs/command_secret.h"

#include <podlink/command.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command to send. */
typedef struct request {
    const char **argv;
    size_t *lengths;
    size_t argc;
    char *input;
} request;

static void request_fini(request *request)
{
    free(request->argv);
    free(request->lengths);
    free(request->input);
}

/* Reads standard input to its end; NULL: errno is set. */
static char *read_input(size_t *length)
{
    size_t capacity = 65536;
    char *input = malloc(capacity);

    *length = 0;
    while (input) {
        *length += fread(input + *length, 1, capacity - *length, stdin);
        if (*length < capacity)
            break;
        char *larger = realloc(input, capacity *= 2);
        if (!larger)
            free(input);
        input = larger;
    }
    if (input && ferror(stdin)) {
        free(input);
        return NULL;
    }
    return input;
}

static bool request_init(request *request, const cli_session *session, cli_problem *problem)
{
    bool with_input = cli_given(session->arguments, CLI_STDIN);

    *request = (struct request){
        .argv = calloc(session->word_count + 1, sizeof(char *)),
        .lengths = calloc(session->word_count + 1, sizeof(size_t)),
    };
    if (!request->argv || !request->lengths) {
        cli_problem_set(problem, "out of memory");
        return false;
    }
    for (size_t i = 0; i < session->word_count; i++) {
        request->argv[i] = session->words[i];
        request->lengths[i] = strlen(session->words[i]);
    }
    request->argc = session->word_count;
    if (with_input) {
        request->input = read_input(&request->lengths[request->argc]);
        request->argv[request->argc] = request->input;
        request->argc++;
    }
    if (with_input && !request->input) {
        cli_problem_set(problem, "cannot read standard input: %s", strerror(errno));
        return false;
    }
    return true;
}

static int run(cli_session *session, const request *request)
{
    const podlink_command command = {
        .argc = request->argc,
        .argv = request->argv,
        .argv_lengths = request->lengths,
        .key_index = cli_command_key(request->argv, request->lengths, request->argc),
    };
    podlink_reply *reply = NULL;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    if (podlink_command_run(session->client, &command, &session->call, &reply, &error) < 0)
        return cli_session_fail(session, &error);
    cli_reply_print(&session->out, reply);
    podlink_reply_free(reply);
    return CLI_DONE;
}

static int cli_command(cli_session *session)
{
    cli_problem problem;
    request request;
    int code;

    if (cli_command_has_secret(session->words, session->word_count)) {
        return cli_fail_usage(&session->out, "a password is not allowed on the command line, which every user of this "
                                             "machine can read; omit it and pass it with --stdin");
    }
    if (request_init(&request, session, &problem))
        code = run(session, &request);
    else
        code = cli_fail_usage(&session->out, problem.text);
    request_fini(&request);
    return code;
}

const cli_verb cli_command_verb[] = {
    {
        .noun = "command",
        .arguments = "ARGUMENT...",
        .words_min = 1,
        .words_max = SIZE_MAX,
        .options = CLI_CONNECTING | CLI_SET(STDIN),
        .run = cli_command,
        .summary = "send any Redis command and print its reply",
        .details = "The tool's own options go before the command. --stdin reads the last argument, any bytes, from "
                   "standard\n"
                   "input: for long arguments, and for passwords, which are not allowed on the command line.\n",
        .examples = "podlink command INFO server\n"
                    "podlink command --json HGETALL 'sf:{default:state:chat}'\n"
                    "printf %s \"$NEW_PASSWORD\" | podlink command --stdin CONFIG SET requirepass\n",
    },
    {.noun = NULL},
};
