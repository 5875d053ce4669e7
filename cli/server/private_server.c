/* SPDX-License-Identifier: MIT */
/* Paths of the private local server: its directory, socket, lock, log and URL. */
#include "server/private_server.h"

#include "cli_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* "a/b"; the caller frees it. NULL: out of memory, or one of them is NULL. */
static char *join(const char *directory, const char *name)
{
    char *path = NULL;

    if (!directory || !name || asprintf(&path, "%s/%s", directory, name) < 0)
        return NULL;
    return path;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

/* A variable that holds an absolute path; NULL: it is unset or relative. */
static const char *absolute_variable(const char *name)
{
    const char *value = variable(name);

    return value && value[0] == '/' ? value : NULL;
}

/* A path relative to the working directory as an absolute one; the caller frees it. */
static char *make_absolute(const char *path)
{
    char *current;
    char *absolute;

    if (path[0] == '/')
        return strdup(path);
    current = getcwd(NULL, 0);
    absolute = join(current, path);
    free(current);
    return absolute;
}

/* The directory named by the environment, absolute because the server changes its working directory. A relative
 * XDG_DATA_HOME is ignored, as its specification demands. */
static char *find_directory(void)
{
    const char *own = variable("PODLINK_SERVER_DIR");
    const char *data = absolute_variable("XDG_DATA_HOME");

    if (own)
        return make_absolute(own);
    if (data)
        return join(data, "podlink/server");
    return join(absolute_variable("HOME"), ".local/share/podlink/server");
}

static bool socket_fits(const cli_private_server *server, cli_problem *problem)
{
    const size_t max = sizeof((struct sockaddr_un *)0)->sun_path - 1;

    if (strlen(server->socket) <= max)
        return true;
    cli_problem_set(problem,
                    "the socket of the private server would be %s: %zu bytes, but the limit for a unix socket is %zu; "
                    "set PODLINK_SERVER_DIR to a shorter path",
                    cli_quote(server->socket).text, strlen(server->socket), max);
    return false;
}

bool cli_private_server_init(cli_private_server *server, cli_problem *problem)
{
    char *directory = find_directory();

    if (!directory) {
        *server = (cli_private_server){0};
        cli_problem_set(problem, "no directory for the private server%s; set PODLINK_SERVER_DIR or HOME",
                        variable("HOME") && !absolute_variable("HOME") ? ": HOME is not an absolute path" : "");
        return false;
    }
    return cli_private_server_init_in(server, directory, problem);
}

bool cli_private_server_init_in(cli_private_server *server, char *directory, cli_problem *problem)
{
    *server = (cli_private_server){.directory = directory};
    server->socket = join(server->directory, "podlink.sock");
    server->pid_file = join(server->directory, "server.pid");
    server->log_file = join(server->directory, "server.log");
    server->lock_file = join(server->directory, "lock");
    server->url = server->socket ? cli_url_of_socket(server->socket) : NULL;
    if (!server->pid_file || !server->log_file || !server->lock_file || !server->url)
        cli_problem_set(problem, "out of memory");
    else if (socket_fits(server, problem))
        return true;
    cli_private_server_fini(server);
    return false;
}

void cli_private_server_fini(cli_private_server *server)
{
    free(server->directory);
    free(server->socket);
    free(server->pid_file);
    free(server->log_file);
    free(server->lock_file);
    free(server->url);
    *server = (cli_private_server){0};
}

/* Creates a directory and its parents; 0, or -1 with errno. */
static int make_directories(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        int failed;
        *slash = '\0';
        failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return -1;
    }
    return mkdir(path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

/* Whether this user owns the directory and nobody else can access it. */
static bool is_private(const cli_private_server *server, const struct stat *status, cli_problem *problem)
{
    cli_quoted shown = cli_quote(server->directory);

    if (!S_ISDIR(status->st_mode) || status->st_uid != geteuid()) {
        cli_problem_set(problem, "%s is not a directory that you own; set PODLINK_SERVER_DIR to another one",
                        shown.text);
        return false;
    }
    /* The mode is not changed here: the directory could be /tmp. */
    if (status->st_mode & (S_IRWXG | S_IRWXO)) {
        cli_problem_set(problem,
                        "other users can access the directory %s (mode %03o); run chmod 700 on it, or set "
                        "PODLINK_SERVER_DIR to another one",
                        shown.text, (unsigned)(status->st_mode & 0777));
        return false;
    }
    return true;
}

bool cli_private_server_check_directory(const cli_private_server *server, cli_problem *problem)
{
    struct stat status;

    if (stat(server->directory, &status) == 0)
        return is_private(server, &status, problem);
    if (errno == ENOENT)
        return true;
    cli_problem_set(problem, "cannot access the directory %s: %s", cli_quote(server->directory).text, strerror(errno));
    return false;
}

bool cli_private_server_make_directory(const cli_private_server *server, cli_problem *problem)
{
    struct stat status;

    if (make_directories(server->directory) != 0 || stat(server->directory, &status) != 0) {
        cli_problem_set(problem, "cannot create the directory %s: %s", cli_quote(server->directory).text,
                        strerror(errno));
        return false;
    }
    return is_private(server, &status, problem);
}
