/* The lying server: one thread, one poll loop. It writes with blocking sockets (bounded by a time), since its clients
 * read while they write. */
#include "lying_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    PLANS_MAX = 8,
    CONNECTIONS_MAX = 64,
    WORDS_MAX = 3, /* of a command: name, subcommand, the source of SCRIPT LOAD */
    READ_SIZE = 64 * 1024,
    WRITE_LIMIT_S = 5,
    LIFE_MS = 120 * 1000
};

struct connection {
    int fd;
    struct lying_plan plan;
    size_t seen[LYING_AT_COMMAND + 1]; /* commands of each stage */
    bool is_greeted;                   /* the handshake is over */
    bool is_mute;                      /* reads, and says no more */
    bool is_gone;                      /* to be closed */
    char *input;
    size_t length;
    size_t capacity;
};

struct lying_server {
    int listener; /* -1: nobody listens any more */
    int bell;     /* an eventfd: a wish of the test's */
    char url[96];
    char path[64]; /* of the unix socket */
    struct lying_plan plans[PLANS_MAX];
    size_t plan_count;
    const char *const *truths;
    size_t answered; /* commands answered by a truth */
    struct connection connections[CONNECTIONS_MAX];
    size_t count;
    pthread_t thread;
    atomic_size_t accepted;
    atomic_size_t commands;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool wants_reform; /* under the lock */
    bool wants_end;    /* under the lock */
};

/* A word of a command, in the input. */
struct word {
    const char *at;
    size_t length;
};

struct command {
    struct word words[WORDS_MAX];
    size_t count;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- sockets ---- */

static int listen_unix(struct lying_server *server)
{
    static atomic_uint number;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    /* In /tmp, whatever TMPDIR says: the path of a unix socket has 107 bytes at most. */
    snprintf(server->path, sizeof server->path, "/tmp/podlink-lying-%d-%u", (int)getpid(),
             atomic_fetch_add(&number, 1));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->path);
    snprintf(server->url, sizeof server->url, "unix://%s", server->path);
    unlink(server->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 64) == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_tcp(struct lying_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 64) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        snprintf(server->url, sizeof server->url, "redis://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
        return fd;
    }
    close(fd);
    return -1;
}

static void stop_listening(struct lying_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
    if (server->path[0] != '\0')
        unlink(server->path);
}

