/* SPDX-License-Identifier: MIT */
/* A temporary server for one run of the tool: in its own directory below TMPDIR, without persistence, removed at the
 * end. */
#include "server/scratch_server.h"

#include "cli_clock.h"
#include "interrupt.h"
#include "server/server_process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 10000, POLL_MS = 5 };

/* The server that a signal handler has to remove. */
static const cli_scratch_server *volatile active;

/* Async-signal-safe: a signal handler calls it, too. */
static void destroy(const cli_scratch_server *scratch)
{
    const cli_private_server *server = &scratch->server;

    if (scratch->pid > 0) {
        kill(scratch->pid, SIGKILL);
        waitpid(scratch->pid, NULL, 0); /* it must not write any more when its directory is removed */
    }
    unlink(server->socket);
    unlink(server->pid_file);
    unlink(server->log_file);
    unlink(server->lock_file);
    rmdir(server->directory);
}

static void clean_up(int signal_number)
{
    const cli_scratch_server *scratch = active;

    if (scratch)
        destroy(scratch);
    raise(signal_number); /* ends the tool: SA_RESETHAND has restored the default action */
}

static bool make_directory(cli_scratch_server *scratch, cli_problem *problem)
{
    const char *parent = getenv("TMPDIR");
    char *directory = NULL;
    char made[PATH_MAX];

    if (!parent || parent[0] != '/')
        parent = "/tmp";
    if (asprintf(&directory, "%s/podlink-check.XXXXXX", parent) < 0) {
        cli_problem_set(problem, "out of memory");
        return false;
    }
    if (!mkdtemp(directory)) {
        cli_problem_set(problem, "cannot create a directory in %s: %s", cli_quote(parent).text, strerror(errno));
        free(directory);
        return false;
    }
    snprintf(made, sizeof made, "%s", directory);
    if (!cli_private_server_init_in(&scratch->server, directory, problem)) {
        rmdir(made);
        return false;
    }
    scratch->server.temporary = true;
    return true;
}

static bool spawn(cli_scratch_server *scratch, const char *binary, cli_problem *problem)
{
    int lock = cli_server_lock(&scratch->server);
    pid_t pid;

    if (lock < 0) {
        cli_problem_set(problem, "cannot create a file in %s: %s", cli_quote(scratch->server.directory).text,
                        strerror(errno));
        return false;
    }
    pid = cli_server_spawn(&scratch->server, binary, lock, problem);
    close(lock);
    scratch->pid = pid > 0 ? pid : 0;
    return pid > 0;
}

static bool fail_start(const cli_scratch_server *scratch, const char *what, cli_problem *problem)
{
    char log_tail[CLI_LOG_TAIL_SIZE];

    cli_server_log_tail(&scratch->server, 0, log_tail, sizeof log_tail);
    cli_problem_set(problem, "%s; the end of its log: %s", what, log_tail);
    return false;
}

static bool wait_until_ready(cli_scratch_server *scratch, cli_problem *problem)
{
    int64_t deadline_ms = cli_now_ms() + ANSWER_MS;
    podlink_error error;

    scratch->client = cli_scratch_server_open(scratch, NULL, &error);
    if (!scratch->client) {
        cli_problem_set(problem, "%s", error.message);
        return false;
    }
    while (podlink_ping(scratch->client, NULL, NULL, &error) != PODLINK_OK) {
        if (waitpid(scratch->pid, NULL, WNOHANG) == scratch->pid) {
            scratch->pid = 0;
            return fail_start(scratch, "the temporary server exited immediately", problem);
        }
        if (cli_now_ms() >= deadline_ms)
            return fail_start(scratch, "the temporary server does not answer", problem);
        cli_pause_ms(POLL_MS);
    }
    return true;
}

bool cli_scratch_server_start(cli_scratch_server *scratch, const char *binary, cli_problem *problem)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

    *scratch = (cli_scratch_server){0};
    if (!make_directory(scratch, problem))
        return false;
    active = scratch;
    cli_signals_catch(signals, sizeof signals / sizeof signals[0], clean_up);
    return spawn(scratch, binary, problem) && wait_until_ready(scratch, problem);
}

podlink_client *cli_scratch_server_open(const cli_scratch_server *scratch, const char *user, podlink_error *error)
{
    podlink_client *client = NULL;
    podlink_options options;

    podlink_options_init(&options);
    options.url = scratch->server.url;
    options.user = user;
    options.password = user ? "none" : NULL; /* a user without a password accepts any */
    options.shared_connections = 1;
    options.retries = 0;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    podlink_client_open(&options, &client, error);
    return client;
}

void cli_scratch_server_stop(cli_scratch_server *scratch)
{
    sigset_t all;
    sigset_t before;

    podlink_client_free(scratch->client);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* the handler must not kill the pid again: it may be reused */
    if (scratch->server.directory)
        destroy(scratch);
    active = NULL;
    sigprocmask(SIG_SETMASK, &before, NULL);
    cli_private_server_fini(&scratch->server);
    *scratch = (cli_scratch_server){0};
}
