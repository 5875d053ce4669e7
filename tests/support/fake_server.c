/* A server in a thread of the test. */
#include "fake_server.h"

#include "base/sha1.h"
#include "script/builtin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PEERS_MAX = 16, INPUT_MAX = 1024 * 1024, SCRIPTS_MAX = 64, REPLY_MAX = 128 };

typedef struct peer {
    int fd;
    char *input;
    size_t length;
} peer;

struct fake_server {
    fake_answer answer;
    void *context;
    char directory[32]; /* "": it listens on a port */
    char path[64];
    uint16_t port;
    int listener;
    int stop[2]; /* a pipe whose end of file ends the thread */
    pthread_t thread;
    peer peers[PEERS_MAX];
    size_t peer_count;
    char scripts[SCRIPTS_MAX][PL_SHA1_HEX + 1];
    size_t script_count;
    _Atomic bool must_flush;
    char reply[REPLY_MAX];
};

static void give_up(const char *what)
{
    fprintf(stderr, "fake server: %s: %s\n", what, strerror(errno));
    abort();
}

/* --- commands --------------------------------------------------------------------------------------------------- */

/* What each built-in script answers. */
static const char *script_reply(const char *sha)
{
    static const char *const replies[PL_BUILTIN_COUNT] = {
        [PL_SCRIPT_SET_LINK] = "*1\r\n$2\r\n-1\r\n",
        [PL_SCRIPT_SET_LINK_IF_ABSENT] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_TRY_SET_LINK] = "*2\r\n$1\r\n1\r\n$2\r\n-1\r\n",
        [PL_SCRIPT_REMOVE_LINK] = "*1\r\n:1\r\n",
        [PL_SCRIPT_REMOVE_LINK_WITH_ID] = "*1\r\n:1\r\n",
        [PL_SCRIPT_GET_LINK_IF_PERSIST] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_COMPUTE_LINK_IF_ABSENT] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_GET_SERVICE_POD] = "*1\r\n$1\r\n1\r\n",
        [PL_SCRIPT_GET_SERVICE] = "*4\r\n$1\r\n1\r\n$7\r\n5-100-1\r\n$1\r\n0\r\n$8\r\n-5-100-2\r\n",
        [PL_SCRIPT_SET_STATE] = "*1\r\n:1\r\n",
        [PL_SCRIPT_GET_LINK_SERVICE] = "*4\r\n$4\r\nchat\r\n$1\r\n1\r\n$4\r\ngame\r\n$1\r\n2\r\n"};
    for (int i = 0; i < PL_BUILTIN_COUNT; i++)
        if (strcmp(pl_builtins[i].sha, sha) == 0)
            return replies[i];
    return "*2\r\n*2\r\n:1\r\n$-1\r\n$5\r\nhello\r\n";
}

static bool holds(const fake_server *server, const char *sha)
{
    for (size_t i = 0; i < server->script_count; i++)
        if (strcmp(server->scripts[i], sha) == 0)
            return true;
    return false;
}

static const char *load(fake_server *server, const fake_command *command)
{
    char sha[PL_SHA1_HEX + 1];
    if (!pl_sha1_hex(command->words[2], command->lengths[2], sha))
        give_up("SHA1");
    if (!holds(server, sha) && server->script_count < SCRIPTS_MAX)
        memcpy(server->scripts[server->script_count++], sha, sizeof sha);
    snprintf(server->reply, sizeof server->reply, "$%d\r\n%s\r\n", PL_SHA1_HEX, sha);
    return server->reply;
}

static const char *exists(fake_server *server, const fake_command *command)
{
    size_t used = (size_t)snprintf(server->reply, sizeof server->reply, "*%zu\r\n", command->count - 2);
    for (size_t i = 2; i < command->count; i++)
        used += (size_t)snprintf(server->reply + used, sizeof server->reply - used, ":%d\r\n",
                                 holds(server, command->words[i]));
    return server->reply;
}

static const char info[] = "$81\r\n# Server\r\nredis_version:7.0.15\r\n"
                           "run_id:0123456789abcdef0123456789abcdef01234567\r\n\r\n";

static bool is(const fake_command *command, size_t i, const char *word)
{
    return i < command->count && strcasecmp(command->words[i], word) == 0;
}

static const char *own_answer(fake_server *server, const fake_command *command)
{
    if (is(command, 0, "SCRIPT"))
        return is(command, 1, "LOAD") ? load(server, command) : exists(server, command);
    if (is(command, 0, "EVALSHA") || is(command, 0, "EVALSHA_RO"))
        return holds(server, command->words[1]) ? script_reply(command->words[1])
                                                : "-NOSCRIPT No matching script. Please use EVAL.\r\n";
    if (is(command, 0, "EVAL"))
        return "*0\r\n";
    if (is(command, 0, "PING"))
        return "+PONG\r\n";
    if (is(command, 0, "INFO"))
        return info;
    if (is(command, 0, "GET"))
        return "$1\r\n1\r\n";
    if (is(command, 0, "HGET"))
        return "$7\r\n5-100-1\r\n";
    if (is(command, 0, "HGETALL"))
        return "*4\r\n$1\r\n1\r\n$7\r\n5-100-1\r\n$1\r\n0\r\n$3\r\nbad\r\n";
    if (is(command, 0, "TREE"))
        return "*3\r\n*2\r\n:1\r\n$4\r\ntext\r\n*1\r\n*1\r\n+deep\r\n$-1\r\n";
    return "+OK\r\n";
}

