/* SPDX-License-Identifier: MIT */
/* The verbs "podlink state ...": states that pods report. */
#include "verb_table.h"

#include "bulk/state_bulk.h"
#include "exit_code.h"
#include "numbers.h"

#include <podlink/state.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static podlink_service make_service(const cli_session *session)
{
    return (podlink_service){session->ns, session->words[0]};
}

static json_t *service_json(const cli_session *session, podlink_status status)
{
    json_t *object = cli_json(status);

    json_object_set_new(object, "ns", json_string(session->ns));
    json_object_set_new(object, "service", json_string(session->words[0]));
    return object;
}

static void add_state(json_t *object, const podlink_state *state, bool stamped)
{
    json_object_set_new(object, "pod", json_integer(state->pod));
    json_object_set_new(object, "load", json_integer(state->load));
    json_object_set_new(object, "routing", json_string(podlink_routing_text(state->routing)));
    if (stamped)
        json_object_set_new(object, "timestamp_ms", json_integer(state->timestamp_ms));
}

static void print_header(void)
{
    printf("%10s %12s  %-13s %s\n", "POD", "LOAD", "ROUTING", "REPORTED");
}

static void print_state(const podlink_state *state)
{
    time_t seconds = (time_t)(state->timestamp_ms / 1000);
    char stamp[40] = "?";
    struct tm utc;

    /* Other programs write this key, too: the time may be any number. */
    if (gmtime_r(&seconds, &utc))
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    printf("%10d %12" PRId64 "  %-13s %s.%03dZ\n", state->pod, state->load, podlink_routing_text(state->routing), stamp,
           (int)(state->timestamp_ms % 1000));
}

static int cli_state_set(cli_session *session)
{
    podlink_error error;
    podlink_state state;
    cli_problem problem;

    if (session->word_count == 2)
        return cli_state_set_lines(session);
    if (!cli_parse_state(session->words + 1, session->word_count - 1, &state, &problem))
        return cli_fail_usage(&session->out, problem.text);
    int code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    podlink_service service = make_service(session);
    podlink_status status =
        podlink_state_set(session->client, &service, state.pod, state.load, state.routing, &session->call, &error);
    if (status < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out)) {
        json_t *object = service_json(session, status);
        add_state(object, &state, false);
        cli_json_print(object);
    } else if (!session->out.quiet) {
        printf("pod %d: load %" PRId64 ", %s\n", state.pod, state.load, podlink_routing_text(state.routing));
    }
    return CLI_DONE;
}

static int print_one_state(const cli_session *session, podlink_status status, const podlink_state *state)
{
    if (cli_wants_json(&session->out)) {
        json_t *object = service_json(session, status);
        if (status == PODLINK_OK)
            add_state(object, state, true);
        else
            json_object_set_new(object, "pod", json_null());
        cli_json_print(object);
    } else if (status == PODLINK_OK && !session->out.quiet) {
        print_header();
        print_state(state);
    } else {
        cli_note(&session->out, "this pod has no state");
    }
    return cli_exit_code(status);
}

static int cli_state_get(cli_session *session)
{
    podlink_error error;
    podlink_state state = {0};
    cli_problem problem;
    int32_t pod;

    if (!cli_parse_pod(session->words[1], &pod, &problem))
        return cli_fail_usage(&session->out, problem.text);
    int code = cli_session_open(session);
    if (code != CLI_DONE)
        return code;
    podlink_service service = make_service(session);
    podlink_status status = podlink_state_get(session->client, &service, pod, &state, &session->call, &error);
    return status < 0 ? cli_session_fail(session, &error) : print_one_state(session, status, &state);
}

static void print_states_json(const cli_session *session, podlink_status status, const podlink_states *states)
{
    json_t *object = service_json(session, status);
    json_t *pods = json_array();

    for (size_t i = 0; i < states->count; i++) {
        json_t *pod = json_object();
        add_state(pod, &states->items[i], true);
        json_array_append_new(pods, pod);
    }
    json_object_set_new(object, "pods", pods);
    json_object_set_new(object, "skipped", json_integer((json_int_t)states->skipped));
    cli_json_print(object);
}

static int print_states(const cli_session *session, const podlink_states *states)
{
    podlink_status status = states->count > 0 ? PODLINK_OK : PODLINK_NOT_FOUND;

    if (states->skipped > 0)
        cli_warn(&session->out, "%zu of the service's states cannot be read and are omitted", states->skipped);
    if (cli_wants_json(&session->out)) {
        print_states_json(session, status, states);
    } else if (states->count == 0) {
        cli_note(&session->out, "no pods");
    } else if (!session->out.quiet) {
        print_header();
        for (size_t i = 0; i < states->count; i++)
            print_state(&states->items[i]);
    }
    return cli_exit_code(status);
}

