/* SPDX-License-Identifier: MIT */
/* The process of a private or temporary server: starts it, finds out whether it runs, reads its log. */
#include "server/server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOCK_IN_SERVER = 3,   /* the descriptor that the server inherits */
    REPORT_IN_SERVER = 4, /* closed by a successful exec */
    DESCRIPTORS_MAX = 1024,
    LOG_TAIL_MAX = 400
};

int cli_server_lock(const cli_private_server *server)
{
    int lock = open(server->lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int reason;

    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
        reason = errno;
        close(lock);
        errno = reason;
        return -1;
    }
    return lock;
}

bool cli_server_is_locked(const cli_private_server *server)
{
    int lock = open(server->lock_file, O_RDWR | O_CLOEXEC);
    bool locked = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    if (lock >= 0)
        close(lock);
    return locked;
}

/* In the child: standard input is empty, output goes to the log, only the lock of the other descriptors stays open. */
static void set_up_descriptors(const cli_private_server *server, int lock, int report)
{
    int null = open("/dev/null", O_RDWR);
    int log = open(server->log_file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    /* Copies above 10, because dup2() below overwrites the low numbers. */
    int lock_copy = fcntl(lock, F_DUPFD, 10);
    int report_copy = fcntl(report, F_DUPFD, 10);

    dup2(null, STDIN_FILENO);
    dup2(log >= 0 ? log : null, STDOUT_FILENO);
    dup2(log >= 0 ? log : null, STDERR_FILENO);
    dup2(lock_copy, LOCK_IN_SERVER);
    dup2(report_copy, REPORT_IN_SERVER);
    fcntl(REPORT_IN_SERVER, F_SETFD, FD_CLOEXEC);
    for (int other = REPORT_IN_SERVER + 1; other < DESCRIPTORS_MAX; other++)
        close(other);
}

/* In the child: executes the server; returns only on failure, with errno. */
static void become_server(const cli_private_server *server, const char *binary)
{
    char *const append_only = server->temporary ? "no" : "yes"; /* the append-only file has all data */
    char *const arguments[] = {
        "podlink-server",
        "--port",
        "0",
        "--unixsocket",
        server->socket,
        "--unixsocketperm",
        "700",
        "--dir",
        server->directory,
        "--pidfile",
        server->pid_file,
        "--logfile",
        server->log_file,
        "--daemonize",
        "no",
        "--appendonly",
        append_only,
        "--appendfsync",
        "everysec",
        "--save",
        "",
        NULL,
    };

    if (binary) {
        execvp(binary, arguments);
        return;
    }
    execvp("redis-server", arguments);
    if (errno == ENOENT)
        execvp("valkey-server", arguments);
}

static void run_child(const cli_private_server *server, const char *binary, int lock, int report)
{
    int reason;

    setsid();
    if (server->temporary)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    set_up_descriptors(server, lock, report);
    /* /proc would show its password for as long as the server runs. */
    unsetenv("PODLINK_URL");
    umask(0077);
    become_server(server, binary);
    reason = errno;
    if (write(REPORT_IN_SERVER, &reason, sizeof reason) < 0)
        _exit(126);
    _exit(127);
}

static pid_t spawn_failed(const char *binary, int reason, cli_problem *problem)
{
    cli_problem_set(problem,
                    "cannot start the server %s: %s; install redis-server or valkey-server, or name one with --binary",
                    cli_quote(binary ? binary : "redis-server").text, strerror(reason));
    return -1;
}

pid_t cli_server_spawn(const cli_private_server *server, const char *binary, int lock, cli_problem *problem)
{
    int report[2];
    int reason = 0;
    ssize_t got;
    pid_t child;

    if (pipe2(report, O_CLOEXEC) != 0)
        return spawn_failed(binary, errno, problem);
    child = fork();
    if (child == 0)
        run_child(server, binary, lock, report[1]);
    reason = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return spawn_failed(binary, reason, problem);
    }
    got = read(report[0], &reason, sizeof reason); /* returns when exec() succeeds (close-on-exec) or fails */
    close(report[0]);
    if (got == (ssize_t)sizeof reason) {
        waitpid(child, NULL, 0);
        return spawn_failed(binary, reason, problem);
    }
    return child;
}

pid_t cli_server_pid(const cli_private_server *server)
{
    FILE *file = fopen(server->pid_file, "re");
    char line[32] = "";
    long pid;

    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
    }
    pid = strtol(line, NULL, 10);
    return pid > 0 && pid <= INT_MAX ? (pid_t)pid : -1;
}

/* Reads the state letter and the number of threads of a process from /proc. Returns false if it cannot. */
static bool read_process(pid_t pid, char *state, int *threads)
{
    char path[64];
    char line[512];
    const char *name_end = NULL;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (fgets(line, sizeof line, file))
        name_end = strrchr(line, ')');
    fclose(file);
    /* NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers */
    return name_end && sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d",
                              state, threads) == 2;
}

bool cli_process_has_exited(pid_t pid)
{
    char state = 0;
    int threads = 0;

    if (kill(pid, 0) != 0 && errno == ESRCH)
        return true;
    /* The main thread may be a zombie while other threads still exit; the process then still has the lock. */
    return read_process(pid, &state, &threads) && state == 'Z' && threads <= 1;
}

long cli_server_log_length(const cli_private_server *server)
{
    struct stat status;

    return stat(server->log_file, &status) == 0 ? (long)status.st_size : 0;
}

void cli_server_log_tail(const cli_private_server *server, long from, char *buffer, size_t size)
{
    char tail[LOG_TAIL_MAX + 1];
    long begin = cli_server_log_length(server) - LOG_TAIL_MAX;
    FILE *file = fopen(server->log_file, "re");
    const char *start = tail;
    size_t length = 0;

    if (file) {
        fseek(file, begin > from ? begin : from, SEEK_SET);
        length = fread(tail, 1, LOG_TAIL_MAX, file);
        fclose(file);
    }
    while (length > 0 && tail[length - 1] == '\n')
        length--;
    tail[length] = '\0';
    if (begin > from && strchr(tail, '\n'))
        start = strchr(tail, '\n') + 1; /* skip the rest of a cut line */
    if (*start)
        cli_escape(buffer, size, start, strlen(start));
    else
        snprintf(buffer, size, "(empty)");
}

const char *cli_server_binary(const cli_arguments *arguments)
{
    const char *binary = arguments->value[CLI_BINARY];

    if (!binary)
        binary = getenv("PODLINK_SERVER_BINARY");
    return binary && binary[0] ? binary : NULL;
}
