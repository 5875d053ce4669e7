/* TLS by OpenSSL, which never sees the socket: it reads and writes two buffers in memory (BIOs), and we carry the bytes
 * between these and the socket. So its lock, which it needs because an SSL object bears one thread at a time while a
 * shared connection has a reader and a writer, is held for the cipher's work alone and never during a system call; and
 * a reader that looks whether something has come pays for one recv(), as in clear text. */
#include "net/tls.h"

#include "base/buffer.h"
#include "base/error.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RECORD_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
    RAW_SIZE = 16 * 1024,
    KEPT_BYTES = 64 * 1024,
    READS_MAX = 4, /* in one call: then the caller looks at its deadline again */
    ENDED_LOOK_MS = 20,
    WORDS_SIZE = 256
};

struct pl_tls_context {
    pl_heap heap;
    SSL_CTX *ssl;
    char *server_name; /* owned; NULL: the address' host */
};

struct pl_tls {
    const pl_tls_context *context; /* borrowed, as these are */
    pl_tls_session *session;
    const char *name; /* whom the server must be */
    int fd;
    bool wants_certificate; /* the server has asked for one, and we have none */

    pthread_mutex_t lock; /* of all that follows, down to has_heard */
    SSL *ssl;
    BIO *received;        /* what the socket gave and SSL has not taken; ssl owns both */
    BIO *produced;        /* what SSL wants to be sent */
    podlink_status fault; /* PODLINK_OK: none */
    char words[WORDS_SIZE];
    bool has_heard; /* bytes of the server's have come, so it has let us in */

    bool is_dry; /* the reader's: SSL has nothing to give, so look at the socket first */

    /* The writer's. */
    pl_buffer sending; /* records on their way to the socket */
    size_t sending_at;
    size_t sealed;     /* bytes of the caller's that these records hold: sent when the last of them is */
    bool awaits_input; /* SSL sends no more before it has read */
};

/* --- words ---------------------------------------------------------------------------------------------------- */

#define NOT_TLS "the server does not speak TLS on this port"

static const struct {
    int reason;
    const char *words;
} known_reasons[] = {
    {SSL_R_WRONG_VERSION_NUMBER, NOT_TLS},
    {SSL_R_HTTP_REQUEST, NOT_TLS},
    {SSL_R_PACKET_LENGTH_TOO_LONG, NOT_TLS},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the server has no TLS 1.2 or later"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the server has no TLS version in common with us, 1.2 and later"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the server wants a client certificate"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the server does not trust the CA of our client certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "to the server, our client certificate has expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "to the server, our client certificate is revoked"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the server refuses our client certificate"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "the server refuses our client certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the server refuses our client certificate"},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, "the server refuses our client certificate"},
};

static const char *words_of(unsigned long code)
{
    for (size_t i = 0; ERR_GET_LIB(code) == ERR_LIB_SSL && i < sizeof known_reasons / sizeof *known_reasons; i++)
        if (known_reasons[i].reason == ERR_GET_REASON(code))
            return known_reasons[i].words;
    const char *words = ERR_reason_error_string(code);
    return words ? words : "OpenSSL does not say why";
}

/* Why the server's certificate was not accepted. */
static void describe_refusal(const pl_tls *tls, long result, char *words, size_t size)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        snprintf(words, size, "the server's certificate is not for %s", tls->name);
        return;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        snprintf(words, size, "the server's certificate, or one above it, has expired");
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        snprintf(words, size, "the server's certificate, or one above it, is not valid yet");
        return;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        snprintf(words, size, "no trusted CA has signed the server's certificate (%s)",
                 X509_verify_cert_error_string(result));
        return;
    default:
        snprintf(words, size, "the server's certificate is refused: %s", X509_verify_cert_error_string(result));
    }
}

/* With the lock, right after the call of OpenSSL's that failed. A server that has let us in and then breaks off is a
 * connection lost like any other; one that has not is what the user has to look at. */
static void note_failure(pl_tls *tls)
{
    if (tls->fault != PODLINK_OK)
        return;
    tls->fault = tls->has_heard ? PODLINK_ECONNLOST : PODLINK_ETLS;
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        describe_refusal(tls, SSL_get_verify_result(tls->ssl), tls->words, sizeof tls->words);
    else if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && tls->wants_certificate)
        snprintf(tls->words, sizeof tls->words, "the server wants a client certificate");
    else
        snprintf(tls->words, sizeof tls->words, "%s", words_of(code));
}

