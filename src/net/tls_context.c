/* SPDX-License-Identifier: MIT */
/* The part of TLS without I/O: files, trusted CAs, sessions, and texts for the errors of OpenSSL. */
#include "net/tls_context.h"

#include "base/error.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

const char *pl_tls_words(unsigned long code)
{
    for (size_t i = 0; ERR_GET_LIB(code) == ERR_LIB_SSL && i < sizeof known_reasons / sizeof *known_reasons; i++)
        if (known_reasons[i].reason == ERR_GET_REASON(code))
            return known_reasons[i].words;
    const char *words = ERR_reason_error_string(code);
    return words ? words : "OpenSSL does not say why";
}

void pl_tls_describe_refusal(long result, const char *name, char *words, size_t size)
{
    char shown[PL_HOST_MAX + 1];
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        pl_text_escape(name, strlen(name), shown, sizeof shown);
        snprintf(words, size, "the server's certificate is not for %s", shown);
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

/* --- the context ---------------------------------------------------------------------------------------------- */

/* Without this callback OpenSSL would ask for the password at the terminal. */
static int refuse_password(char *password, int size, int is_writing, void *was_asked)
{
    (void)password, (void)size, (void)is_writing;
    *(bool *)was_asked = true;
    return 0;
}

static int note_certificate_wanted(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
    (void)certificate, (void)key;
    pl_tls_events *events = SSL_get_app_data(ssl);
    events->wants_certificate = true;
    return 0;
}

/* Takes a reference to the session. In TLS 1.3 the server sends sessions after the handshake: the latest is kept. */
static int keep_session(SSL *ssl, SSL_SESSION *made)
{
    const pl_tls_events *events = SSL_get_app_data(ssl);
    pl_tls_session *session = events->session;
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

/* Checks that an option names a readable file or directory. The message must not contain more than that about a key. */
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
        SSL_CTX_set_default_verify_paths(ssl); /* if the system has no store, the handshake fails and reports it */
    else if (SSL_CTX_load_verify_locations(ssl, options->ca_file, options->ca_dir) != 1)
        status =
            pl_error_invalid(err, "tls_ca_file holds no certificate in PEM form: %s", pl_tls_words(ERR_peek_error()));
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
                                pl_tls_words(ERR_peek_error()));
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

static void offer_session(pl_tls_session *session, SSL *ssl)
{
    pthread_mutex_lock(&session->lock);
    SSL_SESSION *latest = session->latest;
    if (latest && SSL_SESSION_is_resumable(latest))
        SSL_set_session(ssl, latest); /* takes a reference */
    pthread_mutex_unlock(&session->lock);
}

void pl_tls_session_forget(pl_tls_session *session)
{
    pthread_mutex_lock(&session->lock);
    SSL_SESSION *latest = session->latest;
    session->latest = NULL;
    pthread_mutex_unlock(&session->lock);
    SSL_SESSION_free(latest);
}

/* --- a connection's SSL --------------------------------------------------------------------------------------- */

/* Sets the name that the server's certificate must have. A host name is also sent (SNI), for servers with several
 * certificates; an IP address must not be. */
static bool set_name(SSL *ssl, const char *name)
{
    unsigned char number[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, name, number) == 1 || inet_pton(AF_INET6, name, number) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

SSL *pl_tls_context_ssl(const pl_tls_context *context, const char *name, pl_tls_events *events)
{
    SSL *ssl = SSL_new(context->ssl);
    if (!ssl)
        return NULL;
    SSL_set_app_data(ssl, events);
    offer_session(events->session, ssl);
    if (set_name(ssl, name))
        return ssl;
    SSL_free(ssl);
    return NULL;
}
