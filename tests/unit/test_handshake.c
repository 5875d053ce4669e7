/* SPDX-License-Identifier: MIT */
/* The first commands of a connection, through the public open, against a server in a thread: which commands they are,
 * that each can be refused, and that the password is never reported. */
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 4096 };

/* Shared by the server's thread and the test, under the lock. */
typedef struct shared {
    const char *step;     /* the command that gets another answer: "AUTH"; NULL: none */
    char reply[TEXT_MAX]; /* that answer */
    char seen[TEXT_MAX];  /* commands that the server has received */
    char log[TEXT_MAX];
} shared;

typedef struct setting {
    stub_server *server;
    pthread_mutex_t lock;
    shared shared;
    char sending[TEXT_MAX]; /* the server's own */
    char seen[TEXT_MAX];    /* the test's own, after each open */
    char log[TEXT_MAX];
    podlink_error err;
} setting;

static void note_command(shared *sh, const fake_command *command)
{
    size_t used = strlen(sh->seen);
    for (size_t i = 0; i < command->count && used < sizeof sh->seen; i++) {
        bool is_long = command->lengths[i] > 300; /* a script */
        used += (size_t)snprintf(sh->seen + used, sizeof sh->seen - used, "%s%s", i > 0 ? " " : "",
                                 is_long ? "..." : command->words[i]);
    }
    if (used + 1 < sizeof sh->seen)
        strcpy(sh->seen + used, "\n");
}

static const char *answer(void *context, const fake_command *command)
{
    setting *s = context;
    pthread_mutex_lock(&s->lock);
    note_command(&s->shared, command);
    bool is_step = s->shared.step && strcasecmp(command->words[0], s->shared.step) == 0;
    if (is_step)
        memcpy(s->sending, s->shared.reply, sizeof s->sending);
    pthread_mutex_unlock(&s->lock);
    return is_step ? s->sending : NULL;
}

static void keep_record(void *context, const podlink_log_record *record)
{
    setting *s = context;
    pthread_mutex_lock(&s->lock);
    size_t used = strlen(s->shared.log);
    snprintf(s->shared.log + used, sizeof s->shared.log - used, "%s %s %s\n", record->event, record->server,
             record->message);
    pthread_mutex_unlock(&s->lock);
}

/* From now on the server gives this answer to this step. */
static void answer_by(setting *s, const char *step, const char *reply)
{
    pthread_mutex_lock(&s->lock);
    s->shared.step = step;
    snprintf(s->shared.reply, sizeof s->shared.reply, "%s", reply);
    pthread_mutex_unlock(&s->lock);
}

static int begin(void **state)
{
    setting *s = calloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->server = stub_server_start(FAKE_UNIX, answer, s);
    *state = s;
    return 0;
}

static int end(void **state)
{
    setting *s = *state;
    stub_server_stop(s->server);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return 0;
}

static podlink_status open_as(setting *s, const char *user, const char *password, const char *name, int32_t database)
{
    char url[128];
    podlink_client *client;
    podlink_options options;
    podlink_options_init(&options);
    snprintf(url, sizeof url, "unix://%s", stub_server_path(s->server));
    options.url = url;
    options.user = user;
    options.password = password;
    options.client_name = name;
    options.database = database;
    options.retries = 0;
    options.log = keep_record;
    options.log_context = s;
    options.log_level = PODLINK_LOG_DEBUG;
    pthread_mutex_lock(&s->lock);
    s->shared.seen[0] = s->shared.log[0] = '\0';
    pthread_mutex_unlock(&s->lock);
    podlink_status status = podlink_client_open(&options, &client, &s->err);
    podlink_client_free(client);
    pthread_mutex_lock(&s->lock);
    memcpy(s->seen, s->shared.seen, sizeof s->seen);
    memcpy(s->log, s->shared.log, sizeof s->log);
    pthread_mutex_unlock(&s->lock);
    return status;
}

static void expect_first(const setting *s, const char *expected)
{
    char first[TEXT_MAX];
    snprintf(first, sizeof first, "%.*s", (int)strlen(expected), s->seen);
    assert_string_equal(first, expected);
}

