/* SPDX-License-Identifier: MIT */
/* TLS records: a client and a server in one process, whose bytes pass in pieces that the input chooses. The input says
 * when each side writes and reads, when a byte is changed on the way, a foreign byte is put in, the keys are renewed,
 * renegotiation is asked for or the stream ends. What either side reads must be what the other one wrote, in order, and
 * no more than it reported as written. The first byte can also make the whole input the server's handshake. */
#include "base/heap.h"
#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLAIN_MAX = 20000, DEADLINE_MS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

typedef struct pair {
    int fds[2]; /* the client's, the server's */
    pl_tls *client;
    SSL *server;
    BIO *to_server, *from_server;       /* between its SSL and its socket */
    uint64_t server_wrote, client_read; /* bytes */
    uint64_t client_wrote, server_read;
    size_t offered; /* by the client to a write that has not taken all of it: it must be repeated */
    bool is_broken; /* bytes were changed, or the stream has ended */
    bool has_failed;
} pair;

static SSL_CTX *servers[2];        /* for TLS 1.2, 1.3 */
static pl_tls_session sessions[2]; /* taken up again: a full handshake takes ten times as long */
static pl_tls_context *clients;
static pl_heap heap;
static pl_clock clock_;

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static uint8_t next_byte(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

/* What stands at an offset of either stream. */
static char pattern(uint64_t offset)
{
    return (char)(offset * 31 + offset / 251);
}

static void fill(char *bytes, uint64_t offset, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = pattern(offset + i);
}

static void expect_pattern(const char *bytes, uint64_t offset, size_t length)
{
    for (size_t i = 0; i < length; i++)
        expect(bytes[i] == pattern(offset + i));
}

/* --- once --------------------------------------------------------------------------------------------------------- */

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    expect(context && EVP_PKEY_keygen_init(context) == 1 &&
           EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1 &&
           EVP_PKEY_keygen(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void make_servers(void)
{
    EVP_PKEY *key = make_key();
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    expect(X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);
    for (int i = 0; i < 2; i++) {
        servers[i] = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_max_proto_version(servers[i], i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
        expect(SSL_CTX_use_certificate(servers[i], certificate) == 1 && SSL_CTX_use_PrivateKey(servers[i], key) == 1);
        pl_tls_session_init(&sessions[i]);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void set_up(void)
{
    podlink_error err;
    const pl_tls_options options = {.verifies = false};
    pl_heap_init(&heap, NULL);
    pl_clock_init(&clock_, NULL);
    make_servers();
    expect(pl_tls_context_new(&heap, &options, &clients, &err) == PODLINK_OK);
}

/* --- the handshake ------------------------------------------------------------------------------------------------ */

static void *accept_client(void *argument)
{
    pair *p = argument;
    return SSL_accept(p->server) == 1 ? p : NULL;
}

static podlink_status open_client(pair *p, pl_tls_session *session, podlink_error *err)
{
    const pl_cancel cancel = {0};
    pl_address address;
    pl_address_tcp(&address, "localhost", 6379);
    const pl_tls_peer peer = {.context = clients, .session = session, .address = &address, .cancel = &cancel};
    const int64_t deadline = pl_clock_now(&clock_) + DEADLINE_MS * PL_MS;
    return pl_tls_open(&peer, p->fds[0], &clock_, deadline, &p->client, err);
}

static void open_sockets(pair *p)
{
    memset(p, 0, sizeof *p);
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->fds) == 0);
    expect(fcntl(p->fds[0], F_SETFL, O_NONBLOCK) == 0);
}

/* The server sends the input, whatever the client says. */
static void run_handshake(const input *in)
{
    pair p;
    podlink_error err;
    pl_tls_session session;
    open_sockets(&p);
    pl_tls_session_init(&session);
    expect(in->left == 0 || send(p.fds[1], in->at, in->left, MSG_NOSIGNAL) == (ssize_t)in->left);
    shutdown(p.fds[1], SHUT_WR);
    const podlink_status status = open_client(&p, &session, &err);
    expect(status == PODLINK_ETLS || status == PODLINK_ECONNECT);
    expect(err.status == status && !p.client);
    pl_tls_session_fini(&session);
    close(p.fds[0]);
    close(p.fds[1]);
}

static void connect_pair(pair *p, SSL_CTX *context, pl_tls_session *session)
{
    pthread_t thread;
    podlink_error err;
    void *accepted = NULL;
    open_sockets(p);
    p->server = SSL_new(context);
    SSL_set_fd(p->server, p->fds[1]);
    expect(pthread_create(&thread, NULL, accept_client, p) == 0);
    const podlink_status status = open_client(p, session, &err);
    size_t written = 0;
    int ignored = 0;
    if (status == PODLINK_OK) /* the last message of the handshake goes out with it */
        pl_tls_write(p->client, "", 0, &written, &ignored);
    pthread_join(thread, &accepted);
    expect(status == PODLINK_OK && accepted == p);
    p->to_server = BIO_new(BIO_s_mem());
    p->from_server = BIO_new(BIO_s_mem());
    SSL_set_bio(p->server, p->to_server, p->from_server);
    expect(fcntl(p->fds[1], F_SETFL, O_NONBLOCK) == 0);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

static void server_writes(pair *p, size_t length)
{
    static char bytes[PLAIN_MAX];
    fill(bytes, p->server_wrote, length);
    const int n = SSL_write(p->server, bytes, (int)length);
    if (n > 0)
        p->server_wrote += (uint64_t)n;
}

/* Carries bytes from the server to the client's socket, one of them changed by `flip`. */
static void carry(pair *p, size_t most, uint8_t flip)
{
    char bytes[1024];
    const int n = BIO_read(p->from_server, bytes, (int)(most < sizeof bytes ? most : sizeof bytes));
    if (n <= 0)
        return;
    bytes[n / 2] = (char)(bytes[n / 2] ^ flip);
    const ssize_t sent = send(p->fds[1], bytes, (size_t)n, MSG_NOSIGNAL);
    p->is_broken |= flip != 0 || sent != n; /* the rest is lost */
}

static void client_reads(pair *p, size_t capacity)
{
    static char bytes[PLAIN_MAX];
    size_t length = 0;
    int error_number = 0;
    const pl_io_result result = pl_tls_read(p->client, bytes, capacity, &length, &error_number);
    if (result == PL_IO_DONE) {
        expect(length > 0 && length <= capacity);
        expect_pattern(bytes, p->client_read, length);
        p->client_read += length;
        expect(p->client_read <= p->server_wrote);
        return;
    }
    expect(result == PL_IO_AGAIN || p->is_broken);
    p->has_failed |= result == PL_IO_FAILED;
}

static void client_peeks(pair *p)
{
    const pl_io_result result = pl_tls_peek(p->client);
    expect(result != PL_IO_DONE || p->client_read < p->server_wrote);
    expect(pl_tls_wait(p->client, POLLIN | POLLOUT, 0) >= 0);
}

static void client_writes(pair *p, size_t length)
{
    static char bytes[PLAIN_MAX];
    size_t written = 0;
    int error_number = 0;
    if (length < p->offered)
        length = p->offered;
    fill(bytes, p->client_wrote, length);
    const pl_io_result result = pl_tls_write(p->client, bytes, length, &written, &error_number);
    expect(written <= length && (written > 0) == (result == PL_IO_DONE && length > 0));
    p->client_wrote += written;
    p->offered = length - written;
    p->has_failed |= result == PL_IO_FAILED;
}

static void server_reads(pair *p, size_t most)
{
    char raw[2048];
    static char bytes[PLAIN_MAX];
    const ssize_t got = read(p->fds[1], raw, most < sizeof raw ? most : sizeof raw);
    if (got > 0)
        BIO_write(p->to_server, raw, (int)got);
    const int n = SSL_read(p->server, bytes, sizeof bytes);
    if (n <= 0)
        return;
    expect_pattern(bytes, p->server_read, (size_t)n);
    p->server_read += (uint64_t)n;
    expect(p->server_read <= p->client_wrote);
}

static void inject(pair *p, uint8_t byte)
{
    p->is_broken = true;
    expect(send(p->fds[1], &byte, 1, MSG_NOSIGNAL) <= 1);
}

static void special(pair *p, input *in, uint8_t what)
{
    switch (what % 6) {
    case 0:
        SSL_key_update(p->server, what < 16 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        break;
    case 1:
        if (SSL_renegotiate(p->server) == 1)
            SSL_do_handshake(p->server);
        break;
    case 2:
        SSL_shutdown(p->server);
        p->is_broken = true;
        break;
    case 3:
        shutdown(p->fds[1], SHUT_WR);
        p->is_broken = true;
        break;
    default:
        inject(p, next_byte(in));
        break;
    }
}

static void step(pair *p, input *in)
{
    const uint8_t what = next_byte(in);
    const size_t amount = (size_t)(what & 31) + 1;
    switch (what >> 5) {
    case 0:
        server_writes(p, amount * amount * 16);
        break;
    case 1:
        carry(p, amount * 32, 0);
        break;
    case 2:
        carry(p, amount, next_byte(in));
        break;
    case 3:
        client_reads(p, amount * amount * 16);
        break;
    case 4:
        client_peeks(p);
        break;
    case 5:
        client_writes(p, amount * amount * 16);
        break;
    case 6:
        server_reads(p, amount * 64);
        break;
    default:
        special(p, in, what & 31);
        break;
    }
}

static void run_records(input *in, int version)
{
    pair p;
    char words[256];
    connect_pair(&p, servers[version], &sessions[version]);
    while (in->left > 0)
        step(&p, in);
    if (p.has_failed)
        expect(pl_tls_failure(p.client, words, sizeof words) < 0 || p.is_broken);
    pl_tls_close(p.client);
    SSL_free(p.server);
    close(p.fds[0]);
    close(p.fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    if (!clients)
        set_up();
    const uint8_t mode = next_byte(&in);
    if (mode % 3 == 2)
        run_handshake(&in);
    else
        run_records(&in, mode % 3);
    return 0;
}
