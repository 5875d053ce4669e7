/* SPDX-License-Identifier: MIT */
/* Traffic over open TLS connections: large values, small pieces, many threads, and lost connections. */
#include "faulty_tls_server.h"
#include "pool_load.h"
#include "proxy.h"
#include "tls_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALL_MS = 10000, MIB = 1024 * 1024 };

static struct certificates *made;
static struct tls_server right;
static redisContext *redis;
static podlink_error err;

static podlink_options options_of(uint16_t port)
{
    static char url[64];
    snprintf(url, sizeof url, "rediss://127.0.0.1:%u", (unsigned)port);
    podlink_options options = api_options(url);
    options.tls_ca_file = certificates_path(made, "ca.pem");
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    options.call_timeout_ms = CALL_MS;
    return options;
}

static podlink_client *open_at(uint16_t port)
{
    const podlink_options options = options_of(port);
    return api_open_with(&options);
}

static void run_done(podlink_client *client, const char *const words[])
{
    assert_status(PODLINK_OK, pool_run(client, NULL, NULL, &err, words), &err);
}

static int clean(void **state)
{
    (void)state;
    api_ask(redis, "FLUSHALL");
    return 0;
}

/* The port in the URL of a proxy. */
static uint16_t port_of(const struct proxy *proxy)
{
    return (uint16_t)atoi(strrchr(proxy_url(proxy), ':') + 1);
}

/* ---- large values ---- */

static char *letters(size_t length)
{
    char *text = malloc(length + 1);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (i * 7 + i / 26) % 26);
    text[length] = '\0';
    return text;
}

static void check_value(podlink_client *client, const char *key, size_t length)
{
    char *text = letters(length);
    podlink_reply *reply = NULL;
    size_t got = 0;
    run_done(client, WORDS("SET", key, text));
    assert_status(PODLINK_OK, pool_run(client, NULL, &reply, &err, WORDS("GET", key)), &err);
    const char *value = podlink_reply_text(reply, &got);
    assert_int_equal(got, length);
    assert_memory_equal(value, text, length);
    podlink_reply_free(reply);
    free(text);
}

static void values_of_any_size_are_sent_and_received(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 16 * 1024 - 20, 16 * 1024, 16 * 1024 + 1, 100000, MIB, 8 * MIB};
    podlink_client *client = open_at(right.port);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        check_value(client, "big", sizes[i]);
    podlink_client_free(client);
}

static void ten_thousand_links_are_set_in_one_batch(void **state)
{
    (void)state;
    enum { ITEMS = 10000 };
    static char uids[ITEMS][16];
    static podlink_link_item items[ITEMS];
    podlink_client *client = open_at(right.port);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(uids[i], sizeof uids[i], "u%d", i);
        items[i] = (podlink_link_item){
            .link = {.ns = "tls", .service = "s", .uid = uids[i]}, .pod = i % 7, .persist_s = PODLINK_FOREVER};
    }
    assert_status(PODLINK_OK, podlink_link_set_batch(client, items, ITEMS, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_get_batch(client, items, ITEMS, NULL, &err), &err);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(items[i].result, i % 7);
    podlink_client_free(client);
}

/* ---- small pieces ---- */

static void a_network_that_forwards_byte_by_byte_changes_nothing(void **state)
{
    (void)state;
    const size_t chops[] = {1, 7, 1000}; /* with the last one the sockets are full until the end of the command */
    const size_t sizes[] = {20000, 100000, SANITIZED ? MIB : 8 * MIB};
    for (size_t i = 0; i < COUNT_OF(chops); i++) {
        const struct proxy_fault fault = {.chop = chops[i]};
        struct proxy *proxy = proxy_start_to_port(right.port);
        assert_non_null(proxy);
        proxy_set(proxy, PROXY_TO_SERVER, &fault);
        proxy_set(proxy, PROXY_TO_CLIENT, &fault);
        podlink_client *client = open_at(port_of(proxy));
        check_value(client, "chopped", sizes[i]);
        assert_int_equal(api_stats(client).connections_lost, 0);
        podlink_client_free(client);
        proxy_stop(proxy);
    }
}

/* More bytes can be decrypted than a read has room for: the rest is not on the socket, where a wait would look for
 * it. */
static void a_long_reply_in_small_records_is_complete(void **state)
{
    (void)state;
    const unsigned records[] = {512, 700, 1024, 4096};
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        const struct faulty_tls_plan plan = {
            .fault = FAULTY_TLS_NONE, .certificate = "right", .record_bytes = records[i], .value_bytes = 300000};
        struct faulty_tls_server *server = faulty_tls_server_start(made, &plan);
        assert_non_null(server);
        podlink_client *client = open_at(faulty_tls_server_port(server));
        for (int n = 0; n < ROUNDS(20, 5); n++) {
            podlink_reply *reply = NULL;
            size_t length = 0;
            assert_status(PODLINK_OK, pool_run(client, NULL, &reply, &err, WORDS("GET", "v")), &err);
            assert_non_null(podlink_reply_text(reply, &length));
            assert_int_equal(length, 300000);
            podlink_reply_free(reply);
        }
        podlink_client_free(client);
        faulty_tls_server_stop(server);
    }
}

