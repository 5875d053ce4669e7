/* SPDX-License-Identifier: MIT */
/* A fake server whose TLS has a fault. */
#include "faulty_tls_server.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FIRST_PART_OF_HANDSHAKE = 100 };

struct faulty_tls_server {
    fake_server *server;
    struct faulty_tls_plan plan;
    SSL_CTX *context;     /* NULL without a certificate */
    pthread_mutex_t lock; /* of what follows */
    struct faulty_tls_seen seen;
};

/* ---- what it sees ---- */

static int note_name(SSL *ssl, int *alert, void *argument)
{
    struct faulty_tls_server *server = argument;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    pthread_mutex_lock(&server->lock);
    snprintf(server->seen.name, sizeof server->seen.name, "%s", name ? name : "");
    pthread_mutex_unlock(&server->lock);
    return SSL_TLSEXT_ERR_OK;
}

static void note_handshake(struct faulty_tls_server *server, SSL *ssl)
{
    pthread_mutex_lock(&server->lock);
    server->seen.handshakes++;
    server->seen.resumed += SSL_session_reused(ssl) ? 1 : 0;
    pthread_mutex_unlock(&server->lock);
}

static void note_first_byte(struct faulty_tls_server *server, int fd)
{
    unsigned char byte;
    if (recv(fd, &byte, 1, MSG_PEEK) != 1)
        return;
    pthread_mutex_lock(&server->lock);
    server->seen.first_byte = byte;
    pthread_mutex_unlock(&server->lock);
}

struct faulty_tls_seen faulty_tls_server_seen(struct faulty_tls_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct faulty_tls_seen seen = server->seen;
    pthread_mutex_unlock(&server->lock);
    return seen;
}

/* ---- what it does ---- */

static void on_accept(void *context, fake_connection *connection)
{
    struct faulty_tls_server *server = context;
    (void)connection;
    pthread_mutex_lock(&server->lock);
    server->seen.connections++;
    pthread_mutex_unlock(&server->lock);
}

/* Reads the client's hello and sends the first bytes of the right answer. */
static void begin_handshake(const struct faulty_tls_server *server, fake_connection *connection)
{
    char bytes[4096];
    SSL *ssl = SSL_new(server->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    const ssize_t length = recv(fake_connection_fd(connection), bytes, sizeof bytes, 0);
    SSL_set_bio(ssl, in, out);
    if (length > 0)
        BIO_write(in, bytes, (int)length);
    SSL_accept(ssl);
    const int answered = BIO_read(out, bytes, sizeof bytes);
    if (answered > FIRST_PART_OF_HANDSHAKE)
        fake_send(connection, bytes, FIRST_PART_OF_HANDSHAKE);
    SSL_free(ssl);
    ERR_clear_error();
}

static void on_first_bytes(void *context, fake_connection *connection)
{
    struct faulty_tls_server *server = context;
    note_first_byte(server, fake_connection_fd(connection));
    switch (server->plan.fault) {
    case FAULTY_TLS_SILENT:
        break;
    case FAULTY_TLS_TEXT:
        fake_send_text(connection, "-ERR unknown command\r\n");
        break;
    case FAULTY_TLS_CLOSES:
        fake_close(connection);
        return;
    case FAULTY_TLS_BREAKS_OFF:
        begin_handshake(server, connection);
        break;
    case FAULTY_TLS_NONE:
        if (fake_start_tls(connection, server->context))
            note_handshake(server, fake_connection_tls(connection));
        return;
    }
    fake_go_silent(connection);
}

static void answer_get(const struct faulty_tls_server *server, fake_connection *connection)
{
    const size_t size = server->plan.value_bytes;
    char *text = malloc(size + 64);
    if (!text)
        abort();
    const size_t head = (size_t)snprintf(text, 32, "$%zu\r\n", size);
    memset(text + head, 'v', size);
    memcpy(text + head + size, "\r\n", 2);
    fake_send(connection, text, head + size + 2);
    free(text);
}

static void on_command(void *context, fake_connection *connection, const fake_command *command)
{
    const struct faulty_tls_server *server = context;
    if (server->plan.wants_key_updates)
        SSL_key_update(fake_connection_tls(connection), SSL_KEY_UPDATE_REQUESTED);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L /* an older one gives them with the handshake only */
    if (server->plan.gives_tickets)
        SSL_new_session_ticket(fake_connection_tls(connection));
#endif
    if (fake_word_is(command, 0, "GET"))
        answer_get(server, connection);
    else if (fake_word_is(command, 0, "PING"))
        fake_send_text(connection, "+PONG\r\n");
    else
        fake_send_text(connection, fake_word_is(command, 0, "INFO") ? "$0\r\n\r\n" : "+OK\r\n");
    if (++*fake_connection_tag(connection) == server->plan.closes_after)
        fake_close(connection);
}

/* ---- start and stop ---- */

static int accept_any(int is_ok, X509_STORE_CTX *store)
{
    (void)is_ok, (void)store;
    return 1;
}

static bool set_context(struct faulty_tls_server *server, const struct certificates *made)
{
    const struct faulty_tls_plan *plan = &server->plan;
    char pem[64], key[64];
    snprintf(pem, sizeof pem, "%s.pem", plan->certificate);
    snprintf(key, sizeof key, "%s.key", plan->certificate);
    server->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_cipher_list(server->context, "ALL:@SECLEVEL=0"); /* no other level has TLS 1.1 */
    SSL_CTX_set_min_proto_version(server->context, plan->least_version);
    SSL_CTX_set_max_proto_version(server->context, plan->most_version);
    SSL_CTX_set_session_id_context(server->context, (const unsigned char *)"faulty", 6);
    SSL_CTX_set_tlsext_servername_callback(server->context, note_name);
    SSL_CTX_set_tlsext_servername_arg(server->context, server);
    if (plan->record_bytes > 0)
        SSL_CTX_set_max_send_fragment(server->context, plan->record_bytes);
    if (plan->wants_client_certificate)
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    return SSL_CTX_use_certificate_file(server->context, certificates_path(made, pem), SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(server->context, certificates_path(made, key), SSL_FILETYPE_PEM) == 1;
}

static void release(struct faulty_tls_server *server)
{
    SSL_CTX_free(server->context);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct faulty_tls_server *faulty_tls_server_start(const struct certificates *made, const struct faulty_tls_plan *plan)
{
    struct faulty_tls_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->plan = *plan;
    server->seen.first_byte = -1;
    pthread_mutex_init(&server->lock, NULL);
    if (plan->certificate && !set_context(server, made)) {
        ERR_print_errors_fp(stderr);
        release(server);
        return NULL;
    }
    server->server = fake_server_start(FAKE_TCP, &(fake_behavior){.on_accept = on_accept,
                                                                  .on_first_bytes = on_first_bytes,
                                                                  .on_command = on_command,
                                                                  .context = server});
    return server;
}

uint16_t faulty_tls_server_port(const struct faulty_tls_server *server)
{
    return fake_server_port(server->server);
}

void faulty_tls_server_stop(struct faulty_tls_server *server)
{
    if (!server)
        return;
    fake_server_stop(server->server);
    release(server);
}