static void note_no_memory(pl_tls *tls)
{
    if (tls->fault != PODLINK_OK)
        return;
    tls->fault = PODLINK_ENOMEM;
    snprintf(tls->words, sizeof tls->words, "out of memory");
}

podlink_status pl_tls_failure(pl_tls *tls, char *words, size_t size)
{
    pthread_mutex_lock(&tls->lock);
    const podlink_status fault = tls->fault;
    snprintf(words, size, "TLS: %s", tls->words);
    pthread_mutex_unlock(&tls->lock);
    return fault;
}

void pl_tls_describe(const pl_tls *tls, char *words, size_t size)
{
    snprintf(words, size, "%s%s", SSL_get_version(tls->ssl), SSL_session_reused(tls->ssl) ? ", session resumed" : "");
}

/* --- the context ---------------------------------------------------------------------------------------------- */

/* OpenSSL would ask at the terminal. */
static int refuse_password(char *password, int size, int is_writing, void *was_asked)
{
    (void)password, (void)size, (void)is_writing;
    *(bool *)was_asked = true;
    return 0;
}

static int note_certificate_wanted(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
    (void)certificate, (void)key;
    pl_tls *tls = SSL_get_app_data(ssl);
    tls->wants_certificate = true;
    return 0;
}

/* Gets a reference to the session. TLS 1.3 hands them out behind the handshake: the latest is kept. */
static int keep_session(SSL *ssl, SSL_SESSION *made)
{
    const pl_tls *tls = SSL_get_app_data(ssl);
    pl_tls_session *session = tls->session;
    pthread_mutex_lock(&session->lock);
    SSL_SESSION *old = session->latest;
    session->latest = made;
    pthread_mutex_unlock(&session->lock);
    SSL_SESSION_free(old);
    return 1;
}

static SSL_CTX *new_ssl_context(void)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());
    if (!ssl)
        return NULL;
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ssl,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, keep_session);
    SSL_CTX_set_client_cert_cb(ssl, note_certificate_wanted);
    return ssl;
}

/* An option that names a file or a directory which cannot be used. Not more than that of a key. */
static podlink_status check_readable(const char *option, const char *path, bool is_directory, podlink_error *err)
{
    struct stat status;
    char reason[128];
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return pl_error_invalid(err, "%s cannot be read: %s", option, strerror_r(errno, reason, sizeof reason));
    if (is_directory != (S_ISDIR(status.st_mode) != 0))
        return pl_error_invalid(err, "%s is %s directory", option, is_directory ? "no" : "a");
    return PODLINK_OK;
}

static podlink_status set_trust(SSL_CTX *ssl, const pl_tls_options *options, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    if (options->ca_file)
        status = check_readable("tls_ca_file", options->ca_file, false, err);
    if (status == PODLINK_OK && options->ca_dir)
        status = check_readable("tls_ca_dir", options->ca_dir, true, err);
    if (status != PODLINK_OK)
        return status;
    ERR_clear_error();
    if (!options->ca_file && !options->ca_dir)
        SSL_CTX_set_default_verify_paths(ssl); /* a system without a store trusts nobody, and a handshake will say so */
    else if (SSL_CTX_load_verify_locations(ssl, options->ca_file, options->ca_dir) != 1)
        status = pl_error_invalid(err, "tls_ca_file holds no certificate in PEM form: %s", words_of(ERR_peek_error()));
    SSL_CTX_set_verify(ssl, options->verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return status;
}

static podlink_status read_key(SSL_CTX *ssl, const pl_tls_options *options, podlink_error *err)
{
    const char *file = options->key_file ? options->key_file : options->cert_file;
    const char *option = options->key_file ? "tls_key_file" : "tls_cert_file";
    bool was_asked = false;
    podlink_status status = check_readable(option, file, false, err);
    if (status != PODLINK_OK)
        return status;
    SSL_CTX_set_default_passwd_cb(ssl, refuse_password);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, &was_asked);
    ERR_clear_error();
    const bool is_read = SSL_CTX_use_PrivateKey_file(ssl, file, SSL_FILETYPE_PEM) == 1;
    const unsigned long code = ERR_peek_error();
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    if (is_read)
        return PODLINK_OK;
    if (was_asked)
        return pl_error_invalid(err, "the key in %s is encrypted, which is not supported", option);
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
        return pl_error_invalid(err, "the key in %s is not that of the certificate in tls_cert_file", option);
    return pl_error_invalid(err, "%s holds no private key in PEM form", option);
}