static void say(struct connection *c, const char *bytes, size_t length)
{
    while (length > 0 && !c->is_mute) {
        ssize_t sent = send(c->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            c->is_mute = true; /* gone, or not reading any more */
            return;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void close_connection(struct connection *c)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (c->is_gone)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(c->fd);
    free(c->input);
    *c = (struct connection){.fd = -1};
}

/* ---- lies and truths ---- */

static void lie(struct connection *c)
{
    const struct lying_plan *plan = &c->plan;
    if (plan->lie)
        say(c, plan->lie, plan->lie_length > 0 ? plan->lie_length : strlen(plan->lie));
    switch (plan->then) {
    case LYING_GOES_ON:
        break;
    case LYING_FALLS_SILENT:
        c->is_mute = true;
        break;
    case LYING_CLOSES:
        c->is_mute = true;
        shutdown(c->fd, SHUT_WR);
        break;
    case LYING_VANISHES:
        c->is_mute = true;
        c->is_gone = true;
        break;
    }
}

static bool is_word(struct word word, const char *text)
{
    return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

static enum lying_stage stage_of(struct connection *c, const struct command *command)
{
    if (is_word(command->words[0], "INFO"))
        return LYING_AT_HANDSHAKE;
    if (!c->is_greeted) {
        c->is_greeted = is_word(command->words[0], "PING");
        return LYING_AT_HANDSHAKE;
    }
    if (is_word(command->words[0], "EVAL") ||
        (is_word(command->words[0], "SCRIPT") && command->count == 3 && is_word(command->words[1], "LOAD")))
        return LYING_AT_LOAD;
    return LYING_AT_COMMAND;
}

static void say_sha1(struct connection *c, struct word source)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char reply[64] = "$40\r\n";
    EVP_Digest(source.at, source.length, digest, &size, EVP_sha1(), NULL);
    for (unsigned int i = 0; i < 20; i++)
        snprintf(reply + 5 + 2 * i, 3, "%02x", digest[i]);
    memcpy(reply + 45, "\r\n", 2);
    say(c, reply, 47);
}

/* Who we are: the same at each connection, so that no one takes us for another run of a server. */
static void say_greeting(struct connection *c, const struct command *command)
{
    static const char info[] = "$80\r\n# Server\r\nredis_version:7.0.0\r\n"
                               "run_id:0123456789012345678901234567890123456789\r\n\r\n";
    if (is_word(command->words[0], "INFO"))
        say(c, info, sizeof info - 1);
    else if (is_word(command->words[0], "PING"))
        say(c, "+PONG\r\n", 7);
    else
        say(c, "+OK\r\n", 5);
}

static void say_truth(struct lying_server *server, struct connection *c)
{
    size_t at = 0;
    while (at < server->answered && server->truths[at + 1])
        at++;
    server->answered++;
    say(c, server->truths[at], strlen(server->truths[at]));
}

static void answer(struct lying_server *server, struct connection *c, const struct command *command)
{
    enum lying_stage stage = stage_of(c, command);
    size_t number = c->seen[stage]++;
    if (stage == LYING_AT_COMMAND)
        atomic_fetch_add(&server->commands, 1);
    if (stage == c->plan.stage && (c->plan.stays ? number >= c->plan.at : number == c->plan.at))
        lie(c);
    else if (stage == LYING_AT_HANDSHAKE)
        say_greeting(c, command);
    else if (stage == LYING_AT_LOAD && is_word(command->words[0], "SCRIPT"))
        say_sha1(c, command->words[2]);
    else if (stage == LYING_AT_LOAD)
        say(c, "*0\r\n", 4);
    else
        say_truth(server, c);
}

/* ---- reading commands ---- */

/* Reads "<mark><number>\r\n" at *at. False where it is not whole. */
static bool read_number(const struct connection *c, size_t *at, char mark, size_t *number)
{
    if (*at >= c->length || c->input[*at] != mark)
        return false;
    const char *end = memchr(c->input + *at, '\n', c->length - *at);
    if (!end)
        return false;
    *number = strtoul(c->input + *at + 1, NULL, 10);
    *at = (size_t)(end - c->input) + 1;
    return true;
}

/* Reads the command that begins at *at of the input. False where it is not whole. */
static bool read_command(const struct connection *c, size_t *at, struct command *command)
{
    size_t next = *at;
    *command = (struct command){.count = 0};
    if (!read_number(c, &next, '*', &command->count))
        return false;
    for (size_t i = 0; i < command->count; i++) {
        size_t length = 0;
        if (!read_number(c, &next, '$', &length) || c->length - next < length + 2)
            return false;
        if (i < WORDS_MAX)
            command->words[i] = (struct word){c->input + next, length};
        next += length + 2;
    }
    *at = next;
    return true;
}

static void answer_all(struct lying_server *server, struct connection *c)
{
    struct command command;
    size_t done = 0;
    while (!c->is_gone && read_command(c, &done, &command))
        answer(server, c, &command);
    memmove(c->input, c->input + done, c->length - done);
    c->length -= done;
}

/* False at the end of the stream. */
static bool receive(struct connection *c)
{
    if (c->capacity - c->length < READ_SIZE) {
        c->capacity = 2 * c->capacity + READ_SIZE;
        c->input = realloc(c->input, c->capacity);
        if (!c->input)
            abort();
    }
    ssize_t n = recv(c->fd, c->input + c->length, c->capacity - c->length, 0);
    if (n <= 0)
        return false;
    c->length += (size_t)n;
    return true;
}

/* ---- the thread ---- */

static void accept_one(struct lying_server *server)
{
    const struct timeval limit = {.tv_sec = WRITE_LIMIT_S};
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    size_t number = atomic_fetch_add(&server->accepted, 1);
    const struct lying_plan *plan = &server->plans[number < server->plan_count ? number : server->plan_count - 1];
    if (server->count == CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    struct connection *c = &server->connections[server->count++];
    *c = (struct connection){.fd = fd, .plan = *plan};
    if (plan->is_last)
        stop_listening(server);
    if (plan->stage == LYING_AT_ACCEPT)
        lie(c);
    if (c->is_gone)
        close_connection(c);
}

static void forget_closed(struct lying_server *server)
{
    size_t kept = 0;
    for (size_t i = 0; i < server->count; i++)
        if (server->connections[i].fd >= 0)
            server->connections[kept++] = server->connections[i];
    server->count = kept;
}

static void close_all(struct lying_server *server)
{
    for (size_t i = 0; i < server->count; i++)
        close_connection(&server->connections[i]);
    server->count = 0;
}

/* False where it is to end. */
static bool hear_wishes(struct lying_server *server)
{
    uint64_t ignored;
    bool goes_on;
    if (read(server->bell, &ignored, sizeof ignored) < 0)
        return true;
    pthread_mutex_lock(&server->lock);
    if (server->wants_reform) {
        close_all(server);
        server->plans[0] = (struct lying_plan){.stage = LYING_NEVER};
        server->plan_count = 1;
        server->answered = 0;
        server->wants_reform = false;
        pthread_cond_signal(&server->done);
    }
    goes_on = !server->wants_end;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void serve(struct lying_server *server, struct connection *c)
{
    if (!receive(c))
        close_connection(c);
    else if (c->is_mute)
        c->length = 0;
    else
        answer_all(server, c);
    if (c->is_gone)
        close_connection(c);
}

static void *run(void *argument)
{
    struct lying_server *server = argument;
    const int64_t end = now_ms() + LIFE_MS;
    while (now_ms() < end) {
        struct pollfd sockets[CONNECTIONS_MAX + 2];
        size_t count = server->count;
        sockets[0] = (struct pollfd){.fd = server->bell, .events = POLLIN};
        sockets[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++)
            sockets[2 + i] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        poll(sockets, 2 + count, 1000);
        for (size_t i = 0; i < count; i++)
            if (sockets[2 + i].revents != 0)
                serve(server, &server->connections[i]);
        if (sockets[1].revents & POLLIN)
            accept_one(server);
        forget_closed(server);
        if (sockets[0].revents != 0 && !hear_wishes(server))
            break;
    }
    close_all(server);
    return NULL;
}

static void ring(struct lying_server *server)
{
    const uint64_t one = 1;
    if (write(server->bell, &one, sizeof one) < 0)
        abort();
}

/* ---- the interface ---- */

struct lying_server *lying_server_start(enum lying_transport transport, const struct lying_plan *plans, size_t count,
                                        const char *const *truths)
{
    struct lying_server *server = calloc(1, sizeof *server);
    if (!server || count == 0 || count > PLANS_MAX)
        abort();
    memcpy(server->plans, plans, count * sizeof *plans);
    server->plan_count = count;
    server->truths = truths;
    server->listener = transport == LYING_TCP ? listen_tcp(server) : listen_unix(server);
    server->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->done, NULL);
    if (server->listener < 0 || server->bell < 0 || pthread_create(&server->thread, NULL, run, server) != 0) {
        fprintf(stderr, "lying server: %s\n", strerror(errno));
        free(server);
        return NULL;
    }
    return server;
}

const char *lying_server_url(const struct lying_server *server)
{
    return server->url;
}

void lying_server_reform(struct lying_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->wants_reform = true;
    ring(server);
    while (server->wants_reform)
        pthread_cond_wait(&server->done, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

size_t lying_server_connections(struct lying_server *server)
{
    return atomic_load(&server->accepted);
}

size_t lying_server_commands(struct lying_server *server)
{
    return atomic_load(&server->commands);
}

void lying_server_stop(struct lying_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->wants_end = true;
    pthread_mutex_unlock(&server->lock);
    ring(server);
    pthread_join(server->thread, NULL);
    stop_listening(server);
    close(server->bell);
    pthread_cond_destroy(&server->done);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
