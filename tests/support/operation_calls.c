/* SPDX-License-Identifier: MIT */
/* The table of operations, with a function that calls each of them. */
#include "operation_calls.h"

#include <string.h>

const struct operation_input operation_valid = {.ns = "test",
                                                .service = "game",
                                                .uid = "user",
                                                .pod = 3,
                                                .seconds = PODLINK_FOREVER,
                                                .max_age_ms = 0,
                                                .routing = PODLINK_READY};

static const podlink_script own_script = {.name = "own", .source = "return {ARGV[1]}"};

podlink_options operation_options(const char *url)
{
    podlink_options options = api_options(url);
    options.scripts = &own_script;
    options.script_count = 1;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    return options;
}

static podlink_link link_of(const struct operation_input *input)
{
    return (podlink_link){input->ns, input->service, input->uid};
}

static podlink_service service_of(const struct operation_input *input)
{
    return (podlink_service){input->ns, input->service};
}

/* A status that comes with a pod has one, and others have none. */
static void check_pod(podlink_status status, int32_t pod)
{
    if (status < 0 && status != PODLINK_ECORRUPT)
        assert_int_equal(pod, PODLINK_NO_POD);
    if (status == PODLINK_NOT_LINKED || status == PODLINK_NOT_FOUND)
        assert_int_equal(pod, PODLINK_NO_POD);
}

/* ---- links ---- */

static podlink_status run_ping(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int64_t round_trip_ns = -1;
    podlink_status status = podlink_ping(client, &round_trip_ns, input->call, err);
    if (status == PODLINK_OK)
        assert_true(round_trip_ns >= 0);
    return status;
}

static podlink_status run_set(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t previous = 77;
    const podlink_link link = link_of(input);
    podlink_status status = podlink_link_set(client, &link, input->pod, input->seconds, &previous, input->call, err);
    check_pod(status, previous);
    return status;
}

static podlink_status run_set_if_absent(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t in_force = 77;
    const podlink_link link = link_of(input);
    podlink_status status =
        podlink_link_set_if_absent(client, &link, input->pod, input->seconds, &in_force, input->call, err);
    check_pod(status, in_force);
    return status;
}

static podlink_status run_try_set(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t in_force = 77, previous = 77;
    const podlink_link link = link_of(input);
    podlink_status status =
        podlink_link_try_set(client, &link, input->pod, input->seconds, &in_force, &previous, input->call, err);
    check_pod(status, in_force);
    check_pod(status, previous);
    return status;
}

static podlink_status run_get(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t pod = 77;
    const podlink_link link = link_of(input);
    podlink_status status = podlink_link_get(client, &link, &pod, input->call, err);
    check_pod(status, pod);
    return status;
}

static podlink_status run_get_if_persistent(podlink_client *client, const struct operation_input *input,
                                            podlink_error *err)
{
    int32_t pod = 77;
    const podlink_link link = link_of(input);
    podlink_status status = podlink_link_get_if_persistent(client, &link, &pod, input->call, err);
    check_pod(status, pod);
    return status;
}

static podlink_status run_ttl(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int64_t seconds = 77;
    const podlink_link link = link_of(input);
    podlink_status status = podlink_link_ttl(client, &link, &seconds, input->call, err);
    if (status != PODLINK_OK)
        assert_int_equal(seconds, 0);
    return status;
}

static podlink_status run_remove(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    const podlink_link link = link_of(input);
    return podlink_link_remove(client, &link, input->seconds, input->call, err);
}

static podlink_status run_remove_if_pod(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    const podlink_link link = link_of(input);
    return podlink_link_remove_if_pod(client, &link, input->pod, input->seconds, input->call, err);
}

static podlink_status run_compute(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t in_force = 77;
    const podlink_link link = link_of(input);
    podlink_status status =
        podlink_link_compute(client, &link, input->seconds, input->max_age_ms, &in_force, input->call, err);
    check_pod(status, in_force);
    return status;
}

