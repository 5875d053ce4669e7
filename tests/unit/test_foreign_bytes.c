/* SPDX-License-Identifier: MIT */
/* Bytes of a server, of a URL and of a command are escaped in messages and in the log, so that a terminal only displays
 * them. Against a server in a thread. */
#include "stub_server.h"
#include "tap_cmocka.h"

#include <podlink/podlink.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LOG_MAX = 16 * 1024 };

/* An escape sequence, an 8-bit control character, and a C1 control character in UTF-8. */
#define ODD "\x1b[31m\x9b\xc2\x9b"

typedef struct setting {
    stub_server *server;
    const char *word;  /* the command that gets another answer */
    const char *reply; /* that answer */
    pthread_mutex_t lock;
    char log[LOG_MAX];
    podlink_error err;
} setting;

static const char *answer(void *context, const fake_command *command)
{
    const setting *s = context;
    return s->word && strcasecmp(command->words[0], s->word) == 0 ? s->reply : NULL;
}

static void keep_record(void *context, const podlink_log_record *record)
{
    setting *s = context;
    pthread_mutex_lock(&s->lock);
    const size_t used = strlen(s->log);
    snprintf(s->log + used, sizeof s->log - used, "%s %s|", record->message, record->server);
    pthread_mutex_unlock(&s->lock);
}

static void assert_printable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7F)
            fail_msg("byte %02x stands in \"%s\"", (unsigned char)*at, text);
}

/* With a server that gives this answer to this command. */
static void begin(setting *s, const char *word, const char *reply)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->word = word;
    s->reply = reply;
    s->server = stub_server_start(FAKE_UNIX, answer, s);
}

static podlink_client *open_url(setting *s, const char *url)
{
    podlink_client *client = NULL;
    podlink_options options;
    podlink_options_init(&options);
    options.url = url;
    options.log = keep_record;
    options.log_context = s;
    options.log_level = PODLINK_LOG_DEBUG;
    options.retries = 0;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    assert_int_equal(podlink_client_open(&options, &client, &s->err), PODLINK_OK);
    return client;
}

static podlink_client *open_socket(setting *s)
{
    char url[128];
    snprintf(url, sizeof url, "unix://%s", stub_server_path(s->server));
    return open_url(s, url);
}

static void end(setting *s, podlink_client *client)
{
    podlink_client_close(client, 0);
    podlink_client_free(client);
    stub_server_stop(s->server);
    pthread_mutex_destroy(&s->lock);
    assert_printable(s->err.message);
    assert_printable(s->err.server);
    assert_printable(s->log);
}

static void a_forbidden_command_is_named_only_if_it_was_requested(void **state)
{
    (void)state;
    setting s;
    begin(&s, "EVAL", "*1\r\n$8\r\n" ODD "\r\n");
    podlink_client *client = open_socket(&s);
    assert_int_equal(podlink_scripts_load(client, NULL, NULL, &s.err), PODLINK_EREPLY);
    end(&s, client);
}

static void the_message_of_a_refused_load_is_escaped(void **state)
{
    (void)state;
    setting s;
    begin(&s, "SCRIPT", "-ERR " ODD "\r\n");
    podlink_client *client = open_socket(&s);
    assert_int_equal(podlink_scripts_load(client, NULL, NULL, &s.err), PODLINK_ESERVER);
    assert_non_null(strstr(s.err.message, "\\x1b[31m"));
    end(&s, client);
}

static void the_name_of_a_command_is_escaped(void **state)
{
    (void)state;
    setting s;
    const char *argv[] = {ODD};
    const podlink_command command = {.argc = 1, .argv = argv};
    begin(&s, ODD, "-ERR unknown command '" ODD "'\r\n");
    podlink_client *client = open_socket(&s);
    assert_int_equal(podlink_command_run(client, &command, NULL, NULL, &s.err), PODLINK_ESERVER);
    end(&s, client);
}

static void a_host_that_cannot_be_resolved_is_escaped(void **state)
{
    (void)state;
    setting s;
    begin(&s, NULL, NULL);
    podlink_client *client = open_url(&s, "redis://odd\x9b\xc2\x9bhost.invalid");
    assert_true(podlink_ping(client, NULL, NULL, &s.err) < 0);
    end(&s, client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forbidden_command_is_named_only_if_it_was_requested),
        cmocka_unit_test(the_message_of_a_refused_load_is_escaped),
        cmocka_unit_test(the_name_of_a_command_is_escaped),
        cmocka_unit_test(a_host_that_cannot_be_resolved_is_escaped),
    };
    return RUN_TESTS("foreign bytes", tests);
}
