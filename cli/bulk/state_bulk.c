/* SPDX-License-Identifier: MIT */
/* Bulk form of "podlink state set": fields of a line, batch call, output. */
#include "bulk/state_bulk.h"

#include "bulk/bulk.h"
#include "numbers.h"

#include <inttypes.h>
#include <stdio.h>

bool cli_parse_state(const char *const *fields, size_t count, podlink_state *state, cli_problem *problem)
{
    *state = (podlink_state){.routing = PODLINK_READY};
    return cli_parse_pod(fields[0], &state->pod, problem) && cli_parse_load(fields[1], &state->load, problem) &&
           (count < 3 || cli_parse_routing(fields[2], &state->routing, problem));
}

static podlink_status check_service(const cli_session *session, const void *context, podlink_error *error)
{
    const podlink_service service = {session->ns, context};
    podlink_state state;

    return podlink_state_get(session->client, &service, 0, &state, &session->call, error);
}

static bool read_item(const cli_session *session, const void *context, char **fields, size_t count, void *item,
                      cli_problem *problem)
{
    podlink_state state;

    if (!cli_parse_state((const char *const *)fields, count, &state, problem))
        return false;
    *(podlink_state_item *)item = (podlink_state_item){
        .service = {session->ns, context},
        .pod = state.pod,
        .routing = state.routing,
        .load = state.load,
    };
    return true;
}

static podlink_status send_items(podlink_client *client, void *items, size_t count, const podlink_call *call,
                                 podlink_error *error)
{
    return podlink_state_set_batch(client, items, count, call, error);
}

static cli_outcome outcome_of(const void *item)
{
    const podlink_state_item *state = item;

    return (cli_outcome){state->status, state->delivery};
}

static void print_item(const void *item)
{
    const podlink_state_item *state = item;

    printf("%d\t%" PRId64 "\t%s\n", state->pod, state->load, podlink_routing_text(state->routing));
}

static void add_item(const cli_session *session, const void *item, json_t *object)
{
    const podlink_state_item *state = item;

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "service", json_string(state->service.name));
    json_object_set_new(object, "pod", json_integer(state->pod));
    json_object_set_new(object, "load", json_integer(state->load));
    json_object_set_new(object, "routing", json_string(podlink_routing_text(state->routing)));
}

static const cli_bulk state_lines = {
    .fields = "POD LOAD [ROUTING]",
    .fields_min = 2,
    .fields_max = 3,
    .item_size = sizeof(podlink_state_item),
    .check = check_service,
    .read = read_item,
    .send = send_items,
    .outcome = outcome_of,
    .print_text = print_item,
    .add_json = add_item,
};

int cli_state_set_lines(cli_session *session)
{
    return cli_bulk_run(session, &state_lines, session->words[0]);
}
