/* SPDX-License-Identifier: MIT */
/* Bulk forms of "podlink link set, ensure, get, remove": fields of a line, batch call, output. */
#include "bulk/link_bulk.h"

#include "bulk/bulk.h"
#include "exit_code.h"
#include "numbers.h"

#include <podlink/link.h>

#include <stdio.h>
#include <string.h>

/* What all lines of a run have in common. */
typedef struct common {
    const char *service;
    int64_t persist_s;
} common;

bool cli_link_is_bulk(const cli_session *session)
{
    return session->word_count == 2 && strcmp(session->words[1], "-") == 0;
}

static podlink_status check_common(const cli_session *session, const void *context, podlink_error *error)
{
    const common *common = context;
    const podlink_link link = {session->ns, common->service, "-"};
    int32_t pod;

    return podlink_link_get(session->client, &link, &pod, &session->call, error);
}

static bool read_uid(const cli_session *session, const void *context, char **fields, size_t count, void *item,
                     cli_problem *problem)
{
    const common *common = context;

    (void)count;
    (void)problem;
    *(podlink_link_item *)item = (podlink_link_item){
        .link = {session->ns, common->service, fields[0]},
        .pod = PODLINK_NO_POD,
        .persist_s = common->persist_s,
    };
    return true;
}

static bool read_uid_and_pod(const cli_session *session, const void *context, char **fields, size_t count, void *item,
                             cli_problem *problem)
{
    return read_uid(session, context, fields, count, item, problem) &&
           cli_parse_pod(fields[1], &((podlink_link_item *)item)->pod, problem);
}

static cli_outcome outcome_of(const void *item)
{
    const podlink_link_item *link = item;

    return (cli_outcome){link->status, link->delivery};
}

static podlink_status send_set(podlink_client *client, void *items, size_t count, const podlink_call *call,
                               podlink_error *error)
{
    return podlink_link_set_batch(client, items, count, call, error);
}

static podlink_status send_ensure(podlink_client *client, void *items, size_t count, const podlink_call *call,
                                  podlink_error *error)
{
    return podlink_link_set_if_absent_batch(client, items, count, call, error);
}

static podlink_status send_get(podlink_client *client, void *items, size_t count, const podlink_call *call,
                               podlink_error *error)
{
    return podlink_link_get_batch(client, items, count, call, error);
}

static podlink_status send_remove(podlink_client *client, void *items, size_t count, const podlink_call *call,
                                  podlink_error *error)
{
    return podlink_link_remove_batch(client, items, count, call, error);
}

static void print_set(const void *item)
{
    const podlink_link_item *link = item;

    cli_print_name(link->link.uid);
    printf("\t%d\twas %s\n", link->pod, cli_pod_to_text(link->result).text);
}

static void print_ensure(const void *item)
{
    const podlink_link_item *link = item;

    cli_print_name(link->link.uid);
    printf("\t%d\t%s\n", link->result, link->result == link->pod ? "as asked" : "kept");
}

static void print_get(const void *item)
{
    const podlink_link_item *link = item;

    cli_print_name(link->link.uid);
    if (link->status == PODLINK_OK)
        printf("\t%d\n", link->result);
    else
        printf("\t-\n");
}

static void print_remove(const void *item)
{
    const podlink_link_item *link = item;

    cli_print_name(link->link.uid);
    printf("\t%s\n", link->status == PODLINK_OK ? "removed" : "no link");
}

static void add_link(const cli_session *session, const void *item, json_t *object)
{
    const podlink_link_item *link = item;

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "service", json_string(link->link.service));
    json_object_set_new(object, "uid", json_string(link->link.uid));
}

static void add_set(const cli_session *session, const void *item, json_t *object)
{
    const podlink_link_item *link = item;

    add_link(session, item, object);
    json_object_set_new(object, "pod", json_integer(link->pod));
    json_object_set_new(object, "previous", cli_json_pod(link->result));
}

static void add_result(const cli_session *session, const void *item, json_t *object)
{
    const podlink_link_item *link = item;

    add_link(session, item, object);
    json_object_set_new(object, "pod", cli_json_pod(link->result));
}

#define UID_LINES         .fields = "UID", .fields_min = 1, .fields_max = 1, .read = read_uid
#define UID_AND_POD_LINES .fields = "UID POD", .fields_min = 2, .fields_max = 2, .read = read_uid_and_pod
#define LINK_ITEMS        .item_size = sizeof(podlink_link_item), .check = check_common, .outcome = outcome_of

static const cli_bulk set_lines = {
    UID_AND_POD_LINES, LINK_ITEMS, .send = send_set, .print_text = print_set, .add_json = add_set,
};
static const cli_bulk ensure_lines = {
    UID_AND_POD_LINES, LINK_ITEMS, .send = send_ensure, .print_text = print_ensure, .add_json = add_result,
};
static const cli_bulk get_lines = {
    UID_LINES, LINK_ITEMS, .send = send_get, .print_text = print_get, .add_json = add_result,
};
static const cli_bulk remove_lines = {
    UID_LINES, LINK_ITEMS, .send = send_remove, .print_text = print_remove, .add_json = add_link,
};

/* Reads the option with the lifetime of the links (--for or --keep), then runs. */
static int run_lines(cli_session *session, cli_option lifetime, const cli_bulk *bulk)
{
    common common = {session->words[0], PODLINK_FOREVER};
    int code = cli_session_duration(session, lifetime, &common.persist_s);

    return code == CLI_DONE ? cli_bulk_run(session, bulk, &common) : code;
}

int cli_link_set_lines(cli_session *session)
{
    return run_lines(session, CLI_FOR, &set_lines);
}

int cli_link_ensure_lines(cli_session *session)
{
    return run_lines(session, CLI_FOR, &ensure_lines);
}

int cli_link_get_lines(cli_session *session)
{
    const common common = {session->words[0], PODLINK_FOREVER};

    return cli_bulk_run(session, &get_lines, &common);
}

int cli_link_remove_lines(cli_session *session)
{
    return run_lines(session, CLI_KEEP, &remove_lines);
}
