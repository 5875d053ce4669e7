/* SPDX-License-Identifier: MIT */
/* The verbs "podlink workload ...": the workload state of a service. */
#include "verb_table.h"

#include "exit_code.h"

#include <podlink/state.h>

#include <stdio.h>
#include <string.h>

static int cli_workload_set(cli_session *session)
{
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_service service = {session->ns, session->words[0]};
    podlink_status status = podlink_workload_set(session->client, &service, session->words[1], &session->call, &error);
    if (status < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out)) {
        json_t *object = cli_json(status);
        json_object_set_new(object, "ns", json_string(session->ns));
        json_object_set_new(object, "service", json_string(session->words[0]));
        json_object_set_new(object, "state", cli_json_bytes(session->words[1], strlen(session->words[1])));
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("stored\n");
    }
    return CLI_DONE;
}

static void print_json(const cli_session *session, const char *service, const podlink_workload *workload)
{
    json_t *object = cli_json(workload->state ? PODLINK_OK : PODLINK_NOT_FOUND);

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "service", json_string(service));
    json_object_set_new(object, "state",
                        workload->state ? cli_json_bytes(workload->state, workload->length) : json_null());
    cli_json_print(object);
}

/* One service: only its state, so that a script can use it. More: one line each, with the service. */
static void print_text(const cli_session *session, const char *service, const podlink_workload *workload)
{
    bool many = session->word_count > 1;

    if (!workload->state) {
        cli_note(&session->out, "%s has no workload state", cli_quote(service).text);
        return;
    }
    if (many) {
        cli_print_name(service);
        putchar('\t');
    }
    cli_print_bytes(workload->state, workload->length);
    putchar('\n');
}

static int print_workloads(const cli_session *session, const podlink_workloads *workloads)
{
    int code = CLI_DONE;

    for (size_t i = 0; i < workloads->count; i++) {
        const podlink_workload *workload = &workloads->items[i];
        code = cli_exit_code_max(code, workload->state ? CLI_DONE : CLI_NEGATIVE);
        if (cli_wants_json(&session->out))
            print_json(session, session->words[i], workload);
        else if (!session->out.quiet)
            print_text(session, session->words[i], workload);
    }
    return code;
}

static int cli_workload_get(cli_session *session)
{
    podlink_workloads *workloads = NULL;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_status status = podlink_workload_get_many(session->client, session->ns, session->words, session->word_count,
                                                      &workloads, &session->call, &error);
    code = status < 0 ? cli_session_fail(session, &error) : print_workloads(session, workloads);
    podlink_free(workloads);
    return code;
}

const cli_verb cli_workload_verbs[] = {
    {
        .noun = "workload",
        .name = "set",
        .arguments = "SERVICE STATE",
        .words_min = 2,
        .words_max = 2,
        .options = CLI_DOMAIN,
        .run = cli_workload_set,
        .summary = "store the workload state of a service, any text",
        .examples = "podlink workload set chat scaling-up\n",
    },
    {
        .noun = "workload",
        .name = "get",
        .arguments = "SERVICE...",
        .words_min = 1,
        .words_max = SIZE_MAX,
        .options = CLI_DOMAIN,
        .run = cli_workload_get,
        .summary = "print the workload states of services",
        .details = "For one service: its state. For more: one line each, the service, a tab, the state. Exits with 1 "
                   "if one of\n"
                   "them has no state.\n",
        .examples = "podlink workload get chat\n"
                    "podlink workload get chat game lobby\n",
    },
    {.noun = NULL},
};