struct reader {
    pthread_t thread;
    podlink_client *client;
    char key[16];
    size_t length;
};

static void *read_often(void *argument)
{
    struct reader *reader = argument;
    for (int i = 0; i < ROUNDS(40, 10); i++) {
        podlink_reply *reply = NULL;
        podlink_error fault;
        size_t got = 0;
        if (pool_run(reader->client, NULL, &reply, &fault, WORDS("GET", reader->key)) != PODLINK_OK)
            record_failure("GET %s: %s", reader->key, fault.message);
        const char *text = podlink_reply_text(reply, &got);
        if (got != reader->length || text[0] != reader->key[0])
            record_failure("%s has %zu bytes, not %zu", reader->key, got, reader->length);
        podlink_reply_free(reply);
    }
    return NULL;
}

static void long_replies_of_many_threads_are_not_mixed_up(void **state)
{
    (void)state;
    enum { READERS = 8 };
    struct reader readers[READERS];
    podlink_client *client = open_at(right.port);
    for (int i = 0; i < READERS; i++) {
        struct reader *reader = &readers[i];
        *reader = (struct reader){.client = client, .length = (size_t)(10 + i * 20011)};
        snprintf(reader->key, sizeof reader->key, "%c", 'a' + i);
        char *text = malloc(reader->length + 1);
        assert_non_null(text);
        memset(text, 'a' + i, reader->length);
        text[reader->length] = '\0';
        run_done(client, WORDS("SET", reader->key, text));
        free(text);
    }
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_often, &readers[i]), 0);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i].thread, NULL);
    assert_no_failure();
    podlink_client_free(client);
}

/* ---- messages of TLS itself ---- */

/* Between answers, and on an idle connection: they must not count as an answer. */
static void key_updates_and_tickets_do_not_count_as_unsolicited_bytes(void **state)
{
    (void)state;
    const struct faulty_tls_plan plan = {.fault = FAULTY_TLS_NONE, .certificate = "right", .wants_key_updates = true};
    struct faulty_tls_server *server = faulty_tls_server_start(made, &plan);
    assert_non_null(server);
    podlink_options options = options_of(faulty_tls_server_port(server));
    options.shared_connections = 1;
    options.no_janitor_thread = 1;
    podlink_client *client = api_open_with(&options);
    for (int i = 0; i < 50; i++) {
        run_done(client, WORDS("PING"));
        podlink_client_tick(client);
    }
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.dials, 1);
    assert_int_equal(stats.stale, 0);
    podlink_client_free(client);
    faulty_tls_server_stop(server);
}

static void *ping_often(void *client)
{
    podlink_error fault;
    for (int i = 0; i < ROUNDS(50, 20); i++)
        if (pool_run(client, NULL, NULL, &fault, WORDS("PING")) != PODLINK_OK)
            record_failure("PING: %s", fault.message);
    return NULL;
}

/* While half of a ticket has been read, a writer must wait for the other half, because OpenSSL requires it. */
static void a_ticket_in_pieces_delays_no_call(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    const struct faulty_tls_plan plan = {.fault = FAULTY_TLS_NONE,
                                         .certificate = "right",
                                         .wants_client_certificate = true,
                                         .gives_tickets = true,
                                         .record_bytes = 512};
    struct faulty_tls_server *server = faulty_tls_server_start(made, &plan);
    assert_non_null(server);
    struct proxy *proxy = proxy_start_to_port(faulty_tls_server_port(server));
    assert_non_null(proxy);
    proxy_set(proxy, PROXY_TO_CLIENT, &(struct proxy_fault){.chop = 300, .delay_ms = 1});
    podlink_options options = options_of(port_of(proxy));
    options.shared_connections = 1;
    options.tls_cert_file = certificates_path(made, "right.pem");
    options.tls_key_file = certificates_path(made, "right.key");
    podlink_client *client = api_open_with(&options);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ping_often, client), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_no_failure();
    assert_int_equal(api_stats(client).dials, 1);
    podlink_client_free(client);
    proxy_stop(proxy);
    faulty_tls_server_stop(server);
}

