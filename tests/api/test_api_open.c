/* SPDX-License-Identifier: MIT */
/* Opening a client: addresses, credentials, the database, the name. No secret is reported. */
#include "api_fixture.h"
#include "faulty_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CANARY "canary-0123456789"

static struct api_log log_kept;

static const podlink_link the_link = {"test", "game", "user"};
#define LINK_KEY "sf:{test:lk:user}game"

static int clean(void **state)
{
    (void)state;
    api_ask(redis, "FLUSHALL");
    api_ask(redis, "ACL SETUSER app reset on >%s ~* &* +@all", CANARY);
    log_kept.count = 0;
    return 0;
}

static podlink_options logged(const char *url)
{
    podlink_options options = api_options(url);
    options.log = api_log_write;
    options.log_context = &log_kept;
    options.log_level = PODLINK_LOG_DEBUG;
    return options;
}

static void works(podlink_client *client)
{
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_set(client, &the_link, 3, PODLINK_FOREVER, NULL, NULL, &err), &err);
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    assert_int_equal(pod, 3);
}

static void opens_and_works(const podlink_options *options)
{
    podlink_client *client = api_open_with(options);
    works(client);
    podlink_client_free(client);
    api_assert_secret(&log_kept, &err, CANARY);
}

static void opens_at(const char *url)
{
    const podlink_options options = logged(url);
    opens_and_works(&options);
}

/* ---- addresses ---- */

static void a_unix_socket_is_opened_by_its_path(void **state)
{
    (void)state;
    opens_at(api_url(server));
}

static void a_v4_address_is_opened(void **state)
{
    (void)state;
    opens_at(api_tcp_url(server));
}

static void a_name_is_resolved(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "redis://localhost:%u", (unsigned)test_server_port(server));
    opens_at(url);
}

static bool has_v6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return bound;
}

static void a_v6_address_is_opened(void **state)
{
    (void)state;
    char url[64];
    if (!has_v6()) {
        print_message("skipped: this machine has no ::1\n");
        skip();
    }
    struct test_server *both = test_server_start_tcp((const char *const[]){"--bind", "127.0.0.1", "::1", NULL});
    assert_non_null(both);
    snprintf(url, sizeof url, "redis://[::1]:%u", (unsigned)test_server_port(both));
    opens_at(url);
    test_server_stop(both);
}

static void an_unknown_host_name_is_reported(void **state)
{
    (void)state;
    podlink_options options = logged("redis://no-such-host.invalid:6379");
    podlink_client *client = (podlink_client *)&client;
    options.call_timeout_ms = 500;
    const struct api_watch watch = api_watch_start();
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_true(api_late_ms(&watch, options.call_timeout_ms) <= 50);
    assert_true(status == PODLINK_ERESOLVE || status == PODLINK_ETIMEDOUT); /* depends on whether there is a resolver */
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_holds(err.message, "no-such-host.invalid");
    assert_null(client);
}

static void options_in_the_url_win(void **state)
{
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "%s?client_name=from-the-url&db=2&retries=0", api_url(server));
    podlink_options options = logged(url);
    options.client_name = "from-the-options";
    options.database = 1;
    podlink_client *client = api_open_with(&options);
    works(client);
    api_ask(redis, "SELECT 2");
    assert_string_equal(api_ask(redis, "GET %s", LINK_KEY)->str, "3");
    api_ask(redis, "SELECT 0");
    assert_holds(api_ask(redis, "CLIENT LIST")->str, "name=from-the-url ");
    podlink_client_free(client);
}

/* ---- name and database ---- */

static void the_server_sees_the_client_name(void **state)
{
    (void)state;
    podlink_options options = logged(api_url(server));
    options.client_name = "podlink-test";
    podlink_client *client = api_open_with(&options);
    works(client);
    assert_holds(api_ask(redis, "CLIENT LIST")->str, "name=podlink-test ");
    podlink_client_free(client);
}

