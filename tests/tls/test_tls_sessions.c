/* SPDX-License-Identifier: MIT */
/* The next connection to a server resumes the latest session. */
#include "faulty_tls_server.h"
#include "pool_fixture.h"
#include "tls_server.h"

#include <openssl/ssl.h>

#include <stdio.h>
#include <string.h>

static struct certificates *made;
static podlink_error err;
static struct api_log kept;

static podlink_options options_of(uint16_t port)
{
    static char url[64];
    snprintf(url, sizeof url, "rediss://127.0.0.1:%u", (unsigned)port);
    podlink_options options = api_options(url);
    options.tls_ca_file = certificates_path(made, "ca.pem");
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.shared_connections = 1;
    options.log = api_log_write;
    options.log_context = &kept;
    kept.count = 0;
    return options;
}

/* The library repeats it if the server closes meanwhile. */
static void ping(podlink_client *client)
{
    assert_status(PODLINK_OK, podlink_ping(client, NULL, NULL, &err), &err);
}

/* A server that closes after each PING, so that each PING has a connection of its own. */
static void check_resumption(int version)
{
    const struct faulty_tls_plan plan = {.fault = FAULTY_TLS_NONE,
                                         .certificate = "right",
                                         .least_version = version,
                                         .most_version = version,
                                         .closes_after = 3 /* PING and INFO of the handshake, and our PING */};
    struct faulty_tls_server *server = faulty_tls_server_start(made, &plan);
    assert_non_null(server);
    const podlink_options options = options_of(faulty_tls_server_port(server));
    podlink_client *client = api_open_with(&options);
    for (int i = 0; i < 5; i++)
        ping(client);
    const struct faulty_tls_seen sight = faulty_tls_server_seen(server);
    assert_int_equal(sight.handshakes, 5);
    assert_int_equal(sight.resumed, 4);
    assert_null(strstr(api_log_find(&kept, "connected", NULL, 0)->message, "resumed"));
    assert_holds(api_log_find(&kept, "connected", NULL, 1)->message, "session resumed");
    podlink_client_free(client);
    faulty_tls_server_stop(server);
}

static void a_session_of_tls_1_3_is_resumed(void **state)
{
    (void)state;
    check_resumption(TLS1_3_VERSION);
    assert_holds(api_log_find(&kept, "connected", NULL, 0)->message, "TLSv1.3");
}

static void a_session_of_tls_1_2_is_resumed(void **state)
{
    (void)state;
    check_resumption(TLS1_2_VERSION);
    assert_holds(api_log_find(&kept, "connected", NULL, 0)->message, "TLSv1.2");
}

/* After killed connections, and for dedicated ones: the session belongs to the server. */
static void any_next_connection_resumes_the_session(void **state)
{
    (void)state;
    struct tls_server server;
    assert_true(tls_server_start(&server, made, "right", NULL));
    redisContext *redis = api_redis(server.server);
    const podlink_options options = options_of(server.port);
    podlink_client *client = api_open_with(&options);
    podlink_session *session = NULL;
    ping(client);
    api_ask(redis, "CLIENT KILL TYPE normal SKIPME yes");
    ping(client);
    assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
    podlink_session_release(session);
    assert_holds(api_log_find(&kept, "connected", NULL, 1)->message, "session resumed");
    assert_holds(api_log_find(&kept, "connected", NULL, 2)->message, "session resumed");
    podlink_client_free(client);
    redisFree(redis);
    tls_server_stop(&server);
}

/* A new process cannot read the tickets of the old one, so a full handshake follows. */
static void a_forgotten_session_leads_to_a_full_handshake(void **state)
{
    (void)state;
    struct tls_server server;
    assert_true(tls_server_start(&server, made, "right", NULL));
    const podlink_options options = options_of(server.port);
    podlink_client *client = api_open_with(&options);
    ping(client);
    assert_int_equal(test_server_restart(server.server), 0);
    ping(client);
    const struct api_log_record *again = api_log_find(&kept, "connected", NULL, 1);
    assert_non_null(again);
    assert_null(strstr(again->message, "resumed"));
    podlink_client_free(client);
    tls_server_stop(&server);
}

/* A server is verified by its certificate; on a resumed session it was verified when the session began, by this client
 * and under its rules. A client does not use sessions of another. */
static void a_session_is_not_shared_between_clients(void **state)
{
    (void)state;
    const struct faulty_tls_plan plan = {.fault = FAULTY_TLS_NONE, .certificate = "right"};
    struct faulty_tls_server *server = faulty_tls_server_start(made, &plan);
    assert_non_null(server);
    for (int i = 0; i < 2; i++) {
        const podlink_options options = options_of(faulty_tls_server_port(server));
        podlink_client *client = api_open_with(&options);
        ping(client);
        podlink_client_free(client);
    }
    assert_int_equal(faulty_tls_server_seen(server).handshakes, 2);
    assert_int_equal(faulty_tls_server_seen(server).resumed, 0);
    faulty_tls_server_stop(server);
}

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make_good(made, "right", "DNS:localhost,IP:127.0.0.1");
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
        cmocka_unit_test(a_session_of_tls_1_3_is_resumed),
        cmocka_unit_test(a_session_of_tls_1_2_is_resumed),
        cmocka_unit_test(any_next_connection_resumes_the_session),
        cmocka_unit_test(a_forgotten_session_leads_to_a_full_handshake),
        cmocka_unit_test(a_session_is_not_shared_between_clients),
    };
    return RUN_TESTS_BETWEEN("tls sessions", tests, start, stop);
}
