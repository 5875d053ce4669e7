/* SPDX-License-Identifier: MIT */
/* "podlink scripts check": finds what a script does without declaring it. Reads the script, runs script_check, prints
 * the report. */
#include "verb_table.h"

#include "check/check_input.h"
#include "check/check_report.h"
#include "check/script_check.h"
#include "exit_code.h"
#include "server/server_process.h"

#include <podlink/script.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SOURCE_MAX: the limit of the library. */
enum { TIMEOUT_DEFAULT_MS = 3000, SOURCE_MAX = 1 << 20 };

/* One run of the verb: the script and its input. */
typedef struct check_run {
    cli_session *session;
    const char *path;
    podlink_script_info script;
    cli_script_input input;
    cli_script_check check;
} check_run;

/* Reads a file up to one byte more than the limit of a script. NULL: errno is set. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "re");
    char *source = file ? malloc(SOURCE_MAX + 1) : NULL;
    bool failed = true;

    if (source) {
        *length = fread(source, 1, SOURCE_MAX + 1, file);
        failed = ferror(file) != 0;
    }
    if (file) {
        int reason = errno;
        fclose(file);
        errno = reason;
    }
    if (failed) {
        free(source);
        return NULL;
    }
    return source;
}

static int fail_script(const check_run *run, const char *why)
{
    cli_problem problem;

    cli_problem_set(&problem, "%s: %s", cli_quote(run->path).text, why);
    return cli_fail(&run->session->out, &(cli_failure){.status = PODLINK_EINVAL, .message = problem.text});
}

/* Registers the script with the client, which parses its head. The name is fixed, because the file may be a built-in
 * script, whose name is already registered. */
static int read_script(check_run *run)
{
    podlink_client *client = run->session->client;
    podlink_script script = {.name = "checked"};
    podlink_error error;
    char *source = read_file(run->path, &script.source_length);
    podlink_status status;

    if (!source)
        return fail_script(run, strerror(errno));
    script.source = script.source_length > 0 ? source : ""; /* for the library, a length of 0 means NUL-terminated */
    status = podlink_script_register(client, &script, &error);
    free(source);
    if (status != PODLINK_OK)
        return fail_script(run, error.message);
    if (podlink_script_find(client, script.name, &run->script) != PODLINK_OK)
        return fail_script(run, "it was not registered");
    return cli_check_input_complete(&run->input, run->session, &run->script);
}

static int check_with(check_run *run, const cli_scratch_server *scratch)
{
    podlink_error error;

    if (cli_script_check_compile(&run->check, scratch->client, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    if (run->check.findings.count == 0 && cli_script_check_run(&run->check, scratch, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    return CLI_DONE;
}

static int check_on_scratch_server(check_run *run)
{
    const char *binary = cli_server_binary(run->session->arguments);
    cli_scratch_server scratch;
    cli_problem problem;
    int code;

    if (cli_scratch_server_start(&scratch, binary, &problem))
        code = check_with(run, &scratch);
    else
        code = cli_fail(&run->session->out, &(cli_failure){.status = PODLINK_ECONNECT, .message = problem.text});
    cli_scratch_server_stop(&scratch);
    return code;
}

static int check_script(check_run *run)
{
    podlink_error error;
    int code = CLI_DONE;

    run->check = (cli_script_check){
        .source = run->script.source,
        .source_length = run->script.source_length,
        .input = &run->input,
        .read_only = run->script.read_only || cli_given(run->session->arguments, CLI_READ_ONLY),
        .call = &run->session->call,
    };
    /* A named server may have another version than the temporary one. */
    if (!run->session->private_server &&
        cli_script_check_compile(&run->check, run->session->client, &error) != PODLINK_OK)
        return cli_session_fail(run->session, &error);
    if (run->check.findings.count == 0)
        code = check_on_scratch_server(run);
    if (code != CLI_DONE)
        return code;
    return cli_check_report_print(&run->session->out, &run->check, run->path, run->script.sha);
}

static int cli_scripts_check(cli_session *session)
{
    check_run run = {.session = session, .path = session->words[0]};
    int code = cli_script_input_init(&run.input, session);

    if (session->call.timeout_ms == 0)
        session->call.timeout_ms = TIMEOUT_DEFAULT_MS;
    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code == CLI_DONE)
        code = read_script(&run);
    if (code == CLI_DONE)
        code = check_script(&run);
    cli_findings_fini(&run.check.findings);
    cli_script_input_fini(&run.input);
    return code;
}

const cli_verb cli_script_check_verb[] = {
    {
        .noun = "scripts",
        .name = "check",
        .arguments = "FILE",
        .words_min = 1,
        .words_max = 1,
        .options = CLI_CONNECTING | CLI_INPUT | CLI_SET(READ_ONLY) | CLI_SET(BINARY),
        .run = cli_scripts_check,
        .summary = "find undeclared keys of a script, and writes in a script that must be read-only",
        .details =
            "The script is compiled, then run on a temporary, empty server by a user with access to the declared "
            "keys only.\n"
            "Each refused access is reported and then granted, and the script is run again, until it completes. So "
            "the check\n"
            "covers the one path that the script takes with these keys and arguments on an empty server.\n"
            "Without --key and --keys, the keys are the names in its head (--! keys: ...), or else key:1, key:2 and "
            "so on.\n"
            "Without --arg and --args, each argument is 1. The script must be read-only if its head says so "
            "(--! read-only) or\n"
            "with --read-only. A server named by --url, --url-file or PODLINK_URL only compiles it. Exits with 1 if "
            "anything\n"
            "was found.\n",
        .examples = "podlink scripts check hits.lua\n"
                    "podlink scripts check hits.lua --keys page,site --args 1 --read-only\n",
    },
    {.noun = NULL},
};
