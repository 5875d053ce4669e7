/* SPDX-License-Identifier: MIT */
/* Which servers are accepted: the right one, and none with any of the faults that are possible. */
#include "faulty_tls_server.h"
#include "pool_fixture.h"
#include "tls_server.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct certificates *made;
static struct tls_server right; /* asks clients for no certificate */
static podlink_error err;
static char url[128];

static const char *url_of(const char *scheme, const char *host, unsigned port)
{
    snprintf(url, sizeof url, "%s://%s:%u", scheme, host, port);
    return url;
}

/* Trusts our CA, connects with the first call, and does not repeat a failed one. */
static podlink_options options_of(const char *host, uint16_t port)
{
    podlink_options options = api_options(url_of("rediss", host, port));
    options.tls_ca_file = certificates_path(made, "ca.pem");
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.retries = 0;
    return options;
}

static podlink_status ping(const podlink_options *options)
{
    podlink_reply *reply = NULL;
    podlink_client *client = api_open_with(options);
    podlink_status status = pool_run(client, NULL, &reply, &err, WORDS("PING"));
    podlink_reply_free(reply);
    podlink_client_free(client);
    return status;
}

static void is_let_in(const podlink_options *options)
{
    assert_status(PODLINK_OK, ping(options), &err);
}

static void is_refused(const podlink_options *options, const char *words)
{
    assert_failure(PODLINK_ETLS, PODLINK_NOT_SENT, ping(options), &err);
    assert_holds(err.message, words);
    assert_holds(err.message, "127.0.0.1:"); /* the message must name the server */
}

/* The message names the host by which the server was looked for. */
static void is_refused_at(const podlink_options *options, const char *words, const char *host)
{
    assert_failure(PODLINK_ETLS, PODLINK_NOT_SENT, ping(options), &err);
    assert_holds(err.message, words);
    assert_holds(err.message, host);
}

/* ---- the server's certificate ---- */

static void the_right_server_is_accepted_by_address_and_by_name(void **state)
{
    (void)state;
    podlink_options options = options_of("127.0.0.1", right.port);
    is_let_in(&options);
    options = options_of("localhost", right.port);
    is_let_in(&options);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    (void)state;
    struct tls_server other;
    assert_true(tls_server_start(&other, made, "elsewhere", NULL));
    podlink_options options = options_of("127.0.0.1", other.port);
    is_refused(&options, "the server's certificate is not for 127.0.0.1");
    options = options_of("localhost", other.port);
    is_refused_at(&options, "the server's certificate is not for localhost", "localhost:");
    options.tls_server_name = "redis.elsewhere.example";
    is_let_in(&options);
    tls_server_stop(&other);
}

static void names_and_addresses_in_a_certificate_are_not_mixed_up(void **state)
{
    (void)state;
    struct tls_server named, numbered;
    assert_true(tls_server_start(&named, made, "named", NULL));       /* DNS:127.0.0.1 */
    assert_true(tls_server_start(&numbered, made, "numbered", NULL)); /* IP:127.0.0.1 */
    podlink_options options = options_of("127.0.0.1", named.port);
    is_refused(&options, "is not for 127.0.0.1");
    options = options_of("127.0.0.1", numbered.port);
    is_let_in(&options);
    options = options_of("localhost", numbered.port);
    is_refused_at(&options, "is not for localhost", "localhost:");
    tls_server_stop(&named);
    tls_server_stop(&numbered);
}

static void an_untrusted_ca_is_refused(void **state)
{
    (void)state;
    podlink_options options = options_of("127.0.0.1", right.port);
    options.tls_ca_file = certificates_path(made, "other-ca.pem");
    is_refused(&options, "no trusted CA has signed the server's certificate");
    options.tls_ca_file = NULL; /* trusts the CAs of the system */
    is_refused(&options, "no trusted CA has signed the server's certificate");
}