static void idle_connections_stay_open(void **state)
{
    (void)state;
    podlink_options options = options_of(right.port);
    options.no_janitor_thread = 1;
    options.dedicated_min_idle = 2;
    podlink_client *client = api_open_with(&options);
    for (int i = 0; i < 5; i++) {
        podlink_session *session = NULL;
        run_done(client, WORDS("PING"));
        podlink_client_tick(client);
        assert_status(PODLINK_OK, podlink_session_acquire(client, NULL, &session, &err), &err);
        assert_status(PODLINK_OK, pool_session_run(session, NULL, NULL, &err, WORDS("PING")), &err);
        podlink_session_release(session);
        podlink_client_tick(client);
    }
    const podlink_stats stats = api_stats(client);
    assert_int_equal(stats.stale, 0);
    assert_int_equal(stats.dials, stats.connections);
    podlink_client_free(client);
}

static void a_corrupted_byte_ends_only_the_connection(void **state)
{
    (void)state;
    struct proxy *proxy = proxy_start_to_port(right.port);
    assert_non_null(proxy);
    podlink_options options = options_of(port_of(proxy));
    options.shared_connections = 1;
    options.retries = 0;
    podlink_client *client = api_open_with(&options);
    run_done(client, WORDS("PING"));
    proxy_set(proxy, PROXY_TO_CLIENT, &(struct proxy_fault){.spoil = 0x40, .spoil_at = 9});
    assert_failure(PODLINK_ECONNLOST, PODLINK_UNKNOWN, pool_run(client, NULL, NULL, &err, WORDS("INCR", "n")), &err);
    assert_holds(err.message, "TLS: ");
    proxy_set(proxy, PROXY_TO_CLIENT, NULL);
    run_done(client, WORDS("PING"));
    assert_string_equal(api_ask(redis, "GET n")->str, "1");
    podlink_client_free(client);
    proxy_stop(proxy);
}

/* ---- deliveries ---- */

enum { ITEMS = 5 };

/* The connection ends after so many bytes of a batch. Items reported as stored are, and items reported as not sent are
 * not. */
static void check_cut(struct proxy *proxy, podlink_client *client, enum proxy_way way, uint64_t at, unsigned *stored)
{
    char uids[ITEMS][32];
    podlink_link_item items[ITEMS];
    podlink_call call = within(CALL_MS);
    call.flags = PODLINK_NO_REPEAT;
    for (int i = 0; i < ITEMS; i++) {
        snprintf(uids[i], sizeof uids[i], "w%d-%u-%d", (int)way, (unsigned)at, i);
        items[i] = (podlink_link_item){
            .link = {.ns = "cut", .service = "s", .uid = uids[i]}, .pod = 7, .persist_s = PODLINK_FOREVER};
    }
    proxy_set(proxy, way, &(struct proxy_fault){.cut = PROXY_RST, .cut_at = at});
    podlink_link_set_batch(client, items, ITEMS, &call, &err);
    proxy_set(proxy, way, NULL);
    for (int i = 0; i < ITEMS; i++) {
        const bool is_stored = api_ask(redis, "EXISTS sf:{cut:lk:%s}s", uids[i])->integer == 1;
        *stored += is_stored;
        if (items[i].status == PODLINK_OK)
            assert_true(is_stored);
        else if (items[i].delivery == PODLINK_NOT_SENT)
            assert_false(is_stored);
        else
            assert_int_equal(items[i].delivery, PODLINK_UNKNOWN);
    }
}

static void a_connection_cut_at_any_byte_reports_the_right_delivery(void **state)
{
    (void)state;
    const uint64_t step = ROUNDS(11, 67);
    unsigned stored = 0, asked = 0;
    struct proxy *proxy = proxy_start_to_port(right.port);
    assert_non_null(proxy);
    podlink_options options = options_of(port_of(proxy));
    options.shared_connections = 1;
    options.retries = 0;
    options.script_loading = PODLINK_LOAD_ON_OPEN;
    podlink_client *client = api_open_with(&options);
    for (uint64_t at = 0; at < 900; at += step, asked += 2 * ITEMS) {
        run_done(client, WORDS("PING"));
        check_cut(proxy, client, PROXY_TO_SERVER, at, &stored);
        run_done(client, WORDS("PING"));
        check_cut(proxy, client, PROXY_TO_CLIENT, at / 4, &stored);
    }
    assert_true(stored > 0 && stored < asked);
    podlink_client_free(client);
    proxy_stop(proxy);
}

