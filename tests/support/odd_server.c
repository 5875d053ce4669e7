/* A server that is odd about TLS. */
#include "odd_server.h"

#include <hiredis/hiredis.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct odd_server {
    struct odd_plan plan;
    SSL_CTX *context; /* NULL: it does not get so far */
    int listener;
    int bell; /* readable when it has to stop */
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what was seen */
    struct odd_sight sight;
};

/* Waits until the descriptor can be read. False where the server has to stop. */
static bool is_readable(const struct odd_server *server, int fd)
{
    struct pollfd ends[2] = {{.fd = server->bell, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    poll(ends, 2, -1);
    return ends[0].revents == 0;
}

/* ---- what it sees ---- */

static int note_name(SSL *ssl, int *alert, void *argument)
{
    struct odd_server *server = argument;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    pthread_mutex_lock(&server->lock);
    snprintf(server->sight.name, sizeof server->sight.name, "%s", name ? name : "");
    pthread_mutex_unlock(&server->lock);
    return SSL_TLSEXT_ERR_OK;
}

static void note_handshake(struct odd_server *server, const SSL *ssl)
{
    pthread_mutex_lock(&server->lock);
    server->sight.handshakes++;
    server->sight.resumed += SSL_session_reused(ssl) ? 1 : 0;
    pthread_mutex_unlock(&server->lock);
}

static void note_first_byte(struct odd_server *server, int fd)
{
    unsigned char byte;
    if (recv(fd, &byte, 1, MSG_PEEK) != 1)
        return;
    pthread_mutex_lock(&server->lock);
    server->sight.first_byte = byte;
    pthread_mutex_unlock(&server->lock);
}

struct odd_sight odd_server_sight(struct odd_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct odd_sight sight = server->sight;
    pthread_mutex_unlock(&server->lock);
    return sight;
}

/* ---- TLS and a little Redis ---- */

static bool answer_value(const struct odd_server *server, SSL *ssl)
{
    const size_t size = server->plan.value_bytes;
    char *text = malloc(size + 64);
    if (!text)
        return false;
    int length = snprintf(text, 32, "$%zu\r\n", size);
    memset(text + length, 'v', size);
    memcpy(text + length + size, "\r\n", 2);
    length += (int)size + 2;
    const bool is_sent = SSL_write(ssl, text, length) == length;
    free(text);
    return is_sent;
}

static bool answer(const struct odd_server *server, SSL *ssl, const redisReply *command)
{
    const char *name = command->elements > 0 ? command->element[0]->str : "";
    const char *text = "+OK\r\n";
    if (strcmp(name, "PING") == 0)
        text = "+PONG\r\n";
    else if (strcmp(name, "INFO") == 0)
        text = "$0\r\n\r\n";
    if (server->plan.wants_key_updates)
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L /* an older one gives them with the handshake only */
    if (server->plan.gives_tickets)
        SSL_new_session_ticket(ssl);
#endif
    if (strcmp(name, "GET") == 0)
        return answer_value(server, ssl);
    return SSL_write(ssl, text, (int)strlen(text)) > 0;
}

/* Answers the commands that are whole. False where the connection is to end. */
static bool answer_all(const struct odd_server *server, SSL *ssl, redisReader *reader, unsigned *answered)
{
    void *command = NULL;
    bool goes_on = true;
    while (goes_on && redisReaderGetReply(reader, &command) == REDIS_OK && command) {
        goes_on = answer(server, ssl, command) && ++*answered != server->plan.closes_after;
        freeReplyObject(command);
    }
    return goes_on;
}

static void converse(struct odd_server *server, SSL *ssl, int fd)
{
    char bytes[4096];
    unsigned answered = 0;
    redisReader *reader = redisReaderCreate();
    while (SSL_pending(ssl) > 0 || is_readable(server, fd)) {
        int length = SSL_read(ssl, bytes, sizeof bytes);
        if (length <= 0)
            break;
        redisReaderFeed(reader, bytes, (size_t)length);
        if (!answer_all(server, ssl, reader, &answered))
            break;
    }
    SSL_shutdown(ssl);
    redisReaderFree(reader);
}

static void speak_tls(struct odd_server *server, int fd)
{
    SSL *ssl = SSL_new(server->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        note_handshake(server, ssl);
        converse(server, ssl, fd);
    }
    SSL_free(ssl);
    ERR_clear_error();
}

/* The first bytes of a true answer. */
static void begin_answer(const struct odd_server *server, int fd)
{
    char bytes[4096];
    SSL *ssl = SSL_new(server->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    const ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    SSL_set_bio(ssl, in, out);
    if (length > 0)
        BIO_write(in, bytes, (int)length);
    SSL_accept(ssl);
    const int answered = BIO_read(out, bytes, sizeof bytes);
    if (answered > 100)
        send(fd, bytes, 100, MSG_NOSIGNAL);
    SSL_free(ssl);
    ERR_clear_error();
}

/* ---- connections ---- */

static void read_to_the_end(const struct odd_server *server, int fd)
{
    char ignored[4096];
    while (is_readable(server, fd) && recv(fd, ignored, sizeof ignored, 0) > 0)
        ;
}

static void serve(struct odd_server *server, int fd)
{
    static const char text[] = "-ERR unknown command\r\n";
    if (!is_readable(server, fd))
        return;
    note_first_byte(server, fd);
    switch (server->plan.way) {
    case ODD_SILENT:
        break;
    case ODD_TEXT:
        send(fd, text, sizeof text - 1, MSG_NOSIGNAL);
        break;
    case ODD_HANGS_UP:
        return;
    case ODD_HALF_WAY:
        begin_answer(server, fd);
        break;
    case ODD_SPEAKS_TLS:
        speak_tls(server, fd);
        return;
    }
    read_to_the_end(server, fd);
}

static void *run(void *argument)
{
    struct odd_server *server = argument;
    while (is_readable(server, server->listener)) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        /* Nobody is left waiting for a client that is silent in the middle of a handshake. */
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 10}, sizeof(struct timeval));
        pthread_mutex_lock(&server->lock);
        server->sight.connections++;
        pthread_mutex_unlock(&server->lock);
        serve(server, fd);
        close(fd);
    }
    return NULL;
}

