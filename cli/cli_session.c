/* SPDX-License-Identifier: MIT */
/* One run of a verb: its words, options and client. All verbs find their server here. */
#include "cli_session.h"

#include "cli_url.h"
#include "exit_code.h"
#include "numbers.h"
#include "server/private_server.h"
#include "server/server_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char start_hint[] =
    "start the private server with \"podlink server start\", or name a server in PODLINK_URL";

static int url_from_file(cli_session *session, const char *path)
{
    cli_problem problem;
    bool exposed;

    session->url = cli_url_from_file(path, &exposed, &problem);
    if (!session->url)
        return cli_fail_usage(&session->out, problem.text);
    if (exposed)
        cli_warn(&session->out, "every user of this machine can read %s; run: chmod 600 FILE", cli_quote(path).text);
    return CLI_DONE;
}

static int url_from_option(cli_session *session, const char *url)
{
    if (cli_url_has_password(url)) {
        return cli_fail_usage(&session->out,
                              "--url must not contain a password, because every user of this machine can read the "
                              "command line; put the URL in PODLINK_URL, or in a file named by --url-file");
    }
    session->url = strdup(url);
    return CLI_DONE;
}

static int url_of_private_server(cli_session *session)
{
    cli_private_server server;
    cli_problem problem;

    if (!cli_private_server_init(&server, &problem))
        return cli_fail_usage(&session->out, problem.text);
    if (cli_server_check_owner(&server, &problem)) {
        session->private_server = true;
        session->url = strdup(server.url);
    }
    cli_private_server_fini(&server);
    return session->private_server ? CLI_DONE : cli_fail_usage(&session->out, problem.text);
}

static int find_url(cli_session *session)
{
    const char *option = session->arguments->value[CLI_URL];
    const char *file = session->arguments->value[CLI_URL_FILE];
    const char *environment = getenv("PODLINK_URL");

    if (option && file)
        return cli_fail_usage(&session->out, "--url and --url-file cannot be combined");
    if (option)
        return url_from_option(session, option);
    if (file)
        return url_from_file(session, file);
    if (environment && environment[0]) {
        session->url = strdup(environment);
        return CLI_DONE;
    }
    return url_of_private_server(session);
}

void cli_session_log(void *context, const podlink_log_record *record)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    const cli_output *out = context;
    size_t level = (size_t)record->level;

    fprintf(stderr, "%s: %s: %s\n", out->command, level < 4 ? levels[level] : "log", record->message);
}

int cli_session_open(cli_session *session)
{
    podlink_options options;
    podlink_error error;
    int code = find_url(session);

    if (code != CLI_DONE)
        return code;
    podlink_options_init(&options);
    options.url = session->url;
    options.shared_connections = 1;
    /* Most verbs need one script or none, so the call that misses a script loads it. */
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    if (cli_given(session->arguments, CLI_VERBOSE)) {
        options.log = cli_session_log;
        options.log_context = &session->out;
        options.log_level = PODLINK_LOG_DEBUG;
    }
    if (podlink_client_open(&options, &session->client, &error) != PODLINK_OK)
        return cli_session_fail(session, &error);
    return CLI_DONE;
}

void cli_session_close(cli_session *session)
{
    podlink_client_free(session->client);
    session->client = NULL;
    cli_url_free(session->url);
    session->url = NULL;
}

const char *cli_session_advice(const cli_session *session, podlink_status status)
{
    switch (status) {
    case PODLINK_ECONNECT:
        return session->private_server ? start_hint : "check that the server is running and the URL is correct";
    case PODLINK_EAUTH:
        return "check user and password in PODLINK_URL or in the file of --url-file";
    case PODLINK_ETIMEDOUT:
        return "a longer --timeout may help";
    case PODLINK_ELOADING:
        return "try again in a moment";
    default:
        return NULL;
    }
}

cli_failure cli_session_failure(const cli_session *session, const podlink_error *error)
{
    return (cli_failure){
        .status = error->status,
        .message = error->message[0] ? error->message : podlink_status_text(error->status),
        .next = cli_session_advice(session, error->status),
        .error = error,
    };
}

int cli_session_fail(const cli_session *session, const podlink_error *error)
{
    cli_failure failure = cli_session_failure(session, error);

    return cli_fail(&session->out, &failure);
}

int cli_session_number(const cli_session *session, cli_option option, int64_t min, int64_t max, int64_t *value)
{
    const char *text = session->arguments->value[option];
    cli_problem problem;

    if (text && !cli_parse_number(text, cli_option_texts[option].flag, min, max, value, &problem))
        return cli_fail_usage(&session->out, problem.text);
    return CLI_DONE;
}

int cli_session_duration(const cli_session *session, cli_option option, int64_t *seconds)
{
    const char *text = session->arguments->value[option];
    cli_problem problem;

    if (text && !cli_parse_duration(text, cli_option_texts[option].flag, seconds, &problem))
        return cli_fail_usage(&session->out, problem.text);
    return CLI_DONE;
}