static void only_the_needed_handshake_steps_are_sent(void **state)
{
    setting *s = *state;
    assert_int_equal(open_as(s, NULL, NULL, NULL, 0), PODLINK_OK);
    expect_first(s, "PING\nINFO server\nSCRIPT LOAD ");
    assert_int_equal(open_as(s, NULL, "secret", NULL, 0), PODLINK_OK);
    expect_first(s, "AUTH secret\nPING\nINFO server\nSCRIPT LOAD ");
    assert_int_equal(open_as(s, NULL, NULL, NULL, 3), PODLINK_OK);
    expect_first(s, "SELECT 3\nPING\nINFO server\nSCRIPT LOAD ");
    assert_int_equal(open_as(s, NULL, NULL, "me", 0), PODLINK_OK);
    expect_first(s, "CLIENT SETNAME me\nPING\nINFO server\nSCRIPT LOAD ");
    assert_int_equal(open_as(s, "eva", "se cret", "me", 2147483647), PODLINK_OK);
    expect_first(s, "AUTH eva se cret\nSELECT 2147483647\nCLIENT SETNAME me\nPING\nINFO server\nSCRIPT LOAD ");
}

static const char *const steps[] = {"AUTH", "SELECT", "CLIENT", "PING"};

/* For any error: no script and no call may follow, since it would run as another user or in another database. */
static void a_refused_step_ends_the_connection(void **state)
{
    static const struct {
        const char *reply;
        podlink_status status;
    } replies[] = {
        {"-ERR no\r\n", PODLINK_ESERVER},
        {"-NOPERM no\r\n", PODLINK_ENOPERM},
        {"-NOAUTH no\r\n", PODLINK_EAUTH},
        {"-WRONGPASS no\r\n", PODLINK_EAUTH},
        {"-BUSY no\r\n", PODLINK_EBUSY},
        {"-LOADING no\r\n", PODLINK_ELOADING},
        {"-MASTERDOWN no\r\n", PODLINK_EMASTERDOWN},
        {"-CLUSTERDOWN no\r\n", PODLINK_ECLUSTERDOWN},
        {"-TRYAGAIN no\r\n", PODLINK_ETRYAGAIN},
        {"-NOSCRIPT no\r\n", PODLINK_ENOSCRIPT},
        {"-ERR max number of clients reached\r\n", PODLINK_ECONNECT},
        {"", PODLINK_ECONNLOST},
        {"\r\n", PODLINK_EPROTOCOL},
        {"what?\r\n", PODLINK_EPROTOCOL},
    };
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        for (size_t k = 0; k < COUNT_OF(replies); k++) {
            answer_by(s, steps[i], replies[k].reply);
            podlink_status status = open_as(s, "eva", "secret", "me", 3);
            podlink_status expected = replies[k].status;
            if (i == 0 && expected == PODLINK_ESERVER)
                expected = PODLINK_EAUTH;
            if (status != expected || strstr(s->seen, "SCRIPT") || s->err.status != status)
                fail_msg("%s answered %s: %s, %s, sent: %s", steps[i], replies[k].reply, podlink_status_name(status),
                         s->err.message, s->seen);
            assert_int_equal(s->err.delivery, PODLINK_NOT_SENT);
            assert_non_null(strstr(s->err.message, stub_server_path(s->server)));
        }
}

/* The server's information is useful, but not required. */
static void a_user_without_permission_for_info_can_connect(void **state)
{
    static const char *const replies[] = {"-NOPERM no\r\n", "-ERR no\r\n",           "$-1\r\n",     ":1\r\n",
                                          "$0\r\n\r\n",     "$9\r\n\nrun_id:\n\r\n", "*1\r\n+x\r\n"};
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        answer_by(s, "INFO", replies[i]);
        assert_int_equal(open_as(s, "eva", "secret", "me", 3), PODLINK_OK);
        assert_int_equal(s->err.status, PODLINK_OK);
        assert_string_equal(s->err.message, "");
    }
}

static void the_message_names_the_step(void **state)
{
    static const char *const names[] = {"AUTH on ", "SELECT on ", "CLIENT SETNAME on ", "PING on "};
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        answer_by(s, steps[i], "-ERR these words\r\n");
        open_as(s, "eva", "secret", "me", 3);
        assert_memory_equal(s->err.message, names[i], strlen(names[i]));
        assert_non_null(strstr(s->err.message, "ERR these words"));
        assert_string_equal(s->err.server, "ERR these words");
    }
}

/* --- the password --------------------------------------------------------------------------------------------------
 */