static void a_database_is_selected_on_each_connection(void **state)
{
    (void)state;
    podlink_options options = logged(api_url(server));
    options.database = 3;
    podlink_client *client = api_open_with(&options);
    works(client);
    api_ask(redis, "CLIENT KILL TYPE normal");
    works(client);
    podlink_client_free(client);
    assert_int_equal(api_ask(redis, "DBSIZE")->integer, 0);
    api_ask(redis, "SELECT 3");
    assert_string_equal(api_ask(redis, "GET %s", LINK_KEY)->str, "3");
    api_ask(redis, "SELECT 0");
    char url[64];
    snprintf(url, sizeof url, "%s/3", api_tcp_url(server));
    client = api_open(url);
    int32_t pod = 77;
    assert_status(PODLINK_OK, podlink_link_get(client, &the_link, &pod, NULL, &err), &err);
    podlink_client_free(client);
}

static void a_missing_database_fails_the_open(void **state)
{
    (void)state;
    podlink_options options = logged(api_url(server));
    podlink_client *client = (podlink_client *)&client;
    options.database = 1000000;
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_failure(PODLINK_ESERVER, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, "SELECT");
    assert_null(client);
}

/* ---- credentials ---- */

static void a_user_and_a_password_are_given_by_options_or_url(void **state)
{
    (void)state;
    char url[160];
    podlink_options options = logged(api_url(server));
    options.user = "app";
    options.password = CANARY;
    podlink_client *client = api_open_with(&options);
    assert_holds(api_ask(redis, "CLIENT LIST")->str, "user=app ");
    podlink_client_free(client);
    opens_and_works(&options);
    snprintf(url, sizeof url, "unix://app:%s@%s", CANARY, test_server_socket(server));
    opens_at(url);
    snprintf(url, sizeof url, "redis://app:%s@127.0.0.1:%u/1", CANARY, (unsigned)test_server_port(server));
    opens_at(url);
}

static void a_password_can_contain_any_byte(void **state)
{
    (void)state;
    char url[160];
    api_ask(redis, "ACL SETUSER app reset on >%s ~* &* +@all", "p@:/?#%\303\274 \001");
    podlink_options options = logged(api_url(server));
    options.user = "app";
    options.password = "p@:/?#%\303\274 \001";
    opens_and_works(&options);
    snprintf(url, sizeof url, "redis://app:p%%40:%%2f%%3F%%23%%25%%c3%%BC%%20%%01@127.0.0.1:%u",
             (unsigned)test_server_port(server));
    opens_at(url);
}

static void a_wrong_password_is_reported_and_not_tried_again(void **state)
{
    (void)state;
    podlink_client *client = (podlink_client *)&client;
    podlink_options options = logged(api_url(server));
    options.user = "app";
    options.password = CANARY "-wrong";
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, status, &err);
    assert_null(client);
    assert_holds(err.server, "WRONGPASS");
    assert_holds(err.message, "WRONGPASS");
    api_assert_secret(&log_kept, &err, CANARY);
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    client = api_open_with(&options);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, podlink_ping(client, NULL, NULL, &err), &err);
    assert_int_equal(api_stats(client).dials, 1); /* a second try with a wrong password can lock an account */
    api_assert_secret(&log_kept, &err, CANARY);
    podlink_client_free(client);
}

static void a_server_that_requires_a_password_gets_it(void **state)
{
    (void)state;
    struct test_server *closed = test_server_start((const char *const[]){"--requirepass", CANARY, NULL});
    podlink_client *client = (podlink_client *)&client;
    podlink_options options = logged(api_url(closed));
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.server, "NOAUTH");
    options.password = "wrong-" CANARY;
    status = podlink_client_open(&options, &client, &err);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, status, &err);
    api_assert_secret(&log_kept, &err, CANARY);
    options.password = CANARY;
    opens_and_works(&options);
    test_server_stop(closed);
}

static void a_server_without_a_password_refuses_one(void **state)
{
    (void)state;
    podlink_client *client = (podlink_client *)&client;
    podlink_options options = logged(api_url(server));
    options.password = CANARY;
    podlink_status status = podlink_client_open(&options, &client, &err);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, status, &err);
    api_assert_secret(&log_kept, &err, CANARY);
}

