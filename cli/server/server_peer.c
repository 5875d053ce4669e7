/* SPDX-License-Identifier: MIT */
/* The process behind the socket of a private server, as the kernel reports it. */
#include "server/server_peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_S = 1 };

/* 0, or -1 with errno. */
static int connect_to(int socket, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};

    /* connect() blocks while the backlog of the listener is full. */
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return connect(socket, (const struct sockaddr *)&address, sizeof address);
}

/* 0, or -1 with errno. */
static int read_credentials(int socket, cli_server_peer *peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return -1;
    *peer = (cli_server_peer){.exists = true, .pid = credentials.pid, .uid = credentials.uid};
    return 0;
}

bool cli_server_peer_read(const cli_private_server *server, cli_server_peer *peer, cli_problem *problem)
{
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool failed =
        connection < 0 || connect_to(connection, server->socket) != 0 || read_credentials(connection, peer) != 0;
    int reason = errno;

    if (connection >= 0)
        close(connection);
    if (!failed)
        return true;
    *peer = (cli_server_peer){0};
    if (reason == ENOENT || reason == ECONNREFUSED)
        return true;
    cli_problem_set(problem, "cannot find out who owns the server on %s: %s", cli_quote(server->socket).text,
                    strerror(reason));
    return false;
}

bool cli_server_check_owner(const cli_private_server *server, cli_problem *problem)
{
    cli_server_peer peer;

    if (!cli_private_server_check_directory(server, problem) || !cli_server_peer_read(server, &peer, problem))
        return false;
    if (!peer.exists || peer.uid == geteuid())
        return true;
    cli_problem_set(problem,
                    "the server on %s runs as another user (uid %lu); set PODLINK_SERVER_DIR to another directory",
                    cli_quote(server->socket).text, (unsigned long)peer.uid);
    return false;
}