static void a_directory_of_cas_is_accepted(void **state)
{
    (void)state;
    char from[256], to[256];
    X509 *ca;
    FILE *file = fopen(certificates_path(made, "ca.pem"), "r");
    assert_non_null(file);
    ca = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(ca);
    snprintf(from, sizeof from, "%s", certificates_path(made, "ca.pem"));
    snprintf(to, sizeof to, "%s/%08lx.0", certificates_path(made, ""), X509_subject_name_hash(ca));
    assert_int_equal(link(from, to), 0); /* the name that `openssl rehash` gives it */
    X509_free(ca);
    podlink_options options = options_of("127.0.0.1", right.port);
    options.tls_ca_file = NULL;
    options.tls_ca_dir = certificates_path(made, "");
    is_let_in(&options);
}

static void an_expired_or_future_certificate_is_refused(void **state)
{
    (void)state;
    struct tls_server server;
    assert_true(tls_server_start(&server, made, "expired", NULL));
    podlink_options options = options_of("127.0.0.1", server.port);
    is_refused(&options, "has expired");
    tls_server_stop(&server);
    assert_true(tls_server_start(&server, made, "early", NULL));
    options = options_of("127.0.0.1", server.port);
    is_refused(&options, "is not valid yet");
    tls_server_stop(&server);
}

static void without_verification_any_server_is_accepted(void **state)
{
    (void)state;
    struct tls_server server;
    assert_true(tls_server_start(&server, made, "expired", NULL));
    podlink_options options = options_of("localhost", server.port);
    options.tls_ca_file = NULL;
    options.tls_verify = 0;
    is_let_in(&options);
    tls_server_stop(&server);
}

/* ---- the client's ---- */

static void check_client_certificates(const char *protocols)
{
    struct tls_server server;
    const char *const args[] = {"--tls-auth-clients", "yes", "--tls-protocols", protocols, NULL};
    assert_true(tls_server_start(&server, made, "right", args));
    podlink_options options = options_of("127.0.0.1", server.port);
    is_refused(&options, "the server wants a client certificate");
    options.tls_cert_file = certificates_path(made, "client.pem");
    options.tls_key_file = certificates_path(made, "client.key");
    is_let_in(&options);
    options.tls_cert_file = certificates_path(made, "stranger.pem");
    options.tls_key_file = certificates_path(made, "stranger.key");
    is_refused(&options, "the server does not trust the CA of our client certificate");
    options.tls_cert_file = certificates_path(made, "old-client.pem");
    options.tls_key_file = certificates_path(made, "old-client.key");
    is_refused(&options, "our client certificate has expired");
    tls_server_stop(&server);
}

static void a_server_that_requires_a_client_certificate_gets_it_or_refuses(void **state)
{
    (void)state;
    check_client_certificates("TLSv1.3");
}

static void client_certificates_work_in_tls_1_2(void **state)
{
    (void)state;
    check_client_certificates("TLSv1.2");
}

/* ---- servers without TLS, or with a part of it ---- */

static void is_out_of_time(const podlink_options *options, const char *words)
{
    const struct api_watch watch = api_watch_start();
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, ping(options), &err);
    assert_true(api_late_ms(&watch, options->dial_timeout_ms) <= 50 * api_slowness() + 100);
    assert_holds(err.message, words);
}

static void a_redis_server_without_tls_is_reported(void **state)
{
    (void)state;
    podlink_options options = options_of("127.0.0.1", test_server_port(right.server));
    options.dial_timeout_ms = 300;
    podlink_status status = ping(&options); /* it reads lines: whether the hello contains a line end is random */
    assert_true(status == PODLINK_ETIMEDOUT || status == PODLINK_ETLS);
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_holds(err.message, "speak TLS on this port");
}

static struct faulty_tls_server *start_faulty(const struct faulty_tls_plan *plan, podlink_options *options)
{
    struct faulty_tls_server *server = faulty_tls_server_start(made, plan);
    assert_non_null(server);
    *options = options_of("127.0.0.1", faulty_tls_server_port(server));
    return server;
}

static void an_answer_in_clear_text_is_reported(void **state)
{
    (void)state;
    podlink_options options;
    struct faulty_tls_server *server = start_faulty(&(struct faulty_tls_plan){.fault = FAULTY_TLS_TEXT}, &options);
    is_refused(&options, "the server does not speak TLS on this port");
    faulty_tls_server_stop(server);
}

