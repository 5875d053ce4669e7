/* SPDX-License-Identifier: MIT */
/* TLS by OpenSSL, which never accesses the socket: it reads and writes two memory buffers (BIOs), and this file moves
 * the bytes between them and the socket. Only one thread at a time may use an SSL object, but a shared connection has a
 * reader and a writer, so a lock is needed. It is held for encryption and decryption only, never during a system call.
 * A reader that polls for bytes pays for one recv(), as without TLS. */
#include "net/tls.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mutant.h"
#include "net/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <assert.h>
#include <stdio.h>

enum {
    RECORD_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
    RAW_SIZE = 16 * 1024,
    KEPT_BYTES = 64 * 1024,
    PRODUCED_MAX = 64 * 1024,
    READS_MAX = 4, /* in one call; then the caller checks its deadline */
    WORDS_SIZE = 256
};

struct pl_tls {
    const pl_tls_context *context; /* borrowed, as is name */
    const char *name;              /* that the server's certificate must have */
    int fd;

    pthread_mutex_t lock; /* protects all fields down to has_received */
    pl_tls_events events;
    SSL *ssl;
    BIO *received;        /* bytes from the socket that SSL has not read; ssl owns both BIOs */
    BIO *produced;        /* bytes from SSL to send */
    podlink_status fault; /* PODLINK_OK: none */
    char words[WORDS_SIZE];
    bool has_received; /* application data was received, so the server has accepted this client */

    bool needs_input; /* the reader's: SSL has no data left, so read the socket first */

    /* Used by the writer only. */
    pl_buffer sending; /* records to write to the socket */
    size_t sending_at;
    size_t encrypted;       /* bytes of the caller in these records; sent once all records are */
    bool write_needs_input; /* SSL must read before it can write more */
};

/* --- failures ------------------------------------------------------------------------------------------------- */

/* Under the lock, directly after the failed call of OpenSSL. If the server had accepted this client before, the
 * connection is lost like any other (ECONNLOST); if not, the user has to check the TLS configuration (ETLS). */
static void note_failure(pl_tls *tls)
{
    if (tls->fault != PODLINK_OK)
        return;
    tls->fault = tls->has_received ? PODLINK_ECONNLOST : PODLINK_ETLS;
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        pl_tls_describe_refusal(SSL_get_verify_result(tls->ssl), tls->name, tls->words, sizeof tls->words);
    else if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && tls->events.wants_certificate)
        snprintf(tls->words, sizeof tls->words, "the server wants a client certificate");
    else
        snprintf(tls->words, sizeof tls->words, "%s", pl_tls_words(code));
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

/* --- between SSL and the socket ------------------------------------------------------------------------------- */

/* Under the lock: the meaning of a call of OpenSSL that returned no bytes. */
static pl_io_result result_of(pl_tls *tls, int result, int *error_number)
{
    const int error = SSL_get_error(tls->ssl, result);
    if (error == SSL_ERROR_WANT_READ) /* never WANT_WRITE: `produced` takes all bytes */
        return PL_IO_AGAIN;
    if (error == SSL_ERROR_ZERO_RETURN && tls->fault == PODLINK_OK)
        return PL_IO_ENDED;
    note_failure(tls);
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

/* Under the lock. False when out of memory. */
static bool feed(pl_tls *tls, const void *raw, size_t length)
{
    if (length == 0 || BIO_write(tls->received, raw, (int)length) == (int)length)
        return true;
    note_no_memory(tls);
    return false;
}

/* Under the lock, as the writer: appends the output of SSL to the bytes to send. False when out of memory. */
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

/* As the writer. PL_IO_DONE: all bytes are sent. */
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

/* Under the lock: whether SSL may have more data from the bytes it was given. */
static bool has_more(const pl_tls *tls)
{
    return SSL_has_pending(tls->ssl) || BIO_ctrl_pending(tls->received) > 0;
}

/* Under the lock. Some messages of the peer make SSL respond: a request to renegotiate (refused by an alert of 31
 * bytes), or to update the key. The responses wait for the next write. A connection that only receives may never write,
 * so their size is limited. */
static bool has_room_for_answers(pl_tls *tls)
{
    if (BIO_ctrl_pending(tls->produced) <= PRODUCED_MAX)
        return true;
    if (tls->fault == PODLINK_OK) {
        tls->fault = PODLINK_ECONNLOST;
        snprintf(tls->words, sizeof tls->words, "the server makes the client answer again and again");
    }
    return false;
}

/* Passes the raw bytes in `bytes` to SSL and replaces them by the decrypted data of all complete records. */
static pl_io_result decrypt_records(pl_tls *tls, take_fn take, char *bytes, size_t raw, size_t capacity, size_t *length,
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
        tls->has_received |= n > 0;
        if (n <= 0)
            result = result_of(tls, n, error_number);
        else if (take == SSL_peek)
            taken = capacity; /* a second peek would return the same bytes */
        else
            taken += (size_t)n;
    }
    if (!has_room_for_answers(tls)) {
        *error_number = PL_TLS_ERROR;
        result = PL_IO_FAILED;
    }
    tls->needs_input = result == PL_IO_AGAIN || (result == PL_IO_DONE && !has_more(tls));
    pthread_mutex_unlock(&tls->lock);
    *length = taken;
    return taken > 0 ? PL_IO_DONE : result; /* the next call returns an end or a failure after these bytes */
}