/* ---- its life ---- */

static int accept_any(int is_ok, X509_STORE_CTX *store)
{
    (void)is_ok, (void)store;
    return 1;
}

static bool set_context(struct odd_server *server, const struct certificates *made)
{
    const struct odd_plan *plan = &server->plan;
    char pem[64], key[64];
    snprintf(pem, sizeof pem, "%s.pem", plan->certificate);
    snprintf(key, sizeof key, "%s.key", plan->certificate);
    server->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_cipher_list(server->context, "ALL:@SECLEVEL=0"); /* TLS 1.1 lives there only */
    SSL_CTX_set_min_proto_version(server->context, plan->least_version);
    SSL_CTX_set_max_proto_version(server->context, plan->most_version);
    SSL_CTX_set_session_id_context(server->context, (const unsigned char *)"odd", 3);
    SSL_CTX_set_tlsext_servername_callback(server->context, note_name);
    SSL_CTX_set_tlsext_servername_arg(server->context, server);
    if (plan->record_bytes > 0)
        SSL_CTX_set_max_send_fragment(server->context, plan->record_bytes);
    if (plan->wants_client_certificate)
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    return SSL_CTX_use_certificate_file(server->context, certificates_path(made, pem), SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(server->context, certificates_path(made, key), SSL_FILETYPE_PEM) == 1;
}

static bool listen_on_free_port(struct odd_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 64) != 0 || getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return true;
}

static void release(struct odd_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    if (server->bell >= 0)
        close(server->bell);
    SSL_CTX_free(server->context);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct odd_server *odd_server_start(const struct certificates *made, const struct odd_plan *plan)
{
    struct odd_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->plan = *plan;
    server->sight.first_byte = -1;
    server->listener = -1;
    server->bell = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&server->lock, NULL);
    if ((!plan->certificate || set_context(server, made)) && listen_on_free_port(server) &&
        pthread_create(&server->thread, NULL, run, server) == 0)
        return server;
    fputs("odd server: cannot be started\n", stderr);
    ERR_print_errors_fp(stderr);
    release(server);
    return NULL;
}

uint16_t odd_server_port(const struct odd_server *server)
{
    return server->port;
}

void odd_server_stop(struct odd_server *server)
{
    const uint64_t one = 1;
    if (!server)
        return;
    if (write(server->bell, &one, sizeof one) == sizeof one)
        pthread_join(server->thread, NULL);
    release(server);
}
