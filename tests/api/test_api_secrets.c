/* SPDX-License-Identifier: MIT */
/* A password that is easy to recognise, set in every possible way, through all kinds of successes and failures: it is
 * in no log record, no error and no trace. */
#include "api_fixture.h"
#include "operation_calls.h"

#include <podlink/session.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANARY "canary-0123456789"

/* ---- checking every report ---- */

static struct api_log log_records;

static void look_at_trace(void *context, const podlink_trace_record *record)
{
    (void)context;
    if (strstr(record->operation, CANARY) || strstr(record->server, CANARY))
        fail_msg("the trace of %s has the password", record->operation);
}

static void look_at(const podlink_error *err)
{
    api_assert_secret(&log_records, err, "canary");
    api_assert_secret(&log_records, err, "0123456789");
}

/* ---- ways to set the password ---- */

enum way { IN_THE_URL, IN_THE_QUERY, BY_OPTION, BY_CALLBACK, WAYS };

static int give(void *context, podlink_credentials *into)
{
    (void)context;
    return podlink_credentials_set(into, "eva", CANARY);
}

/* "unix:///path" as "unix://eva:canary@/path", and so on. */
static void put_into(char *out, size_t size, const char *url, enum way way)
{
    const char *rest = strstr(url, "://") + 3;
    const int scheme = (int)(rest - url);
    if (way == IN_THE_URL)
        snprintf(out, size, "%.*seva:%s@%s", scheme, url, CANARY, rest);
    else if (way == IN_THE_QUERY)
        snprintf(out, size, "%s%cuser=eva&password=%s", url, strchr(url, '?') ? '&' : '?', CANARY);
    else
        snprintf(out, size, "%s", url);
}

static podlink_options options_by(enum way way, const char *url)
{
    static char whole[512];
    put_into(whole, sizeof whole, url, way);
    podlink_options options = operation_options(whole);
    options.log = api_log_write;
    options.log_context = &log_records;
    options.log_level = PODLINK_LOG_DEBUG;
    options.trace = look_at_trace;
    options.call_timeout_ms = 200;
    options.dial_timeout_ms = 200;
    options.retries = 0;
    options.no_janitor_thread = 1; /* all reports come from one thread */
    options.user = way == BY_OPTION ? "eva" : NULL;
    options.password = way == BY_OPTION ? CANARY : NULL;
    options.credentials = way == BY_CALLBACK ? give : NULL;
    log_records.count = 0;
    return options;
}

static podlink_client *client_by(enum way way, const char *url)
{
    const podlink_options options = options_by(way, url);
    return api_open_with(&options);
}

/* ---- using the client ---- */

static void run_all(podlink_client *client)
{
    size_t count;
    podlink_error err;
    const struct operation *all = operations(&count);
    for (size_t i = 0; i < count; i++) {
        log_records.count = 0; /* the log keeps only some records */
        if (all[i].run)
            all[i].run(client, &operation_valid, &err);
        look_at(&err);
    }
}

static void use_session(podlink_client *client)
{
    podlink_session *session = NULL;
    podlink_error err;
    podlink_status status = podlink_session_acquire(client, NULL, &session, &err);
    if (status == PODLINK_OK)
        podlink_session_release(session);
    look_at(&err);
}

static void use(podlink_client *client)
{
    podlink_error err;
    run_all(client);
    use_session(client);
    podlink_client_reauthenticate(client, &err);
    look_at(&err);
    podlink_client_tick(client);
    look_at(NULL);
}

static void use_and_close(podlink_client *client)
{
    use(client);
    podlink_client_close(client, 0);
    use(client);
    podlink_client_free(client);
    look_at(NULL);
}

static void permit(const char *rules)
{
    char line[256];
    snprintf(line, sizeof line, "ACL SETUSER eva reset %s", rules);
    api_ask(redis, line);
}

static void successful_calls_do_not_report_the_password(void **state)
{
    (void)state;
    permit("on >" CANARY " ~* &* +@all");
    for (enum way way = 0; way < WAYS; way++)
        use_and_close(client_by(way, api_url(server)));
}

static void refused_calls_do_not_report_the_password(void **state)
{
    (void)state;
    static const char *const rules[] = {"off >" CANARY " ~* &* +@all", "on >other ~* &* +@all", "on >" CANARY,
                                        "on >" CANARY " ~* &* +ping +get +info", "on >" CANARY " +@all"};
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        for (enum way way = 0; way < WAYS; way++) {
            permit(rules[i]);
            use_and_close(client_by(way, api_url(server)));
        }
}

static void the_password_of_a_revoked_user_is_not_reported(void **state)
{
    (void)state;
    podlink_error err;
    for (enum way way = 0; way < WAYS; way++) {
        permit("on >" CANARY " ~* &* +@all");
        podlink_client *client = client_by(way, api_url(server));
        assert_int_equal(podlink_ping(client, NULL, NULL, &err), PODLINK_OK);
        permit("off");
        assert_int_equal(podlink_client_reauthenticate(client, &err), PODLINK_EAUTH);
        look_at(&err);
        assert_non_null(api_log_find(&log_records, "reauthentication_failed", NULL, 0));
        use_and_close(client);
    }
}

