/* SPDX-License-Identifier: MIT */
/* Starts and stops a real server for a test, by fork, exec and PING. Only the first bytes of a reply are checked, so
 * that tests of the client do not depend on a client here. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "real_server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    READY_MS = 10000, /* a sanitized server on a loaded machine took 2 s */
    TERM_MS = 5000,
    PING_MS = 1000,
    STEP_MS = 5,
    PORT_TRIES = 5, /* a free port may be taken by another before the server has it */
    ARGS_MAX = 64
};

struct test_server {
    pid_t pid; /* 0: not running */
    uint16_t port;
    uint16_t tls_port; /* 0: no TLS */
    struct test_server_tls tls;
    char dir[32];
    char socket[48];
    char port_text[8];
    char tls_port_text[8];
    bool is_sentinel;
    bool has_config;
    char *password;           /* NULL: none */
    char *network;            /* the path of its network namespace, NULL: that of the test */
    char *args[ARGS_MAX + 1]; /* as exec takes them, each one owned */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_a_step(void)
{
    const struct timespec step = {0, STEP_MS * 1000000L};
    nanosleep(&step, NULL);
}

/* ---- the directory ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_directory(const char *dir)
{
    if (nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "test server: cannot remove %s: %s\n", dir, strerror(errno));
}

static void print_log(const struct test_server *server)
{
    char path[64];
    snprintf(path, sizeof path, "%s/log", server->dir);
    FILE *log = fopen(path, "r");
    if (log == NULL)
        return;
    char line[512];
    while (fgets(line, sizeof line, log) != NULL)
        fprintf(stderr, "    %s", line);
    fclose(log);
}

static void config_path(const struct test_server *server, char *path, size_t size)
{
    snprintf(path, size, "%s/config", server->dir);
}

static bool write_file(const struct test_server *server, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", server->dir, name);
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fputs(text, file) >= 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "test server: cannot write %s: %s\n", path, strerror(errno));
    return written;
}

/* ---- arguments ---- */

static bool add_arg(struct test_server *server, const char *arg)
{
    size_t at = 0;
    while (server->args[at] != NULL)
        at++;
    if (at == ARGS_MAX)
        return false;
    server->args[at] = strdup(arg);
    return server->args[at] != NULL;
}

static bool add_args(struct test_server *server, const char *const args[])
{
    for (size_t i = 0; args != NULL && args[i] != NULL; i++)
        if (!add_arg(server, args[i]))
            return false;
    return true;
}

static void free_args(struct test_server *server)
{
    for (size_t i = 0; server->args[i] != NULL; i++) {
        free(server->args[i]);
        server->args[i] = NULL;
    }
}

static bool set_args(struct test_server *server, const char *const extra_args[])
{
    const char *binary = getenv("PODLINK_TEST_SERVER");
    if (binary == NULL || *binary == '\0')
        binary = "redis-server";
    snprintf(server->port_text, sizeof server->port_text, "%u", (unsigned)server->port);
    snprintf(server->tls_port_text, sizeof server->tls_port_text, "%u", (unsigned)server->tls_port);
    char config[64];
    config_path(server, config, sizeof config);
    const char *const program[] = {binary, server->has_config ? config : NULL, NULL};
    const char *const role[] = {server->is_sentinel ? "--sentinel" : NULL, NULL};
    const char *const own[] = {"--port",       server->port_text, "--bind",    "127.0.0.1", "--unixsocket",
                               server->socket, "--dir",           server->dir, NULL};
    const char *const forgetful[] = {"--save", "", "--appendonly", "no", NULL};
    const char *const tls[] = {"--tls-port",
                               server->tls_port_text,
                               "--tls-cert-file",
                               server->tls.certificate,
                               "--tls-key-file",
                               server->tls.key,
                               "--tls-ca-cert-file",
                               server->tls.ca,
                               "--tls-auth-clients",
                               "no",
                               NULL};
    const char *const auth[] = {"--requirepass", server->password, "--masterauth", server->password, NULL};
    free_args(server);
    return add_args(server, program) && add_args(server, role) && add_args(server, own) &&
           (server->tls_port == 0 || add_args(server, tls)) && (server->is_sentinel || add_args(server, forgetful)) &&
           (!server->password || server->is_sentinel || add_args(server, auth)) && add_args(server, extra_args);
}

/* ---- the process ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    uint16_t port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (bind(fd, (struct sockaddr *)&address, size) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    close(fd);
    return port;
}

/* In the child: never returns. */
static void become_server(const struct test_server *server, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126); /* the parent died before prctl() could report it */
    if (server->network != NULL) {
        int network = open(server->network, O_RDONLY | O_CLOEXEC);
        if (network < 0 || setns(network, CLONE_NEWNET) != 0)
            _exit(126);
    }
    char path[64];
    snprintf(path, sizeof path, "%s/log", server->dir);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0)
        _exit(126);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(server->args[0], server->args);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", server->args[0], strerror(errno));
    _exit(127);
}

static bool has_ended(struct test_server *server)
{
    if (server->pid != 0 && waitpid(server->pid, NULL, WNOHANG) == server->pid)
        server->pid = 0;
    return server->pid == 0;
}

static void end_process(struct test_server *server)
{
    if (server->pid == 0)
        return;
    kill(server->pid, SIGTERM);
    kill(server->pid, SIGCONT); /* a test may have stopped it */
    const int64_t deadline = now_ms() + TERM_MS;
    while (!has_ended(server) && now_ms() < deadline)
        wait_a_step();
    test_server_kill(server);
}