/* Half of a record is sent when the call gives up: the next call must not begin another record in its middle. */
static void a_half_sent_command_does_not_affect_others(void **state)
{
    (void)state;
    char *text = letters(16 * MIB);
    struct proxy *proxy = proxy_start_to_port(right.port);
    assert_non_null(proxy);
    podlink_options options = options_of(port_of(proxy));
    options.shared_connections = 1;
    options.retries = 0;
    options.silence_timeout_ms = -1;
    podlink_client *client = api_open_with(&options);
    const podlink_call soon = within(200);
    run_done(client, WORDS("PING"));
    proxy_set(proxy, PROXY_TO_SERVER, &(struct proxy_fault){.stalls = true});
    assert_failure(PODLINK_ETIMEDOUT, PODLINK_UNKNOWN, pool_run(client, &soon, NULL, &err, WORDS("SET", "big", text)),
                   &err);
    proxy_set(proxy, PROXY_TO_SERVER, NULL);
    run_done(client, WORDS("SET", "after", "it"));
    assert_int_equal(api_ask(redis, "STRLEN big")->integer, 16 * MIB);
    assert_int_equal(api_stats(client).dials, 1);
    podlink_client_free(client);
    proxy_stop(proxy);
    free(text);
}

/* ---- many threads and lost connections ---- */

static void sleep_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS}, NULL);
}

static void many_threads_share_connections(void **state)
{
    (void)state;
    struct load load = {.client = open_at(right.port), .threads = 24, .session_threads = 6, .timeout_ms = CALL_MS};
    load_start(&load);
    sleep_ms(1000);
    load_stop(&load);
    load_print(&load, "over TLS");
    load_assert_only(&load, (const podlink_status[]){PODLINK_OK});
    load_assert_counters(&load, redis);
    assert_true(load_ok(&load) > 100);
    assert_int_equal(api_stats(load.client).connections_lost, 0);
    podlink_client_free(load.client);
}

static void killed_connections_are_replaced(void **state)
{
    (void)state;
    struct load load = {.client = open_at(right.port), .threads = 12, .session_threads = 4, .timeout_ms = CALL_MS};
    load_start(&load);
    for (int i = 0; i < ROUNDS(20, 5); i++) {
        sleep_ms(50);
        api_ask(redis, "CLIENT KILL TYPE normal SKIPME yes");
    }
    sleep_ms(100);
    const uint64_t before = load_ok(&load);
    sleep_ms(200);
    assert_true(load_ok(&load) > before);
    load_stop(&load);
    load_print(&load, "killed over TLS");
    load_assert_only(&load, (const podlink_status[]){PODLINK_ECONNLOST, PODLINK_ECONNECT, PODLINK_OK});
    load_assert_counters(&load, redis);
    podlink_client_free(load.client);
}

static void a_restarted_server_is_used_again(void **state)
{
    (void)state;
    struct tls_server server;
    assert_true(tls_server_start(&server, made, "right", NULL));
    podlink_client *client = open_at(server.port);
    run_done(client, WORDS("PING"));
    assert_int_equal(test_server_restart(server.server), 0);
    run_done(client, WORDS("PING"));
    run_done(client, WORDS("PING"));
    podlink_client_free(client);
    tls_server_stop(&server);
}

static void many_dials_at_once_succeed(void **state)
{
    (void)state;
    podlink_options options = options_of(right.port);
    options.shared_connections = 8;
    options.dedicated_max = 16;
    for (int i = 0; i < ROUNDS(10, 3); i++) {
        struct load load = {
            .client = api_open_with(&options), .threads = 32, .session_threads = 16, .timeout_ms = CALL_MS};
        load_start(&load);
        sleep_ms(50);
        load_stop(&load);
        load_assert_only(&load, (const podlink_status[]){PODLINK_OK});
        podlink_client_free(load.client);
    }
}

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make_good(made, "right", "DNS:localhost,IP:127.0.0.1");
    if (!tls_server_start(&right, made, "right", NULL))
        return -1;
    redis = api_redis(right.server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    redisFree(redis);
    tls_server_stop(&right);
    certificates_free(made);
    return 0;
}

#define clean_test(test) cmocka_unit_test_setup(test, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(values_of_any_size_are_sent_and_received),
        clean_test(ten_thousand_links_are_set_in_one_batch),
        clean_test(a_network_that_forwards_byte_by_byte_changes_nothing),
        clean_test(a_long_reply_in_small_records_is_complete),
        clean_test(long_replies_of_many_threads_are_not_mixed_up),
        clean_test(key_updates_and_tickets_do_not_count_as_unsolicited_bytes),
        clean_test(a_ticket_in_pieces_delays_no_call),
        clean_test(idle_connections_stay_open),
        clean_test(a_corrupted_byte_ends_only_the_connection),
        clean_test(a_connection_cut_at_any_byte_reports_the_right_delivery),
        clean_test(a_half_sent_command_does_not_affect_others),
        clean_test(many_threads_share_connections),
        clean_test(killed_connections_are_replaced),
        clean_test(a_restarted_server_is_used_again),
        clean_test(many_dials_at_once_succeed),
    };
    return RUN_TESTS_BETWEEN("tls traffic", tests, start, stop);
}