static void an_unreachable_server_does_not_report_the_password(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", api_closed_port());
    for (enum way way = 0; way < WAYS; way++) {
        use_and_close(client_by(way, "unix:///nonexistent/socket"));
        use_and_close(client_by(way, url));
    }
}

/* Some servers quote the arguments of unknown commands. */
static void a_password_in_an_error_reply_is_not_reported(void **state)
{
    (void)state;
    static const char *const wrong_replies[] = {
        "-ERR unknown command 'AUTH', with args beginning with: 'eva' '" CANARY "'\r\n", "-WRONGPASS " CANARY "\r\n",
        "+" CANARY "\r\n", CANARY "\r\n", "$17\r\n" CANARY "\r\n"};
    static const enum fault_stage stages[] = {FAULT_AT_HANDSHAKE, FAULT_AT_ACCEPT};
    for (size_t i = 0; i < COUNT_OF(wrong_replies); i++)
        for (size_t k = 0; k < COUNT_OF(stages); k++)
            for (enum way way = 0; way < WAYS; way++) {
                const struct fault_plan plan = {.stage = stages[k], .reply = wrong_replies[i], .then = FAULT_CLOSES};
                struct faulty_server *server =
                    faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"+OK\r\n", NULL});
                podlink_client *client = client_by(way, faulty_server_url(server));
                podlink_error err;
                podlink_ping(client, NULL, NULL, &err);
                look_at(&err);
                use_session(client);
                podlink_client_free(client);
                faulty_server_stop(server);
            }
}

static void a_password_in_the_reply_to_a_new_auth_is_not_reported(void **state)
{
    (void)state;
    const struct fault_plan plan = {.stage = FAULT_AT_COMMAND,
                                    .at = 1,
                                    .reply = "-ERR wrong number of arguments: 'eva' '" CANARY "'\r\n",
                                    .then = FAULT_CONTINUES};
    for (enum way way = 0; way < WAYS; way++) {
        struct faulty_server *server =
            faulty_server_start(FAKE_UNIX, &plan, 1, (const char *const[]){"+PONG\r\n", "+OK\r\n", NULL});
        podlink_client *client = client_by(way, faulty_server_url(server));
        podlink_error err;
        assert_status(PODLINK_OK, podlink_ping(client, NULL, NULL, &err), &err);
        assert_int_equal(podlink_client_reauthenticate(client, &err), PODLINK_EAUTH);
        look_at(&err);
        podlink_client_free(client);
        faulty_server_stop(server);
    }
}

/* ---- other secrets ---- */

static void the_password_of_sentinels_is_not_reported(void **state)
{
    (void)state;
    char url[160];
    podlink_error err;
    for (int i = 0; i < 3; i++) {
        podlink_client *client = NULL;
        snprintf(url, sizeof url, "sentinel://127.0.0.1:%u/mymaster%s", api_closed_port(),
                 i == 0 ? "?sentinel_user=eva&sentinel_password=" CANARY : "");
        podlink_options options = options_by(BY_CALLBACK, url);
        options.sentinel_password = i == 1 ? CANARY : NULL;
        options.sentinel_user = i == 2 ? CANARY : NULL; /* without a password */
        options.script_loading = PODLINK_LOAD_ON_OPEN;
        podlink_status status = podlink_client_open(&options, &client, &err);
        assert_true(status < 0);
        look_at(&err);
        podlink_client_free(client);
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_content_of_a_key_file_is_not_reported(void **state)
{
    (void)state;
    static const char *const keys[] = {
        CANARY, "", "-----BEGIN PRIVATE KEY-----\n" CANARY "\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" CANARY "\n-----END ENCRYPTED PRIVATE KEY-----\n"};
    char key[] = "/tmp/podlink-key-XXXXXX";
    const int made = mkstemp(key);
    assert_true(made >= 0);
    close(made);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        podlink_client *client;
        podlink_error err;
        podlink_options options = options_by(BY_OPTION, "rediss://127.0.0.1:1");
        options.tls_cert_file = key;
        options.tls_key_file = key;
        write_file(key, keys[i]);
        podlink_status status = podlink_client_open(&options, &client, &err);
        assert_true(status == PODLINK_EINVAL || status == PODLINK_EUNSUPPORTED);
        look_at(&err);
    }
    unlink(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(successful_calls_do_not_report_the_password),
        cmocka_unit_test(refused_calls_do_not_report_the_password),
        cmocka_unit_test(the_password_of_a_revoked_user_is_not_reported),
        cmocka_unit_test(an_unreachable_server_does_not_report_the_password),
        cmocka_unit_test(a_password_in_an_error_reply_is_not_reported),
        cmocka_unit_test(a_password_in_the_reply_to_a_new_auth_is_not_reported),
        cmocka_unit_test(the_password_of_sentinels_is_not_reported),
        cmocka_unit_test(the_content_of_a_key_file_is_not_reported),
    };
    return RUN_TESTS_BETWEEN("api secrets", tests, start_server, stop);
}