static podlink_status run_services(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_service_links *links = (podlink_service_links *)&links;
    podlink_status status = podlink_link_services(client, input->ns, input->uid, &links, input->call, err);
    assert_int_equal(links == NULL, status < 0 && status != PODLINK_ECORRUPT);
    podlink_free(links);
    return status;
}

/* ---- batches of links: the item in the middle is the input ---- */

static void make_items(podlink_link_item items[BATCH_ITEMS], const struct operation_input *input)
{
    for (size_t i = 0; i < BATCH_ITEMS; i++)
        items[i] = (podlink_link_item){.link = {"test", "game", i == 0 ? "first" : "last"},
                                       .pod = 1,
                                       .persist_s = 60,
                                       .status = PODLINK_ENOMEM,
                                       .delivery = PODLINK_UNKNOWN,
                                       .result = 77};
    items[1].link = link_of(input);
    items[1].pod = input->pod;
    items[1].persist_s = input->seconds;
}

/* The status of a batch is that of the first item that failed. Each item has a status. */
static void check_items(podlink_status status, const podlink_link_item items[BATCH_ITEMS], const podlink_error *err)
{
    podlink_status first = PODLINK_OK;
    for (size_t i = 0; i < BATCH_ITEMS; i++) {
        if (items[i].status < 0 && first == PODLINK_OK) {
            first = items[i].status;
            if (err && status == first && status != PODLINK_EINVAL)
                assert_int_equal(err->delivery, items[i].delivery);
        }
        if (items[i].status >= 0)
            assert_int_equal(items[i].delivery, PODLINK_ANSWERED);
        check_pod(items[i].status, items[i].result);
    }
    if (status != PODLINK_EFORKED)
        assert_int_equal(status, first);
}

typedef podlink_status link_batch(podlink_client *client, podlink_link_item *items, size_t count,
                                  const podlink_call *call, podlink_error *err);

static podlink_status run_batch(link_batch *batch, podlink_client *client, const struct operation_input *input,
                                podlink_error *err)
{
    podlink_link_item items[BATCH_ITEMS];
    make_items(items, input);
    podlink_status status = batch(client, items, BATCH_ITEMS, input->call, err);
    check_items(status, items, err);
    return status;
}

static podlink_status run_set_batch(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    return run_batch(podlink_link_set_batch, client, input, err);
}

static podlink_status run_set_if_absent_batch(podlink_client *client, const struct operation_input *input,
                                              podlink_error *err)
{
    return run_batch(podlink_link_set_if_absent_batch, client, input, err);
}

static podlink_status run_get_batch(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    return run_batch(podlink_link_get_batch, client, input, err);
}

static podlink_status run_remove_batch(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    return run_batch(podlink_link_remove_batch, client, input, err);
}

/* ---- states ---- */

static podlink_status run_state_set(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    const podlink_service service = service_of(input);
    return podlink_state_set(client, &service, input->pod, -17, input->routing, input->call, err);
}

static podlink_status run_state_get(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_state state;
    const podlink_service service = service_of(input);
    podlink_status status = podlink_state_get(client, &service, input->pod, &state, input->call, err);
    assert_int_equal(state.pod, input->pod);
    return status;
}

static podlink_status run_state_list(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_states *states = (podlink_states *)&states;
    const podlink_service service = service_of(input);
    podlink_status status = podlink_state_list(client, &service, &states, input->call, err);
    assert_int_equal(states == NULL, status < 0);
    podlink_free(states);
    return status;
}

static podlink_status run_state_live(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_states *states = (podlink_states *)&states;
    const podlink_service service = service_of(input);
    podlink_status status = podlink_state_live(client, &service, input->max_age_ms, &states, input->call, err);
    assert_int_equal(states == NULL, status < 0);
    podlink_free(states);
    return status;
}

static podlink_status run_state_best(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    int32_t pod = 77;
    const podlink_service service = service_of(input);
    podlink_status status = podlink_state_best(client, &service, input->max_age_ms, &pod, input->call, err);
    check_pod(status, pod);
    return status;
}