/* ---- readiness ---- */

static int connect_to(const struct test_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* A server that asks for a password is up as well; a server that still loads its data is not. */
static bool answers_ping(const struct test_server *server)
{
    static const char ping[] = "PING\r\n";
    char reply[8] = "";
    int fd = connect_to(server);
    if (fd < 0)
        return false;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    bool ready = send(fd, ping, sizeof ping - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof ping - 1) &&
                 poll(&readable, 1, PING_MS) == 1 && recv(fd, reply, sizeof reply - 1, 0) > 0 &&
                 (strncmp(reply, "+PONG", 5) == 0 || strncmp(reply, "-NOAUTH", 7) == 0);
    close(fd);
    return ready;
}

static bool becomes_ready(struct test_server *server)
{
    const int64_t deadline = now_ms() + READY_MS;
    while (!answers_ping(server)) {
        if (has_ended(server) || now_ms() >= deadline)
            return false;
        wait_a_step();
    }
    return true;
}

static int run(struct test_server *server)
{
    const pid_t parent = getpid();
    unlink(server->socket); /* of a process that was killed: connect() must not find it */
    pid_t pid = fork();
    if (pid == 0)
        become_server(server, parent);
    if (pid < 0) {
        fprintf(stderr, "test server: fork: %s\n", strerror(errno));
        return -1;
    }
    server->pid = pid;
    if (!becomes_ready(server)) {
        end_process(server);
        return -1;
    }
    return 0;
}

/* ---- the interface ---- */

static void free_server(struct test_server *server)
{
    free_args(server);
    free(server->password);
    free(server->network);
    free(server);
}

static struct test_server *new_server(const struct test_server_plan *plan)
{
    struct test_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->port = plan->port;
    server->tls_port = plan->tls_port;
    if (plan->tls != NULL)
        server->tls = *plan->tls;
    server->is_sentinel = plan->is_sentinel;
    server->has_config = plan->config != NULL;
    server->password = plan->password != NULL ? strdup(plan->password) : NULL;
    server->network = plan->network != NULL ? strdup(plan->network) : NULL;
    /* In /tmp, whatever TMPDIR says: the path of a unix socket has 107 bytes at most. */
    snprintf(server->dir, sizeof server->dir, "/tmp/podlink-test-XXXXXX");
    if (mkdtemp(server->dir) == NULL) {
        fprintf(stderr, "test server: mkdtemp: %s\n", strerror(errno));
        free_server(server);
        return NULL;
    }
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->dir);
    return server;
}

static void say_why(const struct test_server *server, const char *what)
{
    fprintf(stderr, "test server: %s did not %s:\n", server->args[0] != NULL ? server->args[0] : "it", what);
    print_log(server);
}

/* @param tries  how many free ports to try; 0: the port is given, or there is none */
static struct test_server *start(const struct test_server_plan *plan, int tries)
{
    struct test_server *server = new_server(plan);
    if (server == NULL)
        return NULL;
    bool written = (plan->config == NULL || write_file(server, "config", plan->config)) &&
                   (plan->nodes == NULL || write_file(server, "nodes.conf", plan->nodes));
    do {
        if (tries > 0)
            server->port = free_port();
        if (!set_args(server, plan->args)) {
            fprintf(stderr, "test server: more than %d arguments, or no memory\n", ARGS_MAX);
            break;
        }
        if (written && run(server) == 0)
            return server;
    } while (--tries > 0);
    say_why(server, "start");
    test_server_stop(server);
    return NULL;
}

struct test_server *test_server_start(const char *const extra_args[])
{
    const struct test_server_plan plan = {.args = extra_args};
    return start(&plan, 0);
}

struct test_server *test_server_start_tcp(const char *const extra_args[])
{
    const struct test_server_plan plan = {.args = extra_args};
    return start(&plan, PORT_TRIES);
}

struct test_server *test_server_start_as(const struct test_server_plan *plan)
{
    return start(plan, 0);
}

const char *test_server_socket(const struct test_server *server)
{
    return server->socket;
}

uint16_t test_server_port(const struct test_server *server)
{
    return server->port != 0 ? server->port : server->tls_port;
}

const char *test_server_password(const struct test_server *server)
{
    return server->password;
}

pid_t test_server_pid(const struct test_server *server)
{
    return server->pid;
}

void test_server_kill(struct test_server *server)
{
    if (server->pid != 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void test_server_suspend(struct test_server *server)
{
    if (server->pid != 0) {
        int status = 0;
        kill(server->pid, SIGSTOP);
        if (waitpid(server->pid, &status, WUNTRACED) == server->pid && !WIFSTOPPED(status))
            server->pid = 0; /* it had ended */
    }
}

void test_server_resume(struct test_server *server)
{
    if (server->pid != 0)
        kill(server->pid, SIGCONT);
}

int test_server_restart(struct test_server *server)
{
    end_process(server);
    if (run(server) == 0)
        return 0;
    say_why(server, "come back");
    return -1;
}

int test_server_restart_as(struct test_server *server, const char *const extra_args[])
{
    return set_args(server, extra_args) ? test_server_restart(server) : -1;
}

void test_server_stop(struct test_server *server)
{
    if (server == NULL)
        return;
    end_process(server);
    remove_directory(server->dir);
    free_server(server);
}