/* The socket has ended. In TLS 1.3 the client may finish its handshake before the server rejects it and closes the
 * connection; the alert with the reason may be lost then. */
static pl_io_result end_reading(pl_tls *tls, pl_io_result result, int *error_number)
{
    if (tls->has_received || !tls->events.wants_certificate)
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
        if (!tls->needs_input)
            result = decrypt_records(tls, take, bytes, raw, capacity, length, error_number);
        if (result != PL_IO_AGAIN)
            return result;
        result = pl_socket_read(tls->fd, bytes, capacity, &raw, error_number);
        if (result == PL_IO_AGAIN)
            return result;
        if (result != PL_IO_DONE)
            return end_reading(tls, result, error_number);
        tls->needs_input = false;
    }
    return decrypt_records(tls, take, bytes, raw, capacity, length, error_number);
}

pl_io_result pl_tls_read(pl_tls *tls, void *bytes, size_t capacity, size_t *length, int *error_number)
{
    return receive(tls, SSL_read, bytes, capacity, length, error_number);
}

/* This also reads the session tickets of an idle connection; they do not count as data. */
pl_io_result pl_tls_peek(pl_tls *tls)
{
    char bytes[RAW_SIZE];
    size_t length = 0;
    int ignored = 0;
    return receive(tls, SSL_peek, bytes, sizeof bytes, &length, &ignored);
}

/* --- writing -------------------------------------------------------------------------------------------------- */

/* Encrypts the first bytes into one record. One record only, so that the number of sent bytes is exact. */
static pl_io_result encrypt_record(pl_tls *tls, const char *bytes, size_t length, int *error_number)
{
    pl_io_result result = PL_IO_DONE;
    pthread_mutex_lock(&tls->lock);
    ERR_clear_error();
    int n = SSL_write(tls->ssl, bytes, (int)(length < RECORD_MAX ? length : RECORD_MAX));
    if (n <= 0)
        result = result_of(tls, n, error_number);
    if (!take_produced(tls)) {
        *error_number = PL_TLS_ERROR;
        result = PL_IO_FAILED;
    }
    pthread_mutex_unlock(&tls->lock);
    tls->encrypted = n > 0 ? (size_t)n : 0;
    tls->write_needs_input = result == PL_IO_AGAIN; /* SSL has received half of a handshake message */
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
        done += tls->encrypted;
        tls->encrypted = 0;
        assert(done <= length); /* a repeated write is no shorter */
        if (done == length)
            break;
        result = encrypt_record(tls, (const char *)bytes + done, length - done, error_number);
        if (result != PL_IO_DONE)
            break;
    }
    *written = done;
    return done > 0 ? PL_IO_DONE : result; /* the next call returns a failure again */
}

short pl_tls_wait(pl_tls *tls, short events, int64_t wait_ns)
{
    if ((events & POLLIN) && !tls->needs_input)
        return POLLIN;
    if (!(events & POLLOUT) || !tls->write_needs_input)
        return pl_socket_wait(tls->fd, events, wait_ns);
    if (!pl_socket_wait(tls->fd, POLLIN, wait_ns))
        return 0;
    return events;
}

/* --- the handshake -------------------------------------------------------------------------------------------- */

/* False when out of memory. */
static bool init(pl_tls *tls, const pl_tls_peer *peer, int fd)
{
    const pl_tls_context *context = peer->context;
    *tls = (pl_tls){.context = context,
                    .name = context->server_name ? context->server_name : peer->address->host,
                    .fd = fd,
                    .events = {.session = peer->session},
                    .received = BIO_new(BIO_s_mem()),
                    .produced = BIO_new(BIO_s_mem())};
    pthread_mutex_init(&tls->lock, NULL);
    pl_buffer_init(&tls->sending, &context->heap);
    tls->ssl = pl_tls_context_ssl(context, tls->name, &tls->events);
    if (!tls->ssl || !tls->received || !tls->produced) {
        BIO_free(tls->received);
        BIO_free(tls->produced);
        return false;
    }
    SSL_set_bio(tls->ssl, tls->received, tls->produced);
    return true;
}