static podlink_status run_state_set_batch(podlink_client *client, const struct operation_input *input,
                                          podlink_error *err)
{
    podlink_state_item items[BATCH_ITEMS];
    for (size_t i = 0; i < BATCH_ITEMS; i++)
        items[i] = (podlink_state_item){
            .service = {"test", i == 0 ? "first" : "last"}, .status = PODLINK_ENOMEM, .delivery = PODLINK_UNKNOWN};
    items[1].service = service_of(input);
    items[1].pod = input->pod;
    items[1].routing = input->routing;
    podlink_status status = podlink_state_set_batch(client, items, BATCH_ITEMS, input->call, err);
    podlink_status first = PODLINK_OK;
    for (size_t i = 0; i < BATCH_ITEMS && first == PODLINK_OK; i++)
        first = items[i].status;
    if (status != PODLINK_EFORKED)
        assert_int_equal(status, first);
    return status;
}

/* ---- workloads ---- */

static podlink_status run_workload_set(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    const podlink_service service = service_of(input);
    return podlink_workload_set(client, &service, "a state", input->call, err);
}

static podlink_status run_workload_get(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_workloads *workloads = (podlink_workloads *)&workloads;
    const podlink_service service = service_of(input);
    podlink_status status = podlink_workload_get(client, &service, &workloads, input->call, err);
    assert_int_equal(workloads == NULL, status < 0);
    podlink_free(workloads);
    return status;
}

static podlink_status run_workload_get_many(podlink_client *client, const struct operation_input *input,
                                            podlink_error *err)
{
    podlink_workloads *workloads = (podlink_workloads *)&workloads;
    const char *const services[BATCH_ITEMS] = {"first", input->service, "last"};
    podlink_status status =
        podlink_workload_get_many(client, input->ns, services, BATCH_ITEMS, &workloads, input->call, err);
    assert_int_equal(workloads == NULL, status < 0);
    if (workloads)
        assert_int_equal(workloads->count, BATCH_ITEMS);
    podlink_free(workloads);
    return status;
}

/* ---- commands and scripts ---- */

static podlink_status run_any(podlink_client *client, const podlink_command *command, const podlink_call *call,
                              podlink_error *err)
{
    podlink_reply *reply = (podlink_reply *)&reply;
    podlink_status status = podlink_command_run(client, command, call, &reply, err);
    assert_int_equal(reply == NULL, status < 0);
    podlink_reply_free(reply);
    return status;
}

static podlink_status run_command(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    static const char *const argv[] = {"INCR", "counter"};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1};
    return run_any(client, &command, input->call, err);
}

static podlink_status run_repeatable_command(podlink_client *client, const struct operation_input *input,
                                             podlink_error *err)
{
    static const char *const argv[] = {"GET", "a key"};
    const podlink_command command = {.argc = 2, .argv = argv, .key_index = 1, .repeatable = 1};
    return run_any(client, &command, input->call, err);
}

static podlink_status run_script(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    podlink_reply *reply = (podlink_reply *)&reply;
    const char *const keys[] = {"a key"};
    const char *const args[] = {"an argument"};
    podlink_status status =
        podlink_script_run(client, own_script.name, keys, NULL, 1, args, NULL, 1, input->call, &reply, err);
    assert_int_equal(reply == NULL, status < 0);
    podlink_reply_free(reply);
    return status;
}

static podlink_status run_scripts_load(podlink_client *client, const struct operation_input *input, podlink_error *err)
{
    size_t loaded = 77;
    podlink_status status = podlink_scripts_load(client, &loaded, input->call, err);
    if (status == PODLINK_OK)
        assert_int_equal(loaded, podlink_script_count(client));
    else
        assert_true(loaded <= podlink_script_count(client));
    return status;
}

static podlink_status run_scripts_loaded(podlink_client *client, const struct operation_input *input,
                                         podlink_error *err)
{
    int held[16];
    return podlink_scripts_loaded(client, held, 16, input->call, err);
}

