/* SPDX-License-Identifier: MIT */
/* The verbs "podlink link ..." for one uid. The bulk forms are in link_bulk. */
#include "verb_table.h"

#include "bulk/link_bulk.h"
#include "exit_code.h"
#include "numbers.h"

#include <podlink/link.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Arguments of "set", "try" and "ensure". */
typedef struct set_request {
    podlink_link link;
    int32_t pod;
    int64_t persist_s;
} set_request;

static podlink_link make_link(const cli_session *session)
{
    return (podlink_link){session->ns, session->words[0], session->words[1]};
}

static json_t *link_json(const cli_session *session, podlink_status status)
{
    json_t *object = cli_json(status);

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "service", json_string(session->words[0]));
    json_object_set_new(object, "uid", json_string(session->words[1]));
    return object;
}

/* Reads --for, SERVICE, UID and POD, and opens the client. */
static int open_set(cli_session *session, set_request *request)
{
    cli_problem problem;
    int code;

    *request = (set_request){.link = make_link(session), .persist_s = PODLINK_FOREVER};
    code = cli_session_duration(session, CLI_FOR, &request->persist_s);
    if (code != CLI_DONE)
        return code;
    if (!cli_parse_pod(session->words[2], &request->pod, &problem))
        return cli_fail_usage(&session->out, problem.text);
    return cli_session_open(session);
}

/* Prints the result of "set" and "try". */
static int print_set(const cli_session *session, podlink_status status, int32_t in_force, int32_t previous)
{
    if (cli_wants_json(&session->out)) {
        json_t *object = link_json(session, status);
        json_object_set_new(object, "pod", cli_json_pod(in_force));
        json_object_set_new(object, "previous", cli_json_pod(previous));
        cli_json_print(object);
    } else if (!session->out.quiet) {
        cli_print_name(session->words[1]);
        if (status == PODLINK_REFUSED)
            printf(" -> %d (refused)\n", in_force);
        else
            printf(" -> %d (was %s)\n", in_force, cli_pod_to_text(previous).text);
    }
    return cli_exit_code(status);
}

/* Prints a pod, or that there is none. */
static int print_pod(const cli_session *session, podlink_status status, int32_t pod, const char *none)
{
    if (cli_wants_json(&session->out)) {
        json_t *object = link_json(session, status);
        json_object_set_new(object, "pod", cli_json_pod(status == PODLINK_OK ? pod : PODLINK_NO_POD));
        cli_json_print(object);
    } else if (status == PODLINK_OK && !session->out.quiet) {
        printf("%d\n", pod);
    } else {
        cli_note(&session->out, "%s", none);
    }
    return cli_exit_code(status);
}

