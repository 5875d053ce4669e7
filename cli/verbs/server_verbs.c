/* SPDX-License-Identifier: MIT */
/* The verbs "podlink server start, stop, status", for the private local server. */
#include "verb_table.h"

#include "cli_clock.h"
#include "exit_code.h"
#include "server/private_server.h"
#include "server/server_facts.h"
#include "server/server_peer.h"
#include "server/server_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 20, WAIT_DEFAULT_MS = 10000, WAIT_MAX_MS = 600000 };

/* One run of a verb. */
typedef struct server_run {
    cli_session *session;
    cli_private_server server;
    cli_server_facts facts;
    int64_t deadline_ms;
    long log_from;
} server_run;

static int fail(const cli_session *session, podlink_status status, const char *message, const char *next)
{
    return cli_fail(&session->out, &(cli_failure){.status = status, .message = message, .next = next});
}

static json_t *facts_json(const server_run *run)
{
    bool answers = run->facts.answers;
    json_t *object = cli_json(answers ? PODLINK_OK : PODLINK_NOT_FOUND);

    json_object_set_new(object, "running", json_boolean(answers));
    if (answers) {
        json_object_set_new(object, "loading", json_boolean(run->facts.loading));
        json_object_set_new(object, "pid", json_integer(run->facts.pid));
        json_object_set_new(object, "version", json_string(run->facts.version));
        json_object_set_new(object, "keys", json_integer(run->facts.keys));
    }
    json_object_set_new(object, "socket", json_string(run->server.socket));
    json_object_set_new(object, "url", json_string(run->server.url));
    json_object_set_new(object, "dir", json_string(run->server.directory));
    return object;
}

static void print_fact(const char *name, const char *value)
{
    printf("%-8s ", name);
    cli_print_name(value);
    putchar('\n');
}

static void print_status(const server_run *run)
{
    if (run->facts.answers) {
        printf("%-8s %s\n", "state", run->facts.loading ? "running, loading its data" : "running");
        printf("%-8s %lld\n", "pid", (long long)run->facts.pid);
        printf("%-8s %s\n", "version", run->facts.version);
        printf("%-8s %lld\n", "keys", (long long)run->facts.keys);
    } else {
        printf("%-8s %s\n", "state", "not running");
    }
    print_fact("socket", run->server.socket);
    print_fact("url", run->server.url);
    print_fact("dir", run->server.directory);
}

static int find_paths(server_run *run)
{
    cli_problem problem;

    if (!cli_private_server_init(&run->server, &problem))
        return cli_fail_usage(&run->session->out, problem.text);
    if (cli_server_check_owner(&run->server, &problem))
        return CLI_DONE;
    cli_private_server_fini(&run->server);
    return cli_fail_usage(&run->session->out, problem.text);
}

/* Sets the paths and the deadline. Refuses the server of another user. */
static int prepare(server_run *run)
{
    int64_t wait_ms = WAIT_DEFAULT_MS;
    int code = cli_session_number(run->session, CLI_WAIT, 1, WAIT_MAX_MS, &wait_ms);

    run->deadline_ms = cli_now_ms() + wait_ms;
    return code == CLI_DONE ? find_paths(run) : code;
}

static int fail_unresponsive(const server_run *run)
{
    cli_problem problem;

    cli_problem_set(&problem, "the private server is running but does not answer (its pid file says %ld)",
                    (long)cli_server_pid(&run->server));
    return fail(run->session, PODLINK_ETIMEDOUT, problem.text, "see its log, server.log in its directory");
}

static int cli_server_status(cli_session *session)
{
    server_run run = {.session = session};
    int code = find_paths(&run);

    if (code != CLI_DONE)
        return code;
    run.facts = cli_server_query(&run.server);
    if (!run.facts.answers && cli_server_is_locked(&run.server)) {
        code = fail_unresponsive(&run);
    } else {
        code = run.facts.answers ? CLI_DONE : CLI_NEGATIVE;
        if (cli_wants_json(&session->out))
            cli_json_print(facts_json(&run));
        else if (!session->out.quiet)
            print_status(&run);
    }
    cli_private_server_fini(&run.server);
    return code;
}

static int print_started(const server_run *run, bool started)
{
    if (run->session->out.quiet)
        return CLI_DONE;
    if (run->session->out.json) {
        json_t *object = facts_json(run);
        json_object_set_new(object, "started", json_boolean(started));
        cli_json_print(object);
        return CLI_DONE;
    }
    printf("%s: %s, pid %lld, %s\n", started ? "started" : "already running", run->facts.version,
           (long long)run->facts.pid, run->server.url);
    return CLI_DONE;
}

/* The server has exited or does not answer: the end of its log says why. */
static int fail_start(const server_run *run, const char *what)
{
    char log_tail[CLI_LOG_TAIL_SIZE];
    cli_problem problem;

    cli_server_log_tail(&run->server, run->log_from, log_tail, sizeof log_tail);
    cli_problem_set(&problem, "%s; the end of server.log: %s", what, log_tail);
    return fail(run->session, PODLINK_ECONNECT, problem.text, NULL);
}