/* ---- the table ---- */

#define REPLIES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define POD_3        "*1\r\n$1\r\n3\r\n"

static const char exists_12[] = "*12\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n";

#define SHAPES(integer, empty, nil) .of_integer = (integer), .of_empty = (empty), .of_nil = (nil)
#define NO_SHAPE_FITS               SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_EREPLY)
#define ONE_COMMAND                 .item = "", .stage = FAULT_AT_COMMAND, .commands = 1
#define BATCH                       .item = "items[1]: ", .stage = FAULT_AT_COMMAND, .commands = BATCH_ITEMS, .fault_at = 1
#define ALL_SCRIPTS                 .item = "", .stage = FAULT_AT_LOAD, .commands = 13, .fault_at = 3

static const struct operation table[] = {
    {"client_open", NULL, 0, .is_repeatable = true, .replies = REPLIES("+OK\r\n"), ALL_SCRIPTS, NO_SHAPE_FITS},
    {"ping", run_ping, 0, .is_repeatable = true, .replies = REPLIES("+PONG\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_set", run_set, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS, .has_script = true, .replies = REPLIES(POD_3),
     ONE_COMMAND, NO_SHAPE_FITS},
    {"link_set_if_absent", run_set_if_absent, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS, .has_script = true,
     .is_repeatable = true, .replies = REPLIES(POD_3), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_try_set", run_try_set, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS, .has_script = true, .is_repeatable = true,
     .replies = REPLIES("*2\r\n$1\r\n3\r\n$2\r\n-1\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_get", run_get, FIELDS_OF_LINK, .is_repeatable = true, .replies = REPLIES("$1\r\n3\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_NOT_LINKED)},
    {"link_get_if_persistent", run_get_if_persistent, FIELDS_OF_LINK, .has_script = true, .is_repeatable = true,
     .replies = REPLIES(POD_3), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_ttl", run_ttl, FIELDS_OF_LINK, .is_repeatable = true, .replies = REPLIES(":42000\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_OK, PODLINK_EREPLY, PODLINK_EREPLY)},
    {"link_remove", run_remove, FIELDS_OF_LINK | FIELD_SECONDS, .has_script = true, .replies = REPLIES("*1\r\n:1\r\n"),
     ONE_COMMAND, NO_SHAPE_FITS},
    {"link_remove_if_pod", run_remove_if_pod, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS, .has_script = true,
     .replies = REPLIES("*1\r\n:1\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_compute, of a link that stands", run_compute, FIELDS_OF_LINK | FIELD_SECONDS | FIELD_AGE,
     .is_repeatable = true, .replies = REPLIES("$1\r\n3\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"link_compute, picking", run_compute, FIELDS_OF_LINK | FIELD_SECONDS | FIELD_AGE, .is_repeatable = true,
     .has_script = true, .replies = REPLIES("$-1\r\n", POD_3), .item = "", .stage = FAULT_AT_COMMAND, .commands = 3,
     .fault_at = 1, NO_SHAPE_FITS},
    {"link_compute, setting", run_compute, FIELDS_OF_LINK | FIELD_SECONDS | FIELD_AGE, .is_repeatable = true,
     .has_script = true, .replies = REPLIES("$-1\r\n", POD_3), .item = "", .stage = FAULT_AT_COMMAND, .commands = 3,
     .fault_at = 2, NO_SHAPE_FITS},
    {"link_services", run_services, FIELD_NS | FIELD_UID, .has_script = true, .is_repeatable = true,
     .replies = REPLIES("*2\r\n$4\r\ngame\r\n$1\r\n3\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_EREPLY, PODLINK_OK, PODLINK_EREPLY)},
    {"link_set_batch", run_set_batch, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS, .has_script = true,
     .replies = REPLIES(POD_3), BATCH, NO_SHAPE_FITS},
    {"link_set_if_absent_batch", run_set_if_absent_batch, FIELDS_OF_LINK | FIELD_POD | FIELD_SECONDS,
     .has_script = true, .is_repeatable = true, .replies = REPLIES(POD_3), BATCH, NO_SHAPE_FITS},
    {"link_get_batch", run_get_batch, FIELDS_OF_LINK, .is_repeatable = true, .replies = REPLIES("$1\r\n3\r\n"), BATCH,
     SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_OK)},
    {"link_remove_batch", run_remove_batch, FIELDS_OF_LINK | FIELD_SECONDS, .has_script = true,
     .replies = REPLIES("*1\r\n:1\r\n"), BATCH, NO_SHAPE_FITS},
    {"state_set", run_state_set, FIELDS_OF_SERVICE | FIELD_POD | FIELD_ROUTING, .has_script = true,
     .replies = REPLIES("*1\r\n:1\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"state_get", run_state_get, FIELDS_OF_SERVICE | FIELD_POD, .is_repeatable = true,
     .replies = REPLIES("$9\r\n-17-100-1\r\n"), ONE_COMMAND, SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_NOT_FOUND)},
    {"state_list", run_state_list, FIELDS_OF_SERVICE, .is_repeatable = true,
     .replies = REPLIES("*2\r\n$1\r\n3\r\n$9\r\n-17-100-1\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_EREPLY, PODLINK_OK, PODLINK_EREPLY)},
    {"state_live", run_state_live, FIELDS_OF_SERVICE | FIELD_AGE, .has_script = true, .is_repeatable = true,
     .replies = REPLIES("*2\r\n$1\r\n3\r\n$9\r\n-17-100-1\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_EREPLY, PODLINK_OK, PODLINK_EREPLY)},
    {"state_best", run_state_best, FIELDS_OF_SERVICE | FIELD_AGE, .has_script = true, .is_repeatable = true,
     .replies = REPLIES(POD_3), ONE_COMMAND, NO_SHAPE_FITS},
    {"state_set_batch", run_state_set_batch, FIELDS_OF_SERVICE | FIELD_POD | FIELD_ROUTING, .has_script = true,
     .replies = REPLIES("*1\r\n:1\r\n"), BATCH, NO_SHAPE_FITS},
    {"workload_set", run_workload_set, FIELDS_OF_SERVICE, .replies = REPLIES("+OK\r\n"), ONE_COMMAND, NO_SHAPE_FITS},
    {"workload_get", run_workload_get, FIELDS_OF_SERVICE, .is_repeatable = true, .replies = REPLIES("$2\r\nok\r\n"),
     ONE_COMMAND, SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_NOT_FOUND)},
    {"workload_get_many", run_workload_get_many, FIELDS_OF_SERVICE, .is_repeatable = true,
     .replies = REPLIES("$2\r\nok\r\n"), BATCH, SHAPES(PODLINK_EREPLY, PODLINK_EREPLY, PODLINK_OK)},
    {"command_run", run_command, 0, .replies = REPLIES(":1\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_OK, PODLINK_OK, PODLINK_OK)},
    {"command_run, repeatable", run_repeatable_command, 0, .is_repeatable = true, .replies = REPLIES("$2\r\nok\r\n"),
     ONE_COMMAND, SHAPES(PODLINK_OK, PODLINK_OK, PODLINK_OK)},
    {"script_run", run_script, 0, .has_script = true, .replies = REPLIES("*1\r\n$2\r\nok\r\n"), ONE_COMMAND,
     SHAPES(PODLINK_OK, PODLINK_OK, PODLINK_OK)},
    {"scripts_load", run_scripts_load, 0, .is_repeatable = true, .replies = REPLIES("+OK\r\n"), ALL_SCRIPTS,
     NO_SHAPE_FITS},
    {"scripts_loaded", run_scripts_loaded, 0, .is_repeatable = true, .replies = REPLIES(exists_12), ONE_COMMAND,
     NO_SHAPE_FITS},
};

const struct operation *operations(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}
