/* SPDX-License-Identifier: MIT */
/* The fake server: one thread, one poll loop. It reads only when there is something to read, and writes to blocking
 * sockets, since its clients read while they write. */
#include "fake_server.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, READ_SIZE = 64 * 1024, WRITE_LIMIT_S = 5, READ_LIMIT_S = 10 };

enum fake_state { FAKE_SERVED, FAKE_SILENT, FAKE_CLOSING, FAKE_RESETTING };

struct fake_connection {
    fake_server *server;
    int fd;
    enum fake_state state;
    bool has_bytes; /* on_first_bytes() has been called */
    size_t tag;
    SSL *tls;
    char *input;
    size_t length;
    size_t capacity;
};

struct fake_server {
    fake_behavior behavior;
    char directory[32]; /* of the unix socket; "" over TCP */
    char path[64];
    char url[96];
    uint16_t port;
    int listener; /* -1: accepts no more connections */
    int bell;     /* an eventfd: the fields below have changed */
    pthread_t thread;
    fake_connection *connections[CONNECTIONS_MAX];
    size_t count;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t called;
    void (*function)(fake_server *server, void *argument); /* NULL: no call is waiting */
    void *argument;
    bool must_stop;
};

static void give_up(const char *what)
{
    fprintf(stderr, "fake server: %s: %s\n", what, strerror(errno));
    abort();
}

/* ---- connections ---- */

static void add_connection(fake_server *server, int fd)
{
    const struct timeval write_limit = {.tv_sec = WRITE_LIMIT_S}, read_limit = {.tv_sec = READ_LIMIT_S};
    const int on = 1;
    fake_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        give_up("calloc");
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &write_limit, sizeof write_limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &read_limit, sizeof read_limit); /* for handshakes of TLS */
    if (server->port != 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* each reply goes out alone */
    *connection = (fake_connection){.server = server, .fd = fd};
    server->connections[server->count++] = connection;
    if (server->behavior.on_accept)
        server->behavior.on_accept(server->behavior.context, connection);
}

static void accept_connection(fake_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (server->count < CONNECTIONS_MAX)
        add_connection(server, fd);
    else
        close(fd);
}

static void end_connection(fake_connection *connection)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (connection->tls && connection->state != FAKE_RESETTING)
        SSL_shutdown(connection->tls);
    SSL_free(connection->tls);
    ERR_clear_error();
    if (connection->state == FAKE_RESETTING)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(connection->fd);
    free(connection->input);
    free(connection);
}

static void end_closing_connections(fake_server *server)
{
    size_t kept = 0;
    for (size_t i = 0; i < server->count; i++) {
        fake_connection *connection = server->connections[i];
        if (connection->state == FAKE_CLOSING || connection->state == FAKE_RESETTING)
            end_connection(connection);
        else
            server->connections[kept++] = connection;
    }
    server->count = kept;
}

void fake_server_close_connections(fake_server *server)
{
    for (size_t i = 0; i < server->count; i++)
        fake_close(server->connections[i]);
}

fake_server *fake_connection_server(fake_connection *connection)
{
    return connection->server;
}

size_t *fake_connection_tag(fake_connection *connection)
{
    return &connection->tag;
}

int fake_connection_fd(const fake_connection *connection)
{
    return connection->fd;
}

SSL *fake_connection_tls(fake_connection *connection)
{
    return connection->tls;
}

/* ---- what a behavior does ---- */