/* Waits for the started server. It is killed after the deadline, unless it is loading its data. */
static int wait_for_start(server_run *run, pid_t child)
{
    for (;;) {
        run->facts = cli_server_query(&run->server);
        if (run->facts.answers && !run->facts.loading)
            return print_started(run, true);
        if (waitpid(child, NULL, WNOHANG) == child)
            return fail_start(run, "the server exited immediately");
        if (cli_now_ms() >= run->deadline_ms)
            break;
        cli_pause_ms(POLL_MS);
    }
    if (run->facts.loading) {
        return fail(run->session, PODLINK_ELOADING, "the server is running and still loading its data",
                    "\"podlink server status\" shows when it is ready");
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return fail_start(run, "the server did not answer in time and was stopped; a longer --wait may help");
}

static int spawn(server_run *run, int lock)
{
    const char *binary = cli_server_binary(run->session->arguments);
    cli_problem problem;
    pid_t child;

    run->log_from = cli_server_log_length(&run->server);
    child = cli_server_spawn(&run->server, binary, lock, &problem);
    close(lock);
    if (child < 0)
        return fail(run->session, PODLINK_ECONNECT, problem.text, NULL);
    return wait_for_start(run, child);
}

/* Starts the server unless it is running; if another process is starting it, waits for that. */
static int start(server_run *run)
{
    for (;;) {
        int lock;

        run->facts = cli_server_query(&run->server);
        if (run->facts.answers && !run->facts.loading)
            return print_started(run, false);
        lock = cli_server_lock(&run->server);
        if (lock >= 0)
            return spawn(run, lock);
        if (errno != EWOULDBLOCK)
            return fail(run->session, PODLINK_ECONNECT, strerror(errno),
                        "check that the server's directory is writable");
        if (cli_now_ms() >= run->deadline_ms)
            return fail_unresponsive(run);
        cli_pause_ms(POLL_MS);
    }
}

static int cli_server_start(cli_session *session)
{
    server_run run = {.session = session};
    cli_problem problem;
    int code = prepare(&run);

    if (code != CLI_DONE)
        return code;
    if (cli_private_server_make_directory(&run.server, &problem))
        code = start(&run);
    else
        code = cli_fail_usage(&session->out, problem.text);
    cli_private_server_fini(&run.server);
    return code;
}

static int print_stopped(const server_run *run, bool stopped)
{
    if (run->session->out.quiet)
        return CLI_DONE;
    if (run->session->out.json) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "running", json_false());
        json_object_set_new(object, "stopped", json_boolean(stopped));
        json_object_set_new(object, "dir", json_string(run->server.directory));
        cli_json_print(object);
    } else if (stopped) {
        printf("stopped: pid %lld\n", (long long)run->facts.pid);
    } else {
        printf("not running\n");
    }
    return CLI_DONE;
}

/* Stops the process that listens on the socket, if the pid file and the server itself report the same pid. */
static int stop(server_run *run)
{
    pid_t pid = cli_server_pid(&run->server);
    cli_server_peer peer;
    cli_problem problem;

    if (!cli_server_peer_read(&run->server, &peer, &problem))
        return fail(run->session, PODLINK_ECONNECT, problem.text, NULL);
    if (pid <= 0 || pid != (pid_t)run->facts.pid || pid != peer.pid) {
        cli_problem_set(&problem,
                        "the pid file says %ld, the server says %lld, and process %ld listens on the socket: nothing "
                        "is stopped",
                        (long)pid, (long long)run->facts.pid, (long)peer.pid);
        return fail(run->session, PODLINK_ECONNECT, problem.text, "stop it manually");
    }
    if (kill(pid, SIGTERM) != 0) {
        cli_problem_set(&problem, "process %ld cannot be signalled: %s", (long)pid, strerror(errno));
        return fail(run->session, PODLINK_ECONNECT, problem.text, NULL);
    }
    while (!cli_process_has_exited(pid)) {
        if (cli_now_ms() >= run->deadline_ms) {
            cli_problem_set(&problem, "process %ld was asked to stop, but has not exited yet", (long)pid);
            return fail(run->session, PODLINK_ETIMEDOUT, problem.text, "a longer --wait may help");
        }
        cli_pause_ms(POLL_MS);
    }
    return print_stopped(run, true);
}

static int cli_server_stop(cli_session *session)
{
    server_run run = {.session = session};
    int code = prepare(&run);

    if (code != CLI_DONE)
        return code;
    run.facts = cli_server_query(&run.server);
    if (run.facts.answers)
        code = stop(&run);
    else if (cli_server_is_locked(&run.server))
        code = fail_unresponsive(&run);
    else
        code = print_stopped(&run, false);
    cli_private_server_fini(&run.server);
    return code;
}

const cli_verb cli_server_verbs[] = {
    {
        .noun = "server",
        .name = "start",
        .options = CLI_PRINTING | CLI_SET(BINARY) | CLI_SET(WAIT),
        .run = cli_server_start,
        .summary = "start the private local server, which is used if no server is named",
        .details =
            "It listens on a unix socket only, and keeps its data in PODLINK_SERVER_DIR, by default\n"
            "~/.local/share/podlink/server. If it is already running, that is reported, and the exit code is 0.\n",
        .examples = "podlink server start\n"
                    "PODLINK_SERVER_DIR=/tmp/try podlink server start --binary valkey-server\n",
    },
    {
        .noun = "server",
        .name = "stop",
        .options = CLI_PRINTING | CLI_SET(WAIT),
        .run = cli_server_stop,
        .summary = "stop the private local server; its data is kept",
        .details = "If it is not running, that is reported, and the exit code is 0.\n",
        .examples = "podlink server stop\n",
    },
    {
        .noun = "server",
        .name = "status",
        .options = CLI_PRINTING,
        .run = cli_server_status,
        .summary = "print whether the private local server is running, and where",
        .details = "Exits with 1 if it is not running.\n",
        .examples = "podlink server status\n"
                    "podlink server status --quiet || podlink server start\n",
    },
    {.noun = NULL},
};