static void a_handshake_with_a_silent_server_ends_at_the_deadline(void **state)
{
    (void)state;
    podlink_options options;
    struct faulty_tls_server *server = start_faulty(&(struct faulty_tls_plan){.fault = FAULTY_TLS_SILENT}, &options);
    options.dial_timeout_ms = 200;
    is_out_of_time(&options, "took too long: the server has said nothing; does it speak TLS on this port?");
    options.dial_timeout_ms = 5000;
    options.call_timeout_ms = 200; /* the earlier of the two timeouts */
    const int64_t began = api_now_ns();
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_NOT_SENT, ping(&options), &err);
    assert_true(api_now_ns() - began < 1000 * MS * api_slowness());
    faulty_tls_server_stop(server);
}

static void a_handshake_that_stops_half_way_ends_at_the_deadline(void **state)
{
    (void)state;
    podlink_options options;
    struct faulty_tls_server *server =
        start_faulty(&(struct faulty_tls_plan){.fault = FAULTY_TLS_BREAKS_OFF, .certificate = "right"}, &options);
    options.dial_timeout_ms = 200;
    is_out_of_time(&options, "took too long");
    assert_null(strstr(err.message, "said nothing"));
    faulty_tls_server_stop(server);
}

static void a_server_that_closes_in_the_handshake_is_reported(void **state)
{
    (void)state;
    podlink_options options;
    struct faulty_tls_server *server = start_faulty(&(struct faulty_tls_plan){.fault = FAULTY_TLS_CLOSES}, &options);
    assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, ping(&options), &err);
    assert_holds(err.message, "the server hung up in the TLS handshake");
    faulty_tls_server_stop(server);
}

static void tls_1_1_is_refused(void **state)
{
    (void)state;
    const struct faulty_tls_plan plan = {.fault = FAULTY_TLS_NONE,
                                         .certificate = "right",
                                         .least_version = TLS1_VERSION,
                                         .most_version = TLS1_1_VERSION};
    podlink_options options;
    struct faulty_tls_server *server = start_faulty(&plan, &options);
    is_refused(&options, "TLS");
    assert_holds(err.message, "1.2");
    assert_int_equal(faulty_tls_server_seen(server).handshakes, 0);
    faulty_tls_server_stop(server);
}

static void clear_text_to_a_port_of_tls_ends_in_time(void **state)
{
    (void)state;
    podlink_options options = api_options(url_of("redis", "127.0.0.1", right.port));
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.retries = 0;
    const podlink_status status = ping(&options); /* its alert or its reset, whichever comes first */
    assert_true(status == PODLINK_EPROTOCOL || status == PODLINK_ECONNLOST);
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
}

static void nothing_is_ever_sent_in_clear_text(void **state)
{
    (void)state;
    const enum faulty_tls faults[] = {FAULTY_TLS_SILENT, FAULTY_TLS_TEXT, FAULTY_TLS_CLOSES};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        podlink_options options;
        struct faulty_tls_server *server = start_faulty(&(struct faulty_tls_plan){.fault = faults[i]}, &options);
        options.dial_timeout_ms = 50;
        options.retries = 3;
        options.call_timeout_ms = 300;
        options.password = "canary-0123456789";
        assert_true(ping(&options) < 0);
        assert_null(strstr(err.message, "canary"));
        const struct faulty_tls_seen sight = faulty_tls_server_seen(server);
        assert_true(sight.connections > 0);
        assert_int_equal(sight.first_byte, 0x16); /* a handshake record */
        faulty_tls_server_stop(server);
    }
}

/* ---- names ---- */

static void the_client_sends_the_server_name(void **state)
{
    (void)state;
    podlink_options options;
    struct faulty_tls_server *server =
        start_faulty(&(struct faulty_tls_plan){.fault = FAULTY_TLS_NONE, .certificate = "right"}, &options);
    is_let_in(&options);
    assert_string_equal(faulty_tls_server_seen(server).name, ""); /* not for an address */
    options = options_of("localhost", faulty_tls_server_port(server));
    is_let_in(&options);
    assert_string_equal(faulty_tls_server_seen(server).name, "localhost");
    options.tls_server_name = "redis.right.example";
    is_let_in(&options);
    assert_string_equal(faulty_tls_server_seen(server).name, "redis.right.example");
    faulty_tls_server_stop(server);
}

/* ---- failures leave no resources behind ---- */