void fake_send(fake_connection *connection, const char *bytes, size_t length)
{
    while (length > 0 && connection->state == FAKE_SERVED) {
        const ssize_t sent = connection->tls ? SSL_write(connection->tls, bytes, (int)length)
                                             : send(connection->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            fake_go_silent(connection);
            return;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

void fake_send_text(fake_connection *connection, const char *text)
{
    fake_send(connection, text, strlen(text));
}

void fake_go_silent(fake_connection *connection)
{
    connection->state = FAKE_SILENT;
}

void fake_shut_down(fake_connection *connection)
{
    connection->state = FAKE_SILENT;
    shutdown(connection->fd, SHUT_WR);
}

void fake_close(fake_connection *connection)
{
    connection->state = FAKE_CLOSING;
}

void fake_reset(fake_connection *connection)
{
    connection->state = FAKE_RESETTING;
}

bool fake_start_tls(fake_connection *connection, SSL_CTX *context)
{
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, connection->fd);
    if (SSL_accept(tls) == 1) {
        connection->tls = tls;
        return true;
    }
    SSL_free(tls);
    ERR_clear_error();
    fake_close(connection);
    return false;
}

bool fake_word_is(const fake_command *command, size_t i, const char *word)
{
    return i < command->count && strcasecmp(command->words[i], word) == 0;
}

void fake_script_sha(const fake_command *command, char sha[FAKE_SHA1_HEX + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const size_t last = command->count - 1;
    if (EVP_Digest(command->words[last], command->lengths[last], digest, NULL, EVP_sha1(), NULL) != 1)
        give_up("SHA1");
    for (size_t i = 0; i < FAKE_SHA1_HEX / 2; i++)
        snprintf(sha + 2 * i, 3, "%02x", digest[i]);
}

/* ---- reading commands ---- */

/* Reads a number after its type byte. @return the end of its line, NULL if the line is incomplete */
static char *read_header(char *at, const char *end, size_t *value)
{
    char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    if (!newline)
        return NULL;
    *value = strtoul(at + 1, NULL, 10);
    return newline + 1;
}

/* Reads the first command of the input. @return its size in bytes, 0 if it is incomplete */
static size_t read_command(char *input, size_t length, fake_command *command)
{
    const char *end = input + length;
    size_t count = 0;
    command->count = 0;
    char *at = read_header(input, end, &count);
    for (size_t i = 0; at && i < count; i++) {
        size_t size = 0;
        at = read_header(at, end, &size);
        if (!at || (size_t)(end - at) < size + 2)
            return 0;
        if (i < FAKE_WORDS_MAX) {
            command->words[i] = at;
            command->lengths[i] = size;
            command->count++;
        }
        at += size + 2;
    }
    if (!at)
        return 0;
    for (size_t i = 0; i < command->count; i++)
        ((char *)command->words[i])[command->lengths[i]] = '\0'; /* in place of its CR */
    return (size_t)(at - input);
}

static void answer_commands(fake_server *server, fake_connection *connection)
{
    fake_command command;
    size_t done = 0, size;
    while (connection->state == FAKE_SERVED &&
           (size = read_command(connection->input + done, connection->length - done, &command)) > 0) {
        server->behavior.on_command(server->behavior.context, connection, &command);
        done += size;
    }
    memmove(connection->input, connection->input + done, connection->length - done);
    connection->length -= done;
}

/* False at the end of the stream. */
static bool receive(fake_connection *connection)
{
    if (connection->capacity - connection->length < READ_SIZE) {
        connection->capacity = 2 * connection->capacity + READ_SIZE;
        connection->input = realloc(connection->input, connection->capacity);
        if (!connection->input)
            give_up("realloc");
    }
    char *at = connection->input + connection->length;
    const size_t room = connection->capacity - connection->length;
    const ssize_t length =
        connection->tls ? SSL_read(connection->tls, at, (int)room) : recv(connection->fd, at, room, 0);
    if (length <= 0)
        return false;
    connection->length += (size_t)length;
    return true;
}

static void serve_input(fake_server *server, fake_connection *connection)
{
    do {
        if (!receive(connection))
            fake_close(connection);
        else if (connection->state == FAKE_SERVED)
            answer_commands(server, connection);
        else
            connection->length = 0;
    } while (connection->state <= FAKE_SILENT && connection->tls && SSL_pending(connection->tls) > 0);
}

static void serve(fake_server *server, fake_connection *connection)
{
    if (!connection->has_bytes && server->behavior.on_first_bytes)
        server->behavior.on_first_bytes(server->behavior.context, connection);
    else if (connection->state <= FAKE_SILENT)
        serve_input(server, connection);
    connection->has_bytes = true;
}

/* ---- the thread ---- */

/* Makes the call that the test waits for. False if the server must stop. */
static bool hear_test(fake_server *server)
{
    uint64_t ignored;
    if (read(server->bell, &ignored, sizeof ignored) < 0)
        return true;
    pthread_mutex_lock(&server->lock);
    if (server->function)
        server->function(server, server->argument);
    server->function = NULL;
    end_closing_connections(server);
    pthread_cond_signal(&server->called);
    const bool goes_on = !server->must_stop;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void *run(void *argument)
{
    fake_server *server = argument;
    bool goes_on = true;
    while (goes_on) {
        struct pollfd fds[CONNECTIONS_MAX + 2] = {{.fd = server->bell, .events = POLLIN},
                                                  {.fd = server->listener, .events = POLLIN}};
        const size_t count = server->count;
        for (size_t i = 0; i < count; i++)
            fds[2 + i] = (struct pollfd){.fd = server->connections[i]->fd, .events = POLLIN};
        if (poll(fds, 2 + count, -1) < 0)
            continue;
        for (size_t i = 0; i < count; i++)
            if (fds[2 + i].revents != 0)
                serve(server, server->connections[i]);
        if (fds[1].revents & POLLIN)
            accept_connection(server);
        end_closing_connections(server);
        if (fds[0].revents != 0)
            goes_on = hear_test(server);
    }
    fake_server_close_connections(server);
    end_closing_connections(server);
    return NULL;
}

/* Wakes the server's thread. */
static void ring(fake_server *server)
{
    const uint64_t one = 1;
    if (write(server->bell, &one, sizeof one) < 0)
        give_up("write");
}

void fake_server_call(fake_server *server, void (*function)(fake_server *server, void *argument), void *argument)
{
    pthread_mutex_lock(&server->lock);
    server->function = function;
    server->argument = argument;
    ring(server);
    while (server->function)
        pthread_cond_wait(&server->called, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

/* ---- start and stop ---- */

static void listen_tcp(fake_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) < 0 || listen(server->listener, SOMAXCONN) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) < 0)
        give_up("listen");
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "redis://127.0.0.1:%u", (unsigned)server->port);
}

static void listen_unix(fake_server *server)
{
    /* In /tmp, whatever TMPDIR says: the path of a unix socket has 107 bytes at most. */
    snprintf(server->directory, sizeof server->directory, "/tmp/podlink-fake-XXXXXX");
    if (!mkdtemp(server->directory))
        give_up("mkdtemp");
    snprintf(server->path, sizeof server->path, "%s/socket", server->directory);
    snprintf(server->url, sizeof server->url, "unix://%s", server->path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, server->path, strlen(server->path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listener, SOMAXCONN) < 0)
        give_up("listen");
}

void fake_server_stop_listening(fake_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
    if (server->directory[0] != '\0') {
        unlink(server->path);
        rmdir(server->directory);
    }
}

fake_server *fake_server_start(enum fake_transport transport, const fake_behavior *behavior)
{
    fake_server *server = calloc(1, sizeof *server);
    if (!server)
        give_up("calloc");
    server->behavior = *behavior;
    if (transport == FAKE_TCP)
        listen_tcp(server);
    else
        listen_unix(server);
    server->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->called, NULL);
    errno = server->bell < 0 ? errno : pthread_create(&server->thread, NULL, run, server);
    if (errno != 0)
        give_up("start");
    return server;
}

void fake_server_stop(fake_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->must_stop = true;
    pthread_mutex_unlock(&server->lock);
    ring(server);
    pthread_join(server->thread, NULL);
    fake_server_stop_listening(server);
    close(server->bell);
    pthread_cond_destroy(&server->called);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *fake_server_url(const fake_server *server)
{
    return server->url;
}

const char *fake_server_path(const fake_server *server)
{
    return server->path;
}

uint16_t fake_server_port(const fake_server *server)
{
    return server->port;
}