static const char *answer(fake_server *server, const fake_command *command)
{
    if (atomic_exchange(&server->must_flush, false))
        server->script_count = 0;
    const char *reply = server->answer ? server->answer(server->context, command) : NULL;
    return reply ? reply : own_answer(server, command);
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

/* Reads a number after its type byte: @return where its line ends, NULL where it is not whole. */
static char *read_header(char *at, const char *end, long *value)
{
    char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    if (!newline)
        return NULL;
    *value = strtol(at + 1, NULL, 10);
    return newline + 1;
}

/* Reads the first command. @return its bytes, 0 where it is not whole */
static size_t read_command(char *input, size_t length, fake_command *command)
{
    const char *end = input + length;
    long count = 0;
    command->count = 0;
    char *at = read_header(input, end, &count);
    for (long i = 0; at && i < count; i++) {
        long size = 0;
        at = read_header(at, end, &size);
        if (!at || end - at < size + 2)
            return 0;
        if (i < FAKE_WORDS_MAX) {
            command->words[i] = at;
            command->lengths[i] = (size_t)size;
            command->count++;
        }
        at += size + 2;
    }
    if (!at)
        return 0;
    for (size_t i = 0; i < command->count; i++)
        ((char *)command->words[i])[command->lengths[i]] = '\0'; /* where its CR was */
    return (size_t)(at - input);
}

static bool send_all(int fd, const char *bytes)
{
    size_t left = strlen(bytes);
    while (left > 0) {
        ssize_t n = send(fd, bytes, left, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        left -= (size_t)n;
    }
    return true;
}

/* False at its end. */
static bool serve(fake_server *server, peer *p)
{
    fake_command command;
    ssize_t n = recv(p->fd, p->input + p->length, INPUT_MAX - p->length, 0);
    if (n <= 0)
        return false;
    p->length += (size_t)n;
    size_t at = 0, size;
    while ((size = read_command(p->input + at, p->length - at, &command)) > 0) {
        const char *reply = answer(server, &command);
        if (*reply == '\0' || !send_all(p->fd, reply))
            return false;
        at += size;
    }
    memmove(p->input, p->input + at, p->length - at);
    p->length -= at;
    return true;
}

static void drop(fake_server *server, size_t i)
{
    close(server->peers[i].fd);
    free(server->peers[i].input);
    server->peers[i] = server->peers[--server->peer_count];
}

static void take_peer(fake_server *server)
{
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0)
        return;
    if (server->peer_count == PEERS_MAX) {
        close(fd);
        return;
    }
    const int on = 1; /* each reply goes out alone */
    if (server->port != 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->peers[server->peer_count++] = (peer){.fd = fd, .input = malloc(INPUT_MAX)};
}

static void *run(void *context)
{
    fake_server *server = context;
    for (;;) {
        struct pollfd fds[PEERS_MAX + 2] = {{.fd = server->stop[0], .events = POLLIN},
                                            {.fd = server->listener, .events = POLLIN}};
        for (size_t i = 0; i < server->peer_count; i++)
            fds[2 + i] = (struct pollfd){.fd = server->peers[i].fd, .events = POLLIN};
        if (poll(fds, 2 + server->peer_count, -1) < 0)
            continue;
        if (fds[0].revents)
            break;
        for (size_t i = server->peer_count; i-- > 0;)
            if (fds[2 + i].revents && !serve(server, &server->peers[i]))
                drop(server, i);
        if (fds[1].revents)
            take_peer(server);
    }
    while (server->peer_count > 0)
        drop(server, 0);
    return NULL;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void listen_at_port(fake_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) < 0 || listen(server->listener, SOMAXCONN) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) < 0)
        give_up("listen");
    server->port = ntohs(address.sin_port);
}

static void listen_at_path(fake_server *server)
{
    strcpy(server->directory, "/tmp/podlink-fake-XXXXXX");
    if (!mkdtemp(server->directory))
        give_up("mkdtemp");
    snprintf(server->path, sizeof server->path, "%s/socket", server->directory);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, server->path, strlen(server->path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listener, SOMAXCONN) < 0)
        give_up("listen");
}

static fake_server *start(fake_answer answer, void *context, void (*listen_at)(fake_server *server))
{
    fake_server *server = calloc(1, sizeof *server);
    server->answer = answer;
    server->context = context;
    listen_at(server);
    if (pipe(server->stop) < 0)
        give_up("pipe");
    errno = pthread_create(&server->thread, NULL, run, server);
    if (errno != 0)
        give_up("pthread_create");
    return server;
}

fake_server *fake_server_start(fake_answer answer, void *context)
{
    return start(answer, context, listen_at_path);
}

fake_server *fake_server_start_tcp(fake_answer answer, void *context)
{
    return start(answer, context, listen_at_port);
}

uint16_t fake_server_port(const fake_server *server)
{
    return server->port;
}

void fake_server_flush(fake_server *server)
{
    atomic_store(&server->must_flush, true);
}

const char *fake_server_path(const fake_server *server)
{
    return server->path;
}

void fake_server_stop(fake_server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->listener);
    if (server->directory[0]) {
        unlink(server->path);
        rmdir(server->directory);
    }
    free(server);
}
