/* "podlink command" and "podlink ping": talking to Redis itself. */
#include "command_verb.h"

#include "command_secret.h"
#include "exit_code.h"
#include "url.h"

#include <podlink/command.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The arguments of the command to send; what is read from standard input is owned. */
typedef struct request {
    const char **argv;
    size_t *lengths;
    size_t argc;
    char *input;
} request;

static void request_fini(request *request)
{
    free(request->argv);
    free(request->lengths);
    free(request->input);
}

/* All of standard input; NULL with errno. */
static char *read_input(size_t *length)
{
    size_t capacity = 65536;
    char *input = malloc(capacity);

    *length = 0;
    while (input) {
        *length += fread(input + *length, 1, capacity - *length, stdin);
        if (*length < capacity) {
            break;
        }
        char *larger = realloc(input, capacity *= 2);
        if (!larger) {
            free(input);
        }
        input = larger;
    }
    if (input && ferror(stdin)) {
        free(input);
        return NULL;
    }
    return input;
}

static bool request_init(request *request, const cli_session *session, cli_problem *problem)
{
    bool with_input = cli_given(session->arguments, CLI_STDIN);

    *request = (struct request){
        .argv = calloc(session->word_count + 1, sizeof(char *)),
        .lengths = calloc(session->word_count + 1, sizeof(size_t)),
    };
    if (!request->argv || !request->lengths) {
        cli_problem_set(problem, "out of memory");
        return false;
    }
    for (size_t i = 0; i < session->word_count; i++) {
        request->argv[i] = session->words[i];
        request->lengths[i] = strlen(session->words[i]);
    }
    request->argc = session->word_count;
    if (with_input) {
        request->input = read_input(&request->lengths[request->argc]);
        request->argv[request->argc] = request->input;
        request->argc++;
    }
    if (with_input && !request->input) {
        cli_problem_set(problem, "standard input cannot be read: %s", strerror(errno));
        return false;
    }
    return true;
}

static void print_reply(const podlink_reply *reply, int depth);

static void print_array(const podlink_reply *reply, int depth)
{
    size_t count = podlink_reply_count(reply);

    if (count == 0) {
        printf("%*s(empty)\n", 2 * depth, "");
    }
    for (size_t i = 0; i < count; i++) {
        const podlink_reply *element = podlink_reply_at(reply, i);
        bool nested = podlink_reply_type_of(element) == PODLINK_REPLY_ARRAY;
        if (nested && podlink_reply_count(element) > 0) {
            printf("%*s-\n", 2 * depth, "");
        }
        print_reply(element, nested && podlink_reply_count(element) > 0 ? depth + 1 : depth);
    }
}

static void print_reply(const podlink_reply *reply, int depth)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t number = 0;

    if (type == PODLINK_REPLY_ARRAY) {
        print_array(reply, depth);
        return;
    }
    printf("%*s", 2 * depth, "");
    if (type == PODLINK_REPLY_NIL) {
        printf("(nil)");
    } else if (type == PODLINK_REPLY_INTEGER && podlink_reply_integer(reply, &number) == PODLINK_OK) {
        printf("%" PRId64, number);
    } else if (text) {
        fputs(type == PODLINK_REPLY_ERROR ? "(error) " : "", stdout);
        cli_print_bytes(text, length);
    }
    putchar('\n');
}

static json_t *reply_in_json(const podlink_reply *reply)
{
    podlink_reply_type type = podlink_reply_type_of(reply);
    size_t length = 0;
    const char *text = podlink_reply_text(reply, &length);
    int64_t number = 0;
    json_t *json;

    switch (type) {
    case PODLINK_REPLY_INTEGER:
        podlink_reply_integer(reply, &number);
        return json_integer(number);
    case PODLINK_REPLY_ARRAY:
        json = json_array();
        for (size_t i = 0; i < podlink_reply_count(reply); i++) {
            json_array_append_new(json, reply_in_json(podlink_reply_at(reply, i)));
        }
        return json;
    case PODLINK_REPLY_ERROR:
        json = json_object();
        json_object_set_new(json, "error", cli_json_bytes(text, length));
        return json;
    case PODLINK_REPLY_STRING:
    case PODLINK_REPLY_STATUS:
        return cli_json_bytes(text, length);
    default:
        return json_null();
    }
}

static void tell_reply(const cli_session *session, const podlink_reply *reply)
{
    if (session->out.json && !session->out.quiet) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "reply", reply_in_json(reply));
        cli_json_print(object);
    } else if (!session->out.quiet) {
        print_reply(reply, 0);
    }
}

static int run(cli_session *session, const request *request)
{
    const podlink_command command = {
        .argc = request->argc,
        .argv = request->argv,
        .argv_lengths = request->lengths,
        .key_index = request->argc > 1 ? 1 : 0,
    };
    podlink_reply *reply = NULL;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE) {
        return code;
    }
    if (podlink_command_run(session->client, &command, &session->call, &reply, &error) < 0) {
        return cli_session_fail(session, &error);
    }
    tell_reply(session, reply);
    podlink_reply_free(reply);
    return CLI_DONE;
}

int cli_command(cli_session *session)
{
    cli_problem problem;
    request request;
    int code;

    if (cli_command_has_secret(session->words, session->word_count)) {
        return cli_fail_usage(&session->out, "a password may not stand on the command line, which every user of this "
                                             "machine can read: leave it out and give it to --stdin");
    }
    if (request_init(&request, session, &problem)) {
        code = run(session, &request);
    } else {
        code = cli_fail_usage(&session->out, problem.text);
    }
    request_fini(&request);
    return code;
}

int cli_ping(cli_session *session)
{
    int64_t round_trip_ns = 0;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE) {
        return code;
    }
    if (podlink_ping(session->client, &round_trip_ns, &session->call, &error) < 0) {
        return cli_session_fail(session, &error);
    }
    char *url = cli_url_redacted(session->url);
    if (session->out.json && !session->out.quiet) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "round_trip_ns", json_integer(round_trip_ns));
        json_object_set_new(object, "url", url ? cli_json_bytes(url, strlen(url)) : json_null());
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("PONG from ");
        cli_print_name(url ? url : "?");
        printf(" in %.3f ms\n", (double)round_trip_ns / 1e6);
    }
    free(url);
    return CLI_DONE;
}
