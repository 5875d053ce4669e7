/* The verbs "podlink scripts ...": the Lua scripts and whether the server holds them. */
#include "script_verbs.h"

#include "exit_code.h"

#include <podlink/script.h>

#include <stdio.h>
#include <stdlib.h>

/* Prints all scripts; held may be NULL. */
static void print_text(const cli_session *session, const int *held, size_t count)
{
    podlink_script_info script;

    for (size_t i = 0; i < count && podlink_script_at(session->client, i, &script) == PODLINK_OK; i++) {
        printf("%-32s %s%s\n", script.name, script.sha, !held ? "" : held[i] ? "  held" : "  missing");
    }
}

static void print_json(const cli_session *session, const int *held, size_t count, podlink_status status)
{
    json_t *object = cli_json(status);
    json_t *scripts = json_array();
    podlink_script_info script;

    for (size_t i = 0; i < count && podlink_script_at(session->client, i, &script) == PODLINK_OK; i++) {
        json_t *entry = json_object();
        json_object_set_new(entry, "name", json_string(script.name));
        json_object_set_new(entry, "sha", json_string(script.sha));
        if (held) {
            json_object_set_new(entry, "held", json_boolean(held[i]));
        }
        json_array_append_new(scripts, entry);
    }
    json_object_set_new(object, "scripts", scripts);
    cli_json_print(object);
}

static int tell_scripts(const cli_session *session, const int *held, size_t count, podlink_status status)
{
    if (session->out.json && !session->out.quiet) {
        print_json(session, held, count, status);
    } else if (!session->out.quiet) {
        print_text(session, held, count);
    }
    return cli_exit_code(status);
}

int cli_scripts_list(cli_session *session)
{
    int code = cli_session_open(session);

    if (code != CLI_DONE) {
        return code;
    }
    return tell_scripts(session, NULL, podlink_script_count(session->client), PODLINK_OK);
}

/* OK where the server holds every script. */
static podlink_status all_held(const int *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!held[i]) {
            return PODLINK_NOT_FOUND;
        }
    }
    return PODLINK_OK;
}

int cli_scripts_status(cli_session *session)
{
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE) {
        return code;
    }
    size_t count = podlink_script_count(session->client);
    int *held = calloc(count + 1, sizeof *held);
    if (!held) {
        return cli_fail(&session->out, &(cli_failure){.status = PODLINK_ENOMEM, .message = "out of memory"});
    }
    if (podlink_scripts_held(session->client, held, count, &session->call, &error) < 0) {
        code = cli_session_fail(session, &error);
    } else {
        code = tell_scripts(session, held, count, all_held(held, count));
    }
    free(held);
    return code;
}

int cli_scripts_load(cli_session *session)
{
    podlink_error error;
    size_t loaded = 0;
    int code = cli_session_open(session);

    if (code != CLI_DONE) {
        return code;
    }
    if (podlink_scripts_load(session->client, &loaded, &session->call, &error) < 0) {
        return cli_session_fail(session, &error);
    }
    if (session->out.json && !session->out.quiet) {
        json_t *object = cli_json(PODLINK_OK);
        json_object_set_new(object, "loaded", json_integer((json_int_t)loaded));
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("%zu scripts loaded\n", loaded);
    }
    return CLI_DONE;
}