/* Prints the outcome of a call that returns states, and frees them. */
static int finish_states(const cli_session *session, podlink_status status, podlink_states *states,
                         const podlink_error *error)
{
    int code = status < 0 ? cli_session_fail(session, error) : print_states(session, states);

    podlink_free(states);
    return code;
}

static int cli_state_list(cli_session *session)
{
    podlink_states *states = NULL;
    podlink_error error;
    int code = cli_session_open(session);

    if (code != CLI_DONE)
        return code;
    podlink_service service = make_service(session);
    podlink_status status = podlink_state_list(session->client, &service, &states, &session->call, &error);
    return finish_states(session, status, states, &error);
}

/* Reads --max-age and opens the client. */
static int open_with_age(cli_session *session, int64_t *max_age_ms)
{
    int code = cli_session_number(session, CLI_MAX_AGE, 0, INT64_C(1) << 53, max_age_ms);

    return code == CLI_DONE ? cli_session_open(session) : code;
}

static int cli_state_live(cli_session *session)
{
    podlink_states *states = NULL;
    int64_t max_age_ms = 0;
    podlink_error error;
    int code = open_with_age(session, &max_age_ms);

    if (code != CLI_DONE)
        return code;
    podlink_service service = make_service(session);
    podlink_status status = podlink_state_live(session->client, &service, max_age_ms, &states, &session->call, &error);
    return finish_states(session, status, states, &error);
}

static int cli_state_best(cli_session *session)
{
    int32_t pod = PODLINK_NO_POD;
    int64_t max_age_ms = 0;
    podlink_error error;
    int code = open_with_age(session, &max_age_ms);

    if (code != CLI_DONE)
        return code;
    podlink_service service = make_service(session);
    podlink_status status = podlink_state_best(session->client, &service, max_age_ms, &pod, &session->call, &error);
    if (status < 0)
        return cli_session_fail(session, &error);
    if (cli_wants_json(&session->out)) {
        json_t *object = service_json(session, status);
        json_object_set_new(object, "pod", cli_json_pod(pod));
        cli_json_print(object);
    } else if (status == PODLINK_OK && !session->out.quiet) {
        printf("%d\n", pod);
    } else {
        cli_note(&session->out, "no pod is ready");
    }
    return cli_exit_code(status);
}

const cli_verb cli_state_verbs[] = {
    {
        .noun = "state",
        .name = "set",
        .arguments = "SERVICE POD LOAD [ROUTING] | SERVICE -",
        .words_min = 3,
        .words_max = 4,
        .stdin_at = 1,
        .options = CLI_DOMAIN | CLI_SET(CHUNK),
        .run = cli_state_set,
        .summary = "store the state of a pod: its load and its routing",
        .details = "LOAD is any 64-bit number; lower is better. ROUTING is unavailable (0), ready (1, the default),\n"
                   "draining (2: takes no new users) or shutting-down (3). The server adds the time by its clock.\n"
                   "With -, lines \"POD LOAD [ROUTING]\" are read from standard input and "
                   "sent in chunks.\n",
        .examples = "podlink state set chat 2 75\n"
                    "podlink state set chat 2 75 draining\n"
                    "podlink state set chat - < states.txt\n",
    },
    {
        .noun = "state",
        .name = "get",
        .arguments = "SERVICE POD",
        .words_min = 2,
        .words_max = 2,
        .options = CLI_DOMAIN,
        .run = cli_state_get,
        .summary = "print the state of a pod",
        .details = "Exits with 1 if the pod has no state.\n",
        .examples = "podlink state get chat 2\n",
    },
    {
        .noun = "state",
        .name = "list",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = CLI_DOMAIN,
        .run = cli_state_list,
        .summary = "print the states of all pods, of any age",
        .details = "Exits with 1 if there are none.\n",
        .examples = "podlink state list chat\n"
                    "podlink state list chat --json\n",
    },
    {
        .noun = "state",
        .name = "live",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = CLI_DOMAIN | CLI_SET(MAX_AGE),
        .run = cli_state_live,
        .summary = "print the states that are not older than --max-age, with any routing",
        .details = "Exits with 1 if there are none.\n",
        .examples = "podlink state live chat --max-age 30000\n",
    },
    {
        .noun = "state",
        .name = "best",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = CLI_DOMAIN | CLI_SET(MAX_AGE),
        .run = cli_state_best,
        .summary = "print the best pod: ready, with the lowest load, its state not older than --max-age",
        .details =
            "Of pods with the same load it is the one with the lowest index. Exits with 1 if no pod qualifies.\n",
        .examples = "podlink state best chat --max-age 30000\n",
    },
    {.noun = NULL},
};