static podlink_status set_certificate(SSL_CTX *ssl, const pl_tls_options *options, podlink_error *err)
{
    if (!options->cert_file)
        return options->key_file ? pl_error_invalid(err, "tls_key_file is given, tls_cert_file is not") : PODLINK_OK;
    podlink_status status = check_readable("tls_cert_file", options->cert_file, false, err);
    if (status != PODLINK_OK)
        return status;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ssl, options->cert_file) != 1)
        return pl_error_invalid(err, "tls_cert_file holds no certificate that can be used: %s",
                                words_of(ERR_peek_error()));
    return read_key(ssl, options, err);
}

static podlink_status fill_context(pl_tls_context *context, const pl_tls_options *options, podlink_error *err)
{
    context->ssl = new_ssl_context();
    if (!context->ssl)
        return pl_error_no_memory(err);
    if (options->server_name && strlen(options->server_name) > PL_HOST_MAX)
        return pl_error_invalid(err, "tls_server_name is longer than %d bytes", PL_HOST_MAX);
    if (options->server_name) {
        context->server_name = pl_heap_copy(&context->heap, options->server_name, strlen(options->server_name));
        if (!context->server_name)
            return pl_error_no_memory(err);
    }
    podlink_status status = set_trust(context->ssl, options, err);
    return status == PODLINK_OK ? set_certificate(context->ssl, options, err) : status;
}

podlink_status pl_tls_context_new(const pl_heap *heap, const pl_tls_options *options, pl_tls_context **context,
                                  podlink_error *err)
{
    *context = NULL;
    pl_tls_context *made = pl_heap_zalloc(heap, sizeof *made);
    if (!made)
        return pl_error_no_memory(err);
    made->heap = *heap;
    podlink_status status = fill_context(made, options, err);
    ERR_clear_error();
    if (status == PODLINK_OK)
        *context = made;
    else
        pl_tls_context_free(made);
    return status;
}

void pl_tls_context_free(pl_tls_context *context)
{
    if (!context)
        return;
    const pl_heap heap = context->heap;
    SSL_CTX_free(context->ssl);
    pl_heap_free(&heap, context->server_name);
    pl_heap_free(&heap, context);
}

/* --- sessions ------------------------------------------------------------------------------------------------- */

void pl_tls_session_init(pl_tls_session *session)
{
    session->latest = NULL;
    pthread_mutex_init(&session->lock, NULL);
}

void pl_tls_session_fini(pl_tls_session *session)
{
    SSL_SESSION_free(session->latest);
    pthread_mutex_destroy(&session->lock);
}

static void offer_session(pl_tls *tls)
{
    pthread_mutex_lock(&tls->session->lock);
    SSL_SESSION *latest = tls->session->latest;
    if (latest && SSL_SESSION_is_resumable(latest))
        SSL_set_session(tls->ssl, latest); /* takes a reference */
    pthread_mutex_unlock(&tls->session->lock);
}

/* One with which a handshake has failed is not tried again. */
static void forget_session(pl_tls *tls)
{
    pthread_mutex_lock(&tls->session->lock);
    SSL_SESSION *latest = tls->session->latest;
    tls->session->latest = NULL;
    pthread_mutex_unlock(&tls->session->lock);
    SSL_SESSION_free(latest);
}

/* --- between SSL and the socket ------------------------------------------------------------------------------- */

