/* SPDX-License-Identifier: MIT */
/* pl_tls itself, on a pair of sockets with small buffers: the bytes that it reports as written, read and readable. */
#include "certificates.h"
#include "tap_cmocka.h"

#include "base/heap.h"
#include "net/tls.h"

#include <openssl/ssl.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 16 * 1024, LONG = 10 * RECORD, ROOM = 4096, REQUESTS = 5000 };

static struct certificates *made;
static podlink_error err;

struct pair {
    int fds[2]; /* ours, the server's */
    SSL_CTX *server_context;
    SSL *server; /* on a blocking socket */
    pthread_t thread;
    pl_heap heap;
    pl_clock clock;
    pl_address address;
    pl_tls_context *context;
    pl_tls_session session;
    pl_tls *tls;
};

static void *accept_client(void *argument)
{
    struct pair *pair = argument;
    return SSL_accept(pair->server) == 1 ? pair : NULL;
}

static void begin_version(struct pair *pair, int most_version)
{
    const pl_cancel cancel = {0};
    const int room = ROOM;
    void *accepted = NULL;
    memset(pair, 0, sizeof *pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->fds), 0);
    assert_int_equal(setsockopt(pair->fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    assert_int_equal(fcntl(pair->fds[0], F_SETFL, O_NONBLOCK), 0);
    pair->server_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(pair->server_context, most_version);
    SSL_CTX_use_certificate_file(pair->server_context, certificates_path(made, "right.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(pair->server_context, certificates_path(made, "right.key"), SSL_FILETYPE_PEM);
    pair->server = SSL_new(pair->server_context);
    SSL_set_fd(pair->server, pair->fds[1]);
    pl_heap_init(&pair->heap, NULL);
    pl_clock_init(&pair->clock, NULL);
    pl_address_tcp(&pair->address, "localhost", 6379);
    pl_tls_session_init(&pair->session);
    const pl_tls_options options = {.ca_file = certificates_path(made, "ca.pem"), .verifies = true};
    assert_int_equal(pl_tls_context_new(&pair->heap, &options, &pair->context, &err), PODLINK_OK);
    const pl_tls_peer peer = {pair->context, &pair->session, &pair->address, &cancel};
    const int64_t deadline = pl_deadline_after(pl_clock_now(&pair->clock), 10000);
    assert_int_equal(pthread_create(&pair->thread, NULL, accept_client, pair), 0);
    assert_int_equal(pl_tls_open(&peer, pair->fds[0], &pair->clock, deadline, &pair->tls, &err), PODLINK_OK);
    /* The last message of the handshake goes out with the first byte. */
    size_t written = 0;
    int error_number = 0;
    char byte;
    assert_int_equal(pl_tls_write(pair->tls, "!", 1, &written, &error_number), PL_IO_DONE);
    pthread_join(pair->thread, &accepted);
    assert_non_null(accepted);
    assert_int_equal(SSL_read(pair->server, &byte, 1), 1);
}

static void begin(struct pair *pair)
{
    begin_version(pair, 0);
}

static void end(struct pair *pair)
{
    if (pair->tls)
        pl_tls_close(pair->tls);
    pl_tls_session_fini(&pair->session);
    pl_tls_context_free(pair->context);
    SSL_free(pair->server);
    SSL_CTX_free(pair->server_context);
    close(pair->fds[0]);
    close(pair->fds[1]);
}

/* ---- writing ---- */

static char pattern(size_t at)
{
    return (char)(at % 251);
}

/* The server reads so many of the written bytes, and checks them. */
static void take(struct pair *pair, size_t *taken, size_t count)
{
    char bytes[RECORD];
    while (count > 0) {
        const int n = SSL_read(pair->server, bytes, (int)(count < sizeof bytes ? count : sizeof bytes));
        assert_true(n > 0);
        for (int i = 0; i < n; i++)
            assert_int_equal(bytes[i], pattern(*taken + (size_t)i));
        *taken += (size_t)n;
        count -= (size_t)n;
    }
}

static void bytes_that_do_not_fit_are_not_reported_as_written(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[RECORD];
    size_t written = 77;
    int error_number = 0;
    begin(&pair);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = pattern(i);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pl_tls_write(pair.tls, bytes, sizeof bytes, &written, &error_number), PL_IO_AGAIN);
    assert_int_equal(written, 0); /* the server has a part of the record, which it cannot decrypt */
    assert_int_equal(pl_tls_wait(pair.tls, POLLOUT, 0), 0);
    end(&pair);
}

static void *take_all(void *argument)
{
    struct pair *pair = argument;
    size_t taken = 0;
    take(pair, &taken, LONG);
    return NULL;
}

static void bytes_reported_as_written_have_reached_the_server(void **state)
{
    (void)state;
    struct pair pair;
    char *bytes = malloc(LONG);
    size_t done = 0;
    int error_number = 0;
    assert_non_null(bytes);
    for (size_t i = 0; i < LONG; i++)
        bytes[i] = pattern(i);
    begin(&pair);
    assert_int_equal(pthread_create(&pair.thread, NULL, take_all, &pair), 0);
    while (done < LONG) {
        size_t written = 0;
        char *moved = malloc(LONG - done); /* another address, freed after the call */
        assert_non_null(moved);
        memcpy(moved, bytes + done, LONG - done);
        const pl_io_result result = pl_tls_write(pair.tls, moved, LONG - done, &written, &error_number);
        free(moved);
        assert_true(result == PL_IO_DONE || result == PL_IO_AGAIN);
        assert_int_equal(result == PL_IO_DONE, written > 0);
        done += written;
        if (result == PL_IO_AGAIN)
            assert_int_equal(pl_tls_wait(pair.tls, POLLOUT, 10 * INT64_C(1000000000)), POLLOUT);
    }
    pthread_join(pair.thread, NULL); /* ends only if all bytes came */
    end(&pair);
    free(bytes);
}

/* A peer that reads while the client closes. */
struct closing {
    struct pair *pair;
    size_t received;
};

static void *receive_to_the_end(void *argument)
{
    struct closing *closing = argument;
    char bytes[RECORD];
    int n;
    while ((n = SSL_read(closing->pair->server, bytes, sizeof bytes)) > 0)
        closing->received += (size_t)n;
    return NULL;
}

/* The caller counts these commands as not sent, and may have repeated them on another connection. */
static void a_close_drops_the_unsent_part_of_a_record(void **state)
{
    (void)state;
    struct pair pair;
    struct closing closing = {.pair = &pair};
    char bytes[ROOM / 2];
    size_t reported = 0;
    size_t written = 0;
    int error_number = 0;
    begin(&pair);
    memset(bytes, 'x', sizeof bytes);
    for (;;) {
        const pl_io_result result = pl_tls_write(pair.tls, bytes, sizeof bytes, &written, &error_number);
        reported += written;
        if (result == PL_IO_AGAIN)
            break;
        assert_int_equal(result, PL_IO_DONE);
    }
    assert_int_equal(pthread_create(&pair.thread, NULL, receive_to_the_end, &closing), 0);
    assert_int_equal(pl_tls_wait(pair.tls, POLLOUT, 10 * INT64_C(1000000000)), POLLOUT); /* there is room again */
    pl_tls_close(pair.tls);
    pair.tls = NULL;
    shutdown(pair.fds[0], SHUT_WR);
    pthread_join(pair.thread, NULL);
    assert_int_equal(closing.received, reported);
    end(&pair);
}

/* ---- reading ---- */

static void a_peek_consumes_nothing(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[16] = "";
    size_t length = 0;
    int error_number = 0;
    begin(&pair);
    assert_int_equal(pl_tls_peek(pair.tls), PL_IO_AGAIN); /* tickets are not data */
    assert_int_equal(pl_tls_wait(pair.tls, POLLIN, 0), 0);
    assert_int_equal(SSL_write(pair.server, "hello", 5), 5);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pl_tls_peek(pair.tls), PL_IO_DONE);
    assert_int_equal(pl_tls_wait(pair.tls, POLLIN, 0), POLLIN); /* although the socket has no bytes left */
    assert_int_equal(pl_tls_read(pair.tls, bytes, 2, &length, &error_number), PL_IO_DONE);
    assert_int_equal(length, 2);
    assert_int_equal(pl_tls_wait(pair.tls, POLLIN, 0), POLLIN);
    assert_int_equal(pl_tls_read(pair.tls, bytes + 2, sizeof bytes - 2, &length, &error_number), PL_IO_DONE);
    assert_string_equal(bytes, "hello");
    assert_int_equal(pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number), PL_IO_AGAIN);
    assert_int_equal(pl_tls_wait(pair.tls, POLLIN, 0), 0);
    end(&pair);
}