static int cli_link_set(cli_session *session)
{
    int32_t previous = PODLINK_NO_POD;
    set_request request;
    podlink_error error;

    if (cli_link_is_bulk(session))
        return cli_link_set_lines(session);
    int code = open_set(session, &request);
    if (code != CLI_DONE)
        return code;
    podlink_status status = podlink_link_set(session->client, &request.link, request.pod, request.persist_s, &previous,
                                             &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_set(session, status, request.pod, previous);
}

static int cli_link_try(cli_session *session)
{
    int32_t in_force = PODLINK_NO_POD;
    int32_t previous = PODLINK_NO_POD;
    set_request request;
    podlink_error error;
    int code = open_set(session, &request);

    if (code != CLI_DONE)
        return code;
    podlink_status status = podlink_link_try_set(session->client, &request.link, request.pod, request.persist_s,
                                                 &in_force, &previous, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_set(session, status, in_force, previous);
}

static int cli_link_ensure(cli_session *session)
{
    int32_t in_force = PODLINK_NO_POD;
    set_request request;
    podlink_error error;

    if (cli_link_is_bulk(session))
        return cli_link_ensure_lines(session);
    int code = open_set(session, &request);
    if (code != CLI_DONE)
        return code;
    podlink_status status = podlink_link_set_if_absent(session->client, &request.link, request.pod, request.persist_s,
                                                       &in_force, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_pod(session, status, in_force, "no link");
}

static int cli_link_get(cli_session *session)
{
    int32_t pod = PODLINK_NO_POD;
    podlink_error error;

    if (cli_link_is_bulk(session))
        return cli_link_get_lines(session);
    int code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    podlink_link link = make_link(session);
    podlink_status status = podlink_link_get(session->client, &link, &pod, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_pod(session, status, pod, "no link");
}

static int cli_link_get_persistent(cli_session *session)
{
    int32_t pod = PODLINK_NO_POD;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_link link = make_link(session);
    podlink_status status = podlink_link_get_if_persistent(session->client, &link, &pod, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_pod(session, status, pod, "no persistent link");
}

static int print_ttl(const cli_session *session, podlink_status status, int64_t seconds)
{
    if (cli_wants_json(&session->out)) {
        json_t *object = link_json(session, status);
        json_object_set_new(object, "seconds", status == PODLINK_OK ? json_integer(seconds) : json_null());
        cli_json_print(object);
    } else if (status != PODLINK_OK) {
        cli_note(&session->out, "no link");
    } else if (!session->out.quiet) {
        if (seconds == PODLINK_FOREVER)
            printf("forever\n");
        else
            printf("%" PRId64 "\n", seconds);
    }
    return cli_exit_code(status);
}

static int cli_link_ttl(cli_session *session)
{
    int64_t seconds = 0;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_link link = make_link(session);
    podlink_status status = podlink_link_ttl(session->client, &link, &seconds, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_ttl(session, status, seconds);
}

static int cli_link_compute(cli_session *session)
{
    int64_t persist_s = PODLINK_FOREVER;
    int64_t max_age_ms = 0;
    int32_t in_force = PODLINK_NO_POD;
    podlink_error error;
    int code = cli_session_duration(session, CLI_FOR, &persist_s);

    if (code == CLI_DONE)
        code = cli_session_number(session, CLI_MAX_AGE, 0, INT64_C(1) << 53, &max_age_ms);
    if (code == CLI_DONE)
        code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    podlink_link link = make_link(session);
    podlink_status status =
        podlink_link_compute(session->client, &link, persist_s, max_age_ms, &in_force, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error)
                      : print_pod(session, status, in_force, "no link, and no pod is ready");
}

static int print_removed(const cli_session *session, podlink_status status)
{
    if (cli_wants_json(&session->out))
        cli_json_print(link_json(session, status));
    else if (status == PODLINK_OK && !session->out.quiet)
        printf("removed\n");
    else
        cli_note(&session->out, "no such link");
    return cli_exit_code(status);
}

/* Removes one link; with --if-pod only if it is to that pod. */
static int remove_one(cli_session *session)
{
    const char *if_pod = session->arguments->value[CLI_IF_POD];
    int64_t keep_s = PODLINK_FOREVER;
    cli_problem problem;
    podlink_error error;
    podlink_status status;
    int32_t pod = PODLINK_NO_POD;
    int code = cli_session_duration(session, CLI_KEEP, &keep_s);

    if (code != CLI_DONE)
        return code;
    if (if_pod && !cli_parse_pod(if_pod, &pod, &problem))
        return cli_fail_usage(&session->out, problem.text);
    code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    podlink_link link = make_link(session);
    if (if_pod)
        status = podlink_link_remove_if_pod(session->client, &link, pod, keep_s, &session->call, &error);
    else
        status = podlink_link_remove(session->client, &link, keep_s, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_removed(session, status);
}

static int cli_link_remove(cli_session *session)
{
    if (!cli_link_is_bulk(session))
        return remove_one(session);
    if (cli_given(session->arguments, CLI_IF_POD))
        return cli_fail_usage(&session->out, "--if-pod is for one uid, not for lines from standard input");
    return cli_link_remove_lines(session);
}

static void print_services_json(const cli_session *session, podlink_status status, const podlink_service_links *links)
{
    json_t *object = cli_json(status);
    json_t *services = json_array();

    for (size_t i = 0; i < links->count; i++) {
        const char *service = links->items[i].service;
        json_t *link = json_object();
        json_object_set_new(link, "service", cli_json_bytes(service, strlen(service)));
        json_object_set_new(link, "pod", cli_json_pod(links->items[i].pod));
        json_array_append_new(services, link);
    }
    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "uid", json_string(session->words[0]));
    json_object_set_new(object, "links", services);
    cli_json_print(object);
}

static int print_services(const cli_session *session, podlink_status status, const podlink_service_links *links)
{
    if (status == PODLINK_OK && links->count == 0) {
        status = PODLINK_NOT_LINKED;
        cli_note(&session->out, "no persistent links");
    }
    if (session->out.quiet)
        return cli_exit_code(status);
    if (session->out.json) {
        print_services_json(session, status, links);
        return cli_exit_code(status);
    }
    for (size_t i = 0; i < links->count; i++) {
        cli_print_name(links->items[i].service);
        printf("\t%s\n", cli_pod_to_text(links->items[i].pod).text);
    }
    return cli_exit_code(status);
}

static int cli_link_services(cli_session *session)
{
    podlink_service_links *links = NULL;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_status status =
        podlink_link_services(session->client, session->ns, session->words[0], &links, &session->call, &error);
    /* A corrupt entry is an error, but the other entries are printed. */
    if (links)
        code = print_services(session, status, links);
    if (status < 0)
        code = cli_session_fail(session, &error);
    podlink_free(links);
    return code;
}

#define LINES_OF_UID_AND_POD "With -, lines \"UID POD\" are read from standard input and sent in chunks.\n"
#define LINES_OF_UID         "With -, lines \"UID\" are read from standard input and sent in chunks.\n"

const cli_verb cli_link_verbs[] = {
    {
        .noun = "link",
        .name = "set",
        .arguments = "SERVICE UID POD | SERVICE -",
        .words_min = 3,
        .words_max = 3,
        .stdin_at = 1,
        .options = CLI_DOMAIN | CLI_SET(FOR) | CLI_SET(CHUNK),
        .run = cli_link_set,
        .summary = "link a uid to a pod, replacing an existing link",
        .details =
            "Prints the previous pod. Without --for the link is persistent: it does not expire.\n" LINES_OF_UID_AND_POD,
        .examples = "podlink link set chat alice 2\n"
                    "podlink link set chat bob 0 --for 15m\n"
                    "podlink link set chat - < users.txt\n",
    },
    {
        .noun = "link",
        .name = "try",
        .arguments = "SERVICE UID POD",
        .words_min = 3,
        .words_max = 3,
        .options = CLI_DOMAIN | CLI_SET(FOR),
        .run = cli_link_try,
        .summary = "link a uid to a pod, unless it has a persistent link to another pod",
        .details = "Exits with 1 if such a link exists.\n",
        .examples = "podlink link try chat alice 1\n"
                    "podlink link try chat alice 1 --for 30s || echo \"another pod has the user\"\n",
    },
    {
        .noun = "link",
        .name = "ensure",
        .arguments = "SERVICE UID POD | SERVICE -",
        .words_min = 3,
        .words_max = 3,
        .stdin_at = 1,
        .options = CLI_DOMAIN | CLI_SET(FOR) | CLI_SET(CHUNK),
        .run = cli_link_ensure,
        .summary = "link a uid to a pod if it has no link, and print the pod in force",
        .details = "An existing link and its expiry stay unchanged, and its pod is printed; that is not a "
                   "failure.\n" LINES_OF_UID_AND_POD,
        .examples = "podlink link ensure chat alice 2\n"
                    "podlink link ensure chat - --for 1h < users.txt\n",
    },
    {
        .noun = "link",
        .name = "get",
        .arguments = "SERVICE UID | SERVICE -",
        .words_min = 2,
        .words_max = 2,
        .stdin_at = 1,
        .options = CLI_DOMAIN | CLI_SET(CHUNK),
        .run = cli_link_get,
        .summary = "print the pod that a uid is linked to",
        .details = "Exits with 1 if there is no link.\n" LINES_OF_UID,
        .examples = "podlink link get chat alice\n"
                    "cut -f1 users.txt | podlink link get chat -\n",
    },
    {
        .noun = "link",
        .name = "get-persistent",
        .arguments = "SERVICE UID",
        .words_min = 2,
        .words_max = 2,
        .options = CLI_DOMAIN,
        .run = cli_link_get_persistent,
        .summary = "print the pod that a uid is linked to, if that link does not expire",
        .details = "Exits with 1 if there is no link or only a temporary one.\n",
        .examples = "podlink link get-persistent chat alice\n",
    },
    {
        .noun = "link",
        .name = "ttl",
        .arguments = "SERVICE UID",
        .words_min = 2,
        .words_max = 2,
        .options = CLI_DOMAIN,
        .run = cli_link_ttl,
        .summary = "print the seconds that a temporary link has left",
        .details = "Prints \"forever\" for a persistent link (in JSON -1). Exits with 1 if there is no link.\n",
        .examples = "podlink link ttl chat alice\n",
    },
    {
        .noun = "link",
        .name = "remove",
        .arguments = "SERVICE UID | SERVICE -",
        .words_min = 2,
        .words_max = 2,
        .stdin_at = 1,
        .options = CLI_DOMAIN | CLI_SET(IF_POD) | CLI_SET(KEEP) | CLI_SET(CHUNK),
        .run = cli_link_remove,
        .summary = "remove a link",
        .details =
            "With --keep the link stays as a temporary link for this time. Exits with 1 if there is no link or, with\n"
            "--if-pod, if it is to another pod.\n" LINES_OF_UID,
        .examples = "podlink link remove chat alice\n"
                    "podlink link remove chat alice --if-pod 2 --keep 30s\n"
                    "podlink link remove chat - < gone.txt\n",
    },
    {
        .noun = "link",
        .name = "services",
        .arguments = "UID",
        .words_min = 1,
        .words_max = 1,
        .options = CLI_DOMAIN,
        .run = cli_link_services,
        .summary = "print all persistent links of a uid",
        .details = "One line per link: the service, a tab, the pod. Exits with 1 if there are none.\n",
        .examples = "podlink link services alice\n",
    },
    {
        .noun = "link",
        .name = "compute",
        .arguments = "SERVICE UID",
        .words_min = 2,
        .words_max = 2,
        .options = CLI_DOMAIN | CLI_SET(FOR) | CLI_SET(MAX_AGE),
        .run = cli_link_compute,
        .summary = "link a uid to the best pod if it has no link, and print the pod in force",
        .details = "The best pod is the ready pod with the lowest load. Exits with 1 if there is no link and no pod is "
                   "ready.\n",
        .examples = "podlink link compute chat alice --max-age 30000\n",
    },
    {.noun = NULL},
};