static int64_t resident_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static void fail_often(podlink_client *client, int count)
{
    for (int i = 0; i < count; i++) {
        podlink_reply *reply = NULL;
        const podlink_call call = within(5000);
        const podlink_status status = pool_run(client, &call, &reply, &err, WORDS("PING"));
        assert_int_equal(status, PODLINK_ETLS);
        nanosleep(&(struct timespec){.tv_nsec = (i % 4) * 100000}, NULL);
    }
}

/* A shared connection that was refused is not dialled for a quarter of a second, so each client fails once. That opens
 * and closes a whole client, with its contexts and files. */
static void fail_with_new_clients(const podlink_options *options, int count)
{
    for (int i = 0; i < count; i++)
        is_refused(options, "no trusted CA");
}

static void failed_handshakes_leave_no_descriptor_and_no_memory(void **state)
{
    (void)state;
    podlink_options options = options_of("127.0.0.1", right.port);
    options.tls_ca_file = certificates_path(made, "other-ca.pem");
    fail_with_new_clients(&options, 20);
    const int descriptors = api_descriptors();
    const int64_t before = resident_kib();
    fail_with_new_clients(&options, ROUNDS(500, 100));
    assert_int_equal(api_descriptors(), descriptors);
    if (!SANITIZED)
        assert_true(resident_kib() - before < 1024);
    podlink_client *client = api_open_with(&options);
    fail_often(client, 100);
    podlink_client_free(client);
    assert_int_equal(api_descriptors(), descriptors);
}

static int start(void **state)
{
    (void)state;
    const struct certificate plans[] = {
        {.name = "other-ca", .from_days = -1, .to_days = 365},
        {.name = "expired", .issuer = "ca", .names = "DNS:localhost,IP:127.0.0.1", .from_days = -30, .to_days = -1},
        {.name = "early", .issuer = "ca", .names = "DNS:localhost,IP:127.0.0.1", .from_days = 1, .to_days = 30},
        {.name = "stranger", .issuer = "other-ca", .from_days = -1, .to_days = 365},
        {.name = "old-client", .issuer = "ca", .from_days = -30, .to_days = -1},
    };
    made = certificates_new();
    certificate_make_good(made, "right", "DNS:localhost,DNS:redis.right.example,IP:127.0.0.1");
    certificate_make_good(made, "elsewhere", "DNS:*.elsewhere.example");
    certificate_make_good(made, "named", "DNS:127.0.0.1");
    certificate_make_good(made, "numbered", "IP:127.0.0.1");
    certificate_make_good(made, "client", NULL);
    for (size_t i = 0; i < COUNT_OF(plans); i++)
        certificate_make(made, &plans[i]);
    return tls_server_start(&right, made, "right", NULL) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    tls_server_stop(&right);
    certificates_free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_server_is_accepted_by_address_and_by_name),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(names_and_addresses_in_a_certificate_are_not_mixed_up),
        cmocka_unit_test(an_untrusted_ca_is_refused),
        cmocka_unit_test(a_directory_of_cas_is_accepted),
        cmocka_unit_test(an_expired_or_future_certificate_is_refused),
        cmocka_unit_test(without_verification_any_server_is_accepted),
        cmocka_unit_test(a_server_that_requires_a_client_certificate_gets_it_or_refuses),
        cmocka_unit_test(client_certificates_work_in_tls_1_2),
        cmocka_unit_test(a_redis_server_without_tls_is_reported),
        cmocka_unit_test(an_answer_in_clear_text_is_reported),
        cmocka_unit_test(a_handshake_with_a_silent_server_ends_at_the_deadline),
        cmocka_unit_test(a_handshake_that_stops_half_way_ends_at_the_deadline),
        cmocka_unit_test(a_server_that_closes_in_the_handshake_is_reported),
        cmocka_unit_test(tls_1_1_is_refused),
        cmocka_unit_test(clear_text_to_a_port_of_tls_ends_in_time),
        cmocka_unit_test(nothing_is_ever_sent_in_clear_text),
        cmocka_unit_test(the_client_sends_the_server_name),
        cmocka_unit_test(failed_handshakes_leave_no_descriptor_and_no_memory),
    };
    return RUN_TESTS_BETWEEN("tls handshakes", tests, start, stop);
}