/* As servers do that do not know AUTH, or expect other arguments. */
static void a_password_echoed_by_the_server_is_not_reported(void **state)
{
    (void)state;
    static const char *const replies[] = {"+OK\r\n", NULL};
    const struct fault_plan plan = {.stage = FAULT_AT_HANDSHAKE,
                                    .reply = "-ERR unknown command 'AUTH', with args beginning with: 'app' '" CANARY
                                             "' \r\n",
                                    .repeats = true};
    struct faulty_server *server = faulty_server_start(FAKE_UNIX, &plan, 1, replies);
    podlink_client *client = (podlink_client *)&client;
    podlink_options options = logged(faulty_server_url(server));
    options.user = "app";
    options.password = CANARY;
    podlink_status status = podlink_client_open(&options, &client, &err);
    faulty_server_stop(server);
    assert_failure(PODLINK_EAUTH, PODLINK_NOT_SENT, status, &err);
    assert_true(log_kept.count > 0);
    api_assert_secret(&log_kept, &err, CANARY);
}

static void options_are_copied(void **state)
{
    (void)state;
    char url[160], user[8] = "app", password[] = CANARY, name[] = "a-name";
    snprintf(url, sizeof url, "%s", api_url(server));
    podlink_options options = logged(url);
    options.user = user;
    options.password = password;
    options.client_name = name;
    podlink_client *client = api_open_with(&options);
    memset(url, 'x', sizeof url - 1);
    memset(user, 'x', sizeof user - 1);
    memset(password, 'x', sizeof password - 1);
    memset(name, 'x', sizeof name - 1);
    memset(&options, 0x55, sizeof options);
    api_ask(redis, "CLIENT KILL TYPE normal");
    works(client);
    assert_holds(api_ask(redis, "CLIENT LIST")->str, "name=a-name ");
    podlink_client_free(client);
}

/* A program that was built when the options had fewer fields. */
static void a_shorter_options_struct_is_accepted(void **state)
{
    (void)state;
    struct {
        char bytes[offsetof(podlink_options, script_loading)];
        char canary[64];
    } old;
    podlink_options options;
    podlink_client *client;
    memset(&old, 0x55, sizeof old);
    podlink_options_init_sized((podlink_options *)old.bytes, sizeof old.bytes);
    memcpy(&options, old.bytes, sizeof old.bytes);
    options.url = api_url(server);
    memcpy(old.bytes, &options, sizeof old.bytes);
    assert_int_equal(old.canary[0], 0x55);
    podlink_status status = podlink_client_open((const podlink_options *)old.bytes, &client, &err);
    assert_status(PODLINK_OK, status, &err);
    works(client);
    podlink_client_free(client);
}

/* ---- the program ---- */

#define clean_test(f) cmocka_unit_test_setup(f, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clean_test(a_unix_socket_is_opened_by_its_path),
        clean_test(a_v4_address_is_opened),
        clean_test(a_name_is_resolved),
        clean_test(a_v6_address_is_opened),
        clean_test(an_unknown_host_name_is_reported),
        clean_test(options_in_the_url_win),
        clean_test(the_server_sees_the_client_name),
        clean_test(a_database_is_selected_on_each_connection),
        clean_test(a_missing_database_fails_the_open),
        clean_test(a_user_and_a_password_are_given_by_options_or_url),
        clean_test(a_password_can_contain_any_byte),
        clean_test(a_wrong_password_is_reported_and_not_tried_again),
        clean_test(a_server_that_requires_a_password_gets_it),
        clean_test(a_server_without_a_password_refuses_one),
        clean_test(a_password_echoed_by_the_server_is_not_reported),
        clean_test(options_are_copied),
        clean_test(a_shorter_options_struct_is_accepted),
    };
    return RUN_TESTS_BETWEEN("api open", tests, start_tcp_server, stop);
}