static void release(pl_tls *tls)
{
    const pl_heap *heap = &tls->context->heap;
    SSL_free(tls->ssl);
    pl_buffer_fini(&tls->sending);
    pthread_mutex_destroy(&tls->lock);
    pl_heap_free(heap, tls);
}

/* One step of I/O of the handshake: sends pending bytes and receives. PL_IO_AGAIN: time-out. */
static pl_io_result handshake_io(pl_tls *tls, int64_t wait_ns, int *error_number)
{
    char raw[RAW_SIZE];
    size_t length = 0;
    int ignored = 0;
    const bool is_full = flush(tls, &ignored) == PL_IO_AGAIN; /* the read below reports a broken socket */
    if (!(pl_socket_wait(tls->fd, is_full ? POLLIN | POLLOUT : POLLIN, wait_ns) & POLLIN))
        return PL_IO_AGAIN;
    pl_io_result result = pl_socket_read(tls->fd, raw, sizeof raw, &length, error_number);
    if (result != PL_IO_DONE)
        return result;
    tls->needs_input = false;
    if (feed(tls, raw, length))
        return result;
    *error_number = PL_TLS_ERROR;
    return PL_IO_FAILED;
}

static podlink_status connection_closed(const pl_tls_peer *peer, podlink_error *err)
{
    return pl_error_set(
        err, PODLINK_ECONNECT, PODLINK_NOT_SENT,
        "cannot connect to %s: the server hung up in the TLS handshake; does it speak TLS on this port?",
        peer->address->text);
}

static podlink_status timed_out(const pl_tls *tls, const pl_tls_peer *peer, podlink_error *err)
{
    const bool is_silent = BIO_number_written(tls->received) == 0;
    return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, "the TLS handshake with %s took too long%s",
                        peer->address->text,
                        is_silent ? ": the server has said nothing; does it speak TLS on this port?" : "");
}

/* Sends the alert with the reason to the server, if the socket takes it without blocking. */
static podlink_status failed(pl_tls *tls, const pl_tls_peer *peer, podlink_error *err)
{
    char words[WORDS_SIZE + 8];
    int ignored = 0;
    flush(tls, &ignored);
    pl_tls_session_forget(tls->events.session);
    const podlink_status fault = pl_tls_failure(tls, words, sizeof words);
    return pl_error_set(err, fault, PODLINK_NOT_SENT, "cannot connect to %s: %s", peer->address->text, words);
}

/* The last bytes of the handshake are sent together with the first write. */
static podlink_status handshake(pl_tls *tls, const pl_tls_peer *peer, const pl_clock *clock, int64_t deadline,
                                podlink_error *err)
{
    for (;;) {
        int error_number = 0;
        ERR_clear_error();
        const int n = SSL_connect(tls->ssl);
        pl_io_result result = n == 1 ? PL_IO_DONE : result_of(tls, n, &error_number);
        if (!take_produced(tls) || result == PL_IO_FAILED)
            return failed(tls, peer, err);
        if (result == PL_IO_DONE)
            return PODLINK_OK;
        const int64_t left = pl_until(deadline, pl_clock_now(clock));
        if (left == 0)
            return timed_out(tls, peer, err);
        if (pl_cancel_is_set(peer->cancel))
            return pl_error_set(err, peer->cancel->status, PODLINK_NOT_SENT, "%s: %s", peer->address->text,
                                peer->cancel->why);
        const int64_t limit = PL_CANCEL_POLL_MS * PL_MS;
        if (result == PL_IO_AGAIN)
            result = handshake_io(tls, left < limit ? left : limit, &error_number);
        if (error_number == PL_TLS_ERROR)
            return failed(tls, peer, err);
        if (result == PL_IO_ENDED || result == PL_IO_FAILED)
            return connection_closed(peer, err);
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

/* The caller counts the bytes of an incompletely sent record as not sent, and may already have repeated these commands
 * on another connection. The rest of the record must not be sent: with it the server could run the commands. */
static bool may_send_close_notify(const pl_tls *tls)
{
    return tls->fault == PODLINK_OK && (tls->encrypted == 0 || PL_MUTANT_FLUSHES_UNSENT);
}

void pl_tls_close(pl_tls *tls)
{
    int ignored = 0;
    ERR_clear_error();
    if (may_send_close_notify(tls) && SSL_shutdown(tls->ssl) >= 0 && take_produced(tls))
        flush(tls, &ignored);
    release(tls);
    ERR_clear_error();
}