/* No eight bytes of it in a row. */
static void expect_secret_kept(const setting *s, const char *secret)
{
    const char *const entries[] = {s->err.message, s->err.server, s->log};
    size_t length = strlen(secret);
    size_t size = length < 8 ? length : 8;
    for (size_t at = 0; at + size <= length; at++) {
        char part[16];
        snprintf(part, sizeof part, "%.*s", (int)size, secret + at);
        for (size_t i = 0; i < COUNT_OF(entries); i++)
            if (strstr(entries[i], part))
                fail_msg("\"%s\" of the password stands in: %s", part, entries[i]);
    }
}

static void refuse_with_echo(setting *s, const char *secret, const char *format)
{
    char reply[1024];
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        snprintf(reply, sizeof reply, format, secret, secret);
        answer_by(s, steps[i], reply);
        assert_int_not_equal(open_as(s, "eva", secret, "me", 3), PODLINK_OK);
        expect_secret_kept(s, secret);
    }
}

static void an_echoed_password_is_not_reported(void **state)
{
    setting *s = *state;
    refuse_with_echo(s, "hunter2-and-more", "-ERR unknown command 'AUTH', with args beginning with: 'eva' '%s'\r\n");
    refuse_with_echo(s, "hunter2-and-more", "-WRONGPASS %s\r\n");
    refuse_with_echo(s, "hunter2-and-more", "-%s\r\n");
    refuse_with_echo(s, "hunter2-and-more", "+%s\r\n-ERR %s\r\n");
}

static void an_echoed_password_in_a_temporary_error_is_not_reported(void **state)
{
    refuse_with_echo(*state, "hunter2-and-more", "-BUSY %s\r\n");
    refuse_with_echo(*state, "hunter2-and-more", "-LOADING %s\r\n");
}

/* Redis truncates what it echoes to 128 bytes. */
static void the_echoed_beginning_of_a_long_password_is_not_reported(void **state)
{
    char secret[257];
    for (size_t i = 0; i < sizeof secret - 1; i++)
        secret[i] = (char)('a' + (i * 7 + i / 26) % 26);
    secret[sizeof secret - 1] = '\0';
    refuse_with_echo(*state, secret, "-ERR unknown command 'AUTH', with args beginning with: '%.100s'\r\n");
}

/* Redis writes spaces for line ends. */
static void an_echoed_password_with_a_line_end_is_not_reported(void **state)
{
    setting *s = *state;
    static const char secret[] = "first-half\nother-half";
    answer_by(s, "AUTH", "-ERR unknown command 'AUTH', with args beginning with: 'first-half other-half'\r\n");
    assert_int_not_equal(open_as(s, NULL, secret, NULL, 0), PODLINK_OK);
    expect_secret_kept(s, "first-half");
    expect_secret_kept(s, "other-half");
}

static size_t count_dials(const setting *s)
{
    size_t count = 0;
    for (const char *at = s->log; (at = strstr(at, "connect")) != NULL; at += strlen("connect"))
        count++;
    return count;
}

/* The handshake succeeds, and then the connection ends: the dial has failed, with a reason. */
static void an_unsolicited_reply_is_reported_at_once_without_the_password(void **state)
{
    static const char *const replies[] = {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n-ERR hunter2-and-more\r\n",
                                          "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n$16\r\nhunter2-and-more\r\n"};
    setting *s = *state;
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        answer_by(s, "AUTH", replies[i]);
        assert_int_equal(open_as(s, "eva", "hunter2-and-more", "me", 3), PODLINK_EPROTOCOL);
        assert_true(count_dials(s) < 5);
        expect_secret_kept(s, "hunter2-and-more");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_needed_handshake_steps_are_sent, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_step_ends_the_connection, begin, end),
        cmocka_unit_test_setup_teardown(a_user_without_permission_for_info_can_connect, begin, end),
        cmocka_unit_test_setup_teardown(the_message_names_the_step, begin, end),
        cmocka_unit_test_setup_teardown(an_echoed_password_is_not_reported, begin, end),
        cmocka_unit_test_setup_teardown(an_echoed_password_in_a_temporary_error_is_not_reported, begin, end),
        cmocka_unit_test_setup_teardown(the_echoed_beginning_of_a_long_password_is_not_reported, begin, end),
        cmocka_unit_test_setup_teardown(an_echoed_password_with_a_line_end_is_not_reported, begin, end),
        cmocka_unit_test_setup_teardown(an_unsolicited_reply_is_reported_at_once_without_the_password, begin, end),
    };
    return RUN_TESTS("handshake", tests);
}