/* With the lock: what it means that a call of OpenSSL's gave nothing. */
static pl_io_result judge(pl_tls *tls, int result, int *error_number)
{
    const int error = SSL_get_error(tls->ssl, result);
    if (error == SSL_ERROR_WANT_READ) /* it never wants to write: `produced` takes everything */
        return PL_IO_AGAIN;
    if (error == SSL_ERROR_ZERO_RETURN && tls->fault == PODLINK_OK)
        return PL_IO_ENDED;
    note_failure(tls);
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

/* With the lock. False when out of memory. */
static bool feed(pl_tls *tls, const void *raw, size_t length)
{
    if (length == 0 || BIO_write(tls->received, raw, (int)length) == (int)length)
        return true;
    note_no_memory(tls);
    return false;
}

/* With the lock, in the writer's role: moves what SSL has produced behind what is on its way. False when out of memory.
 */
static bool take_produced(pl_tls *tls)
{
    const size_t length = BIO_ctrl_pending(tls->produced);
    if (length == 0)
        return true;
    if (!pl_buffer_reserve(&tls->sending, length)) {
        note_no_memory(tls);
        return false;
    }
    BIO_read(tls->produced, tls->sending.bytes + tls->sending.length, (int)length);
    tls->sending.length += length;
    return true;
}

/* In the writer's role. PL_IO_DONE: nothing is on its way any more. */
static pl_io_result flush(pl_tls *tls, int *error_number)
{
    while (tls->sending_at < tls->sending.length) {
        size_t sent = 0;
        pl_io_result result = pl_socket_write(tls->fd, tls->sending.bytes + tls->sending_at,
                                              tls->sending.length - tls->sending_at, &sent, error_number);
        if (result != PL_IO_DONE)
            return result;
        tls->sending_at += sent;
    }
    pl_buffer_clear(&tls->sending, KEPT_BYTES);
    tls->sending_at = 0;
    return PL_IO_DONE;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

typedef int (*take_fn)(SSL *ssl, void *bytes, int capacity); /* SSL_read or SSL_peek */

/* With the lock: whether SSL may have something to give, of what it was fed. */
static bool has_more(const pl_tls *tls)
{
    return SSL_has_pending(tls->ssl) || BIO_ctrl_pending(tls->received) > 0;
}

/* Hands SSL the raw bytes that stand in `bytes`, and takes into their place what they hold, of all whole records. */
static pl_io_result open_records(pl_tls *tls, take_fn take, char *bytes, size_t raw, size_t capacity, size_t *length,
                                 int *error_number)
{
    pl_io_result result = PL_IO_DONE;
    size_t taken = 0;
    pthread_mutex_lock(&tls->lock);
    ERR_clear_error();
    if (!feed(tls, bytes, raw)) {
        *error_number = PL_TLS_ERROR;
        result = PL_IO_FAILED;
    }
    while (result == PL_IO_DONE && taken < capacity && (taken == 0 || has_more(tls))) {
        const int n = take(tls->ssl, bytes + taken, (int)(capacity - taken));
        tls->has_heard |= n > 0;
        if (n <= 0)
            result = judge(tls, n, error_number);
        else if (take == SSL_peek)
            taken = capacity; /* more of it would be the same again */
        else
            taken += (size_t)n;
    }
    tls->is_dry = result == PL_IO_AGAIN || (result == PL_IO_DONE && !has_more(tls));
    pthread_mutex_unlock(&tls->lock);
    *length = taken;
    return taken > 0 ? PL_IO_DONE : result; /* an end behind these bytes comes up again with the next call */
}

/* The socket has ended. In TLS 1.3 a server says that it refuses us when we believe that we are connected, and hangs
 * up; its words may be lost then. */
static pl_io_result end_reading(pl_tls *tls, pl_io_result result, int *error_number)
{
    if (tls->has_heard || !tls->wants_certificate)
        return result;
    pthread_mutex_lock(&tls->lock);
    if (tls->fault == PODLINK_OK) {
        tls->fault = PODLINK_ETLS;
        snprintf(tls->words, sizeof tls->words, "the server wants a client certificate");
    }
    pthread_mutex_unlock(&tls->lock);
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

static pl_io_result receive(pl_tls *tls, take_fn take, char *bytes, size_t capacity, size_t *length, int *error_number)
{
    size_t raw = 0;
    for (int reads = 0; reads < READS_MAX; reads++) {
        pl_io_result result = PL_IO_AGAIN;
        if (!tls->is_dry)
            result = open_records(tls, take, bytes, raw, capacity, length, error_number);
        if (result != PL_IO_AGAIN)
            return result;
        result = pl_socket_read(tls->fd, bytes, capacity, &raw, error_number);
        if (result == PL_IO_AGAIN)
            return result;
        if (result != PL_IO_DONE)
            return end_reading(tls, result, error_number);
        tls->is_dry = false;
    }
    return open_records(tls, take, bytes, raw, capacity, length, error_number);
}

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    return receive(tls, SSL_read, bytes, capacity, length, error_number);
}

/* An idle connection's session tickets are read here, and are not what anybody had to ask for. */
pl_io_result pl_tls_peek(pl_tls *tls)
{
    char bytes[RAW_SIZE];
    size_t length = 0;
    int ignored = 0;
    return receive(tls, SSL_peek, bytes, sizeof bytes, &length, &ignored);
}

/* --- writing -------------------------------------------------------------------------------------------------- */

/* Puts the first bytes into a record: one, so that what is sent can be told exactly. */
static pl_io_result seal(pl_tls *tls, const char *bytes, size_t length, int *error_number)
{
    pl_io_result result = PL_IO_DONE;
    pthread_mutex_lock(&tls->lock);
    ERR_clear_error();
    int n = SSL_write(tls->ssl, bytes, (int)(length < RECORD_MAX ? length : RECORD_MAX));
    if (n <= 0)
        result = judge(tls, n, error_number);
    if (!take_produced(tls)) {
        *error_number = PL_TLS_ERROR;
        result = PL_IO_FAILED;
    }
    pthread_mutex_unlock(&tls->lock);
    tls->sealed = n > 0 ? (size_t)n : 0;
    tls->awaits_input = result == PL_IO_AGAIN; /* half of a message of the handshake's layer has come */
    return result;
}

pl_io_result pl_tls_write(pl_tls *tls, const void *bytes, size_t length, size_t *written, int *error_number)
{
    size_t done = 0;
    pl_io_result result;
    for (;;) {
        result = flush(tls, error_number);
        if (result != PL_IO_DONE)
            break;
        done += tls->sealed;
        tls->sealed = 0;
        assert(done <= length); /* a write that is repeated is no shorter */
        if (done == length)
            break;
        result = seal(tls, (const char *)bytes + done, length - done, error_number);
        if (result != PL_IO_DONE)
            break;
    }
    *written = done;
    return done > 0 ? PL_IO_DONE : result; /* a failure comes up again with the next call */
}

short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns)
{
    if ((events & POLLIN) && !tls->is_dry)
        return POLLIN;
    if (!(events & POLLOUT) || !tls->awaits_input)
        return pl_socket_wait(tls->fd, events, wait_ns);
    if (!pl_socket_wait(tls->fd, POLLIN, wait_ns))
        return 0;
    return events;
}

/* --- the handshake -------------------------------------------------------------------------------------------- */

/* Whom the server must be, and its name for those that have several certificates: a number is none. */
static bool set_name(pl_tls *tls)
{
    unsigned char number[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
    if (inet_pton(AF_INET, tls->name, number) == 1 || inet_pton(AF_INET6, tls->name, number) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, tls->name) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, tls->name, 0) == 1 && SSL_set_tlsext_host_name(tls->ssl, tls->name) == 1;
}

/* False when out of memory. */
static bool init(pl_tls *tls, const pl_tls_peer *peer, int fd)
{
    const pl_tls_context *context = peer->context;
    *tls = (pl_tls){.context = context,
                    .session = peer->session,
                    .name = context->server_name ? context->server_name : peer->address->host,
                    .fd = fd,
                    .ssl = SSL_new(context->ssl),
                    .received = BIO_new(BIO_s_mem()),
                    .produced = BIO_new(BIO_s_mem())};
    pthread_mutex_init(&tls->lock, NULL);
    pl_buffer_init(&tls->sending, &context->heap);
    if (!tls->ssl || !tls->received || !tls->produced) {
        BIO_free(tls->received);
        BIO_free(tls->produced);
        return false;
    }
    SSL_set_bio(tls->ssl, tls->received, tls->produced);
    SSL_set_app_data(tls->ssl, tls);
    offer_session(tls);
    return set_name(tls);
}

static void release(pl_tls *tls)
{
    const pl_heap *heap = &tls->context->heap;
    SSL_free(tls->ssl);
    pl_buffer_fini(&tls->sending);
    pthread_mutex_destroy(&tls->lock);
    pl_heap_free(heap, tls);
}

/* What an open handshake waits for: sends what is due, and takes what has come. PL_IO_AGAIN: time is up. */
static pl_io_result carry(pl_tls *tls, int64_t wait_ns, int *error_number)
{
    char raw[RAW_SIZE];
    size_t length = 0;
    int ignored = 0;
    const bool is_full = flush(tls, &ignored) == PL_IO_AGAIN; /* of a socket that has broken the read will tell */
    if (!(pl_socket_wait(tls->fd, is_full ? POLLIN | POLLOUT : POLLIN, wait_ns) & POLLIN))
        return PL_IO_AGAIN;
    pl_io_result result = pl_socket_read(tls->fd, raw, sizeof raw, &length, error_number);
    if (result != PL_IO_DONE)
        return result;
    tls->is_dry = false;
    if (feed(tls, raw, length))
        return result;
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

static podlink_status hung_up(const pl_tls_peer *peer, podlink_error *err)
{
    return pl_error_set(
        err, PODLINK_ECONNECT, PODLINK_NOT_SENT,
        "cannot connect to %s: the server hung up in the TLS handshake; does it speak TLS on this port?",
        peer->address->text);
}

static podlink_status took_too_long(const pl_tls *tls, const pl_tls_peer *peer, podlink_error *err)
{
    const bool is_silent = BIO_number_written(tls->received) == 0;
    return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "the TLS handshake with %s took too long%s",
                        peer->address->text,
                        is_silent ? ": the server has said nothing; does it speak TLS on this port?" : "");
}

/* The alert that tells the server why is sent if there is room for it. */
static podlink_status failed(pl_tls *tls, const pl_tls_peer *peer, podlink_error *err)
{
    char words[WORDS_SIZE + 8];
    int ignored = 0;
    flush(tls, &ignored);
    forget_session(tls);
    const podlink_status fault = pl_tls_failure(tls, words, sizeof words);
    return pl_error_set(err, fault, PODLINK_NOT_SENT, "cannot connect to %s: %s", peer->address->text, words);
}

/* The last of what it makes us send waits for the first write, and goes out with it. */
static podlink_status handshake(pl_tls *tls, const pl_tls_peer *peer, const pl_clock *clock, int64_t deadline,
                                podlink_error *err)
{
    for (;;) {
        int error_number = 0;
        ERR_clear_error();
        const int n = SSL_connect(tls->ssl);
        pl_io_result result = n == 1 ? PL_IO_DONE : judge(tls, n, &error_number);
        if (!take_produced(tls) || result == PL_IO_FAILED)
            return failed(tls, peer, err);
        if (result == PL_IO_DONE)
            return PODLINK_OK;
        const int64_t left = pl_until(deadline, pl_clock_now(clock));
        if (left == 0)
            return took_too_long(tls, peer, err);
        if (pl_ending_has_come(peer->ending))
            return pl_error_set(err, peer->ending->status, PODLINK_NOT_SENT, "%s: %s", peer->address->text,
                                peer->ending->why);
        const int64_t limit = ENDED_LOOK_MS * PL_MS;
        if (result == PL_IO_AGAIN)
            result = carry(tls, left < limit ? left : limit, &error_number);
        if (error_number == PL_TLS_ERROR)
            return failed(tls, peer, err);
        if (result == PL_IO_ENDED || result == PL_IO_FAILED)
            return hung_up(peer, err);
    }
}

podlink_status pl_tls_open(const pl_tls_peer *peer, int fd, const pl_clock *clock, int64_t deadline, pl_tls **tls,
                           podlink_error *err)
{
    *tls = NULL;
    pl_tls *made = pl_heap_alloc(&peer->context->heap, sizeof *made);
    if (!made)
        return pl_error_no_memory(err);
    podlink_status status =
        init(made, peer, fd) ? handshake(made, peer, clock, deadline, err) : pl_error_no_memory(err);
    ERR_clear_error();
    if (status == PODLINK_OK)
        *tls = made;
    else
        release(made);
    return status;
}

void pl_tls_close(pl_tls *tls)
{
    int ignored = 0;
    ERR_clear_error();
    if (tls->fault == PODLINK_OK && SSL_shutdown(tls->ssl) >= 0 && take_produced(tls))
        flush(tls, &ignored);
    release(tls);
    ERR_clear_error();
}