static void an_end_after_bytes_is_reported_after_them(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[RECORD];
    size_t length = 0;
    int error_number = 0;
    begin(&pair);
    assert_int_equal(SSL_write(pair.server, "bye", 3), 3);
    SSL_shutdown(pair.server);
    assert_int_equal(pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number), PL_IO_DONE);
    assert_int_equal(length, 3);
    assert_int_equal(pl_tls_wait(pair.tls, POLLIN, 0), POLLIN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number), PL_IO_ENDED);
    assert_int_equal(pl_tls_peek(pair.tls), PL_IO_ENDED);
    end(&pair);
}

static void an_invalid_record_fails_permanently(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[RECORD], words[256];
    size_t length = 0;
    int error_number = 0;
    begin(&pair);
    assert_int_equal(SSL_write(pair.server, "one", 3), 3);
    assert_int_equal(write(pair.fds[1], "-ERR in clear text\r\n", 20), 20);
    assert_int_equal(pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number), PL_IO_DONE);
    assert_int_equal(length, 3);
    for (int i = 0; i < 2; i++) {
        error_number = 0;
        assert_int_equal(pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number), PL_IO_FAILED);
        assert_int_equal(error_number, PL_TLS_ERROR);
    }
    assert_int_equal(pl_tls_failure(pair.tls, words, sizeof words), PODLINK_ECONNLOST);
    assert_non_null(strstr(words, "TLS: "));
    end(&pair);
}

/* For each request the client answers with an alert that waits for the next write. */
static void alerts_that_a_peer_provokes_do_not_accumulate(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[RECORD], words[256];
    size_t length = 0;
    int error_number = 0;
    pl_io_result result = PL_IO_AGAIN;
    begin_version(&pair, TLS1_2_VERSION);
    for (int i = 0; i < REQUESTS && result == PL_IO_AGAIN; i++) {
        assert_int_equal(SSL_renegotiate(pair.server), 1);
        assert_int_equal(SSL_do_handshake(pair.server), 1);
        result = pl_tls_read(pair.tls, bytes, sizeof bytes, &length, &error_number);
    }
    assert_int_equal(result, PL_IO_FAILED);
    assert_int_equal(error_number, PL_TLS_ERROR);
    assert_int_equal(pl_tls_failure(pair.tls, words, sizeof words), PODLINK_ECONNLOST);
    assert_non_null(strstr(words, "the server makes the client answer again and again"));
    end(&pair);
}

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make_good(made, "right", "DNS:localhost");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    certificates_free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_do_not_fit_are_not_reported_as_written),
        cmocka_unit_test(bytes_reported_as_written_have_reached_the_server),
        cmocka_unit_test(a_close_drops_the_unsent_part_of_a_record),
        cmocka_unit_test(a_peek_consumes_nothing),
        cmocka_unit_test(an_end_after_bytes_is_reported_after_them),
        cmocka_unit_test(alerts_that_a_peer_provokes_do_not_accumulate),
        cmocka_unit_test(an_invalid_record_fails_permanently),
    };
    return RUN_TESTS_BETWEEN("tls records", tests, start, stop);
}
