/* SPDX-License-Identifier: MIT */
/* The script cases through the typed C functions: the same keys before and after. The result of the function is written
 * in the notation of the cases. */
#include "api_fixture.h"
#include "ask.h"
#include "script_case_run.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call of a C function. */
struct call {
    const struct script_case_call *input;
    podlink_error err;
    char *answer;
};

typedef bool operation(struct call *call);

static const podlink_link the_link = {CASE_NAMESPACE, CASE_SERVICE, CASE_UID};
static const podlink_service the_service = {CASE_NAMESPACE, CASE_SERVICE};

/* ---- into C ---- */

/* Parses a number that fits into an int64_t. False otherwise. */
static bool read_long(const char *text, int64_t *value)
{
    char *end, again[32];
    *value = strtoll(text, &end, 10);
    snprintf(again, sizeof again, "%" PRId64, *value);
    return strcmp(again, text) == 0;
}

static bool read_int(const char *text, int32_t *value)
{
    int64_t wide;
    bool fits = read_long(text, &wide) && wide >= INT32_MIN && wide <= INT32_MAX;
    *value = fits ? (int32_t)wide : 0;
    return fits;
}

/* ---- back out of C ---- */

static void say(struct call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(call->answer, CASE_TEXT_MAX, format, list);
    va_end(list);
}

/* The script's message for arguments that C refuses before a byte is sent. */
static void say_refused(struct call *call)
{
    static const char *const words[][2] = {{"pod ", "pod"},
                                           {"persist_s ", "persist"},
                                           {"keep_s ", "persist"},
                                           {"max_age_ms ", "max age"},
                                           {"routing ", "routing"}};
    assert_int_equal(call->err.delivery, PODLINK_NOT_SENT);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const char *refused = strncmp(call->err.message, words[i][0], strlen(words[i][0])) == 0 ? words[i][1] : NULL;
        if (refused) {
            say(call, "!podlink: %s '(%s)", refused, call->err.message);
            return;
        }
    }
    fail_msg("unexpected refusal: %s", call->err.message);
}

/* @return true if the status is a failure, which is written then */
static bool say_failure(struct call *call, podlink_status status)
{
    if (status >= 0)
        return false;
    assert_int_equal(call->err.status, status);
    if (status == PODLINK_EINVAL) {
        say_refused(call);
    } else {
        assert_int_equal(call->err.delivery, PODLINK_ANSWERED);
        say(call, "!%s (%s)", status == PODLINK_EWRONGTYPE ? "WRONGTYPE" : podlink_status_name(status),
            call->err.server);
    }
    return true;
}

/* The pod before, as the script returns it: a corrupt value is in the test case. */
static const char *pod_text(const struct call *call, int32_t pod, char room[16])
{
    if (pod == PODLINK_UNREADABLE_POD)
        return call->input->test_case->before.link;
    snprintf(room, 16, "%d", (int)pod);
    return room;
}

/* ---- the operations ---- */

static bool set(struct call *call)
{
    int32_t pod, previous = 77;
    int64_t seconds;
    char room[16];
    if (!read_int(call->input->args[1], &pod) || !read_long(call->input->args[2], &seconds))
        return false;
    podlink_status status = podlink_link_set(client, &the_link, pod, seconds, &previous, NULL, &call->err);
    if (!say_failure(call, status))
        say(call, "['%s']", pod_text(call, previous, room));
    return true;
}

static bool set_if_absent(struct call *call)
{
    int32_t pod, in_force = 77;
    int64_t seconds;
    if (!read_int(call->input->args[1], &pod) || !read_long(call->input->args[2], &seconds))
        return false;
    podlink_status status = podlink_link_set_if_absent(client, &the_link, pod, seconds, &in_force, NULL, &call->err);
    if (!say_failure(call, status))
        say(call, "['%d']", (int)in_force);
    return true;
}

static bool try_set(struct call *call)
{
    int32_t pod, in_force = 77, previous = 77;
    int64_t seconds;
    char room[16];
    if (!read_int(call->input->args[1], &pod) || !read_long(call->input->args[2], &seconds))
        return false;
    podlink_status status =
        podlink_link_try_set(client, &the_link, pod, seconds, &in_force, &previous, NULL, &call->err);
    if (say_failure(call, status))
        return true;
    if (status == PODLINK_REFUSED)
        assert_int_equal(previous, in_force);
    else
        assert_int_equal(in_force, pod);
    if (status == PODLINK_REFUSED)
        say(call, "['%d']", (int)in_force);
    else
        say(call, "['%d' '%s']", (int)in_force, pod_text(call, previous, room));
    return true;
}

static void say_removed(struct call *call, podlink_status status)
{
    if (say_failure(call, status))
        return;
    assert_true(status == PODLINK_OK || status == PODLINK_NOT_LINKED);
    say(call, "[%d]", status == PODLINK_OK ? 1 : 0);
}

static bool remove_link(struct call *call)
{
    int64_t seconds;
    if (!read_long(call->input->args[1], &seconds))
        return false;
    say_removed(call, podlink_link_remove(client, &the_link, seconds, NULL, &call->err));
    return true;
}

static bool remove_if_pod(struct call *call)
{
    int64_t seconds;
    int32_t pod;
    if (!read_long(call->input->args[1], &seconds) || !read_int(call->input->args[2], &pod))
        return false;
    say_removed(call, podlink_link_remove_if_pod(client, &the_link, pod, seconds, NULL, &call->err));
    return true;
}

static bool get_if_persistent(struct call *call)
{
    int32_t pod = 77;
    podlink_status status = podlink_link_get_if_persistent(client, &the_link, &pod, NULL, &call->err);
    if (say_failure(call, status))
        return true;
    assert_int_equal(status == PODLINK_NOT_LINKED, pod == PODLINK_NO_POD);
    say(call, "['%d']", (int)pod);
    return true;
}

static bool services(struct call *call)
{
    podlink_service_links *links = NULL;
    size_t used = 1;
    podlink_status status = podlink_link_services(client, CASE_NAMESPACE, CASE_UID, &links, NULL, &call->err);
    if (say_failure(call, status))
        return true;
    say(call, "[");
    for (size_t i = 0; i < links->count; i++)
        used += (size_t)snprintf(call->answer + used, CASE_TEXT_MAX - used, "%s'%s' '%d'", i > 0 ? " " : "",
                                 links->items[i].service, (int)links->items[i].pod);
    snprintf(call->answer + used, CASE_TEXT_MAX - used, "]");
    podlink_free(links);
    return true;
}

static bool best(struct call *call)
{
    int64_t age;
    int32_t pod = 77;
    if (!read_long(call->input->args[0], &age))
        return false;
    podlink_status status = podlink_state_best(client, &the_service, age, &pod, NULL, &call->err);
    if (say_failure(call, status))
        return true;
    assert_int_equal(status, pod == PODLINK_NO_POD ? PODLINK_NOT_FOUND : PODLINK_OK);
    say(call, "['%d']", (int)pod);
    return true;
}

/* A state without routing is ready, and C returns only that: the test case says whether a routing is stored. */
static bool is_short(const struct call *call, const podlink_state *state)
{
    char text[64];
    snprintf(text, sizeof text, "%d=%" PRId64 "-%" PRId64, (int)state->pod, state->load, state->timestamp_ms);
    const char *at = strstr(call->input->test_case->before.state, text);
    return state->routing == PODLINK_READY && at && at[strlen(text)] != '-';
}

static bool live(struct call *call)
{
    int64_t age;
    podlink_states *states = NULL;
    size_t used = 1;
    if (!read_long(call->input->args[0], &age))
        return false;
    podlink_status status = podlink_state_live(client, &the_service, age, &states, NULL, &call->err);
    if (say_failure(call, status))
        return true;
    assert_int_equal(states->skipped, 0);
    say(call, "[");
    for (size_t i = 0; i < states->count; i++) {
        const podlink_state *state = &states->items[i];
        used += (size_t)snprintf(call->answer + used, CASE_TEXT_MAX - used, "%s'%d' '%" PRId64 "-%" PRId64,
                                 i > 0 ? " " : "", (int)state->pod, state->load, state->timestamp_ms);
        used += is_short(call, state)
                    ? (size_t)snprintf(call->answer + used, CASE_TEXT_MAX - used, "'")
                    : (size_t)snprintf(call->answer + used, CASE_TEXT_MAX - used, "-%d'", (int)state->routing);
    }
    snprintf(call->answer + used, CASE_TEXT_MAX - used, "]");
    podlink_free(states);
    return true;
}

static bool set_state(struct call *call)
{
    int32_t pod, routing;
    int64_t load;
    if (!read_int(call->input->args[0], &pod) || !read_long(call->input->args[1], &load) ||
        !read_int(call->input->args[2], &routing))
        return false;
    podlink_status status =
        podlink_state_set(client, &the_service, pod, load, (podlink_routing)routing, NULL, &call->err);
    if (!say_failure(call, status))
        say(call, "[%d]", status == PODLINK_OK ? 1 : 0);
    return true;
}

static const struct {
    const char *script;
    operation *run;
} operations[] = {
    {"statefulSetLink", set},
    {"statefulSetLinkIfAbsent", set_if_absent},
    {"statefulTrySetLink", try_set},
    {"statefulRemoveLink", remove_link},
    {"statefulRemoveLinkWithId", remove_if_pod},
    {"statefulGetLinkIfPersist", get_if_persistent},
    {"statefulGetLinkService", services},
    {"statefulGetServicePod", best},
    {"statefulGetService", live},
    {"statefulSetState", set_state},
    {"statefulComputeLinkIfAbsent", NULL}, /* no C function calls it: its keys are in two slots */
};

/* ---- the back ends ---- */

static bool by_function(void *backend, const struct script_case_call *input, char answer[CASE_TEXT_MAX])
{
    struct call call = {.input = input, .answer = answer};
    const podlink_stats before = api_stats(client);
    const bool *is_error_expected = backend;
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        if (strcmp(operations[i].script, input->test_case->script) != 0)
            continue;
        if (!operations[i].run || !operations[i].run(&call))
            return false;
        if (strncmp(input->test_case->reply, "!podlink:", 9) == 0)
            assert_int_equal(call.err.status, PODLINK_EINVAL); /* not even sent */
        if (call.err.status != PODLINK_EINVAL)
            return true;
        assert_int_equal(api_stats(client).bytes_sent, before.bytes_sent);
        return *is_error_expected; /* C checks the number even if the script does not use it */
    }
    fail_msg("no function calls %s", input->test_case->script);
    return false;
}

static void write_reply(const podlink_reply *reply, char *out)
{
    int64_t number = 0;
    switch (podlink_reply_type_of(reply)) {
    case PODLINK_REPLY_STRING:
        sprintf(out, "'%s'", podlink_reply_text(reply, NULL));
        break;
    case PODLINK_REPLY_INTEGER:
        assert_int_equal(podlink_reply_integer(reply, &number), PODLINK_OK);
        sprintf(out, "%" PRId64, number);
        break;
    case PODLINK_REPLY_ARRAY:
        strcpy(out, "[");
        for (size_t i = 0; i < podlink_reply_count(reply); i++) {
            strcat(out, i > 0 ? " " : "");
            write_reply(podlink_reply_at(reply, i), out + strlen(out));
        }
        strcat(out, "]");
        break;
    default:
        strcpy(out, "<unexpected>");
        break;
    }
}

static bool by_name(void *backend, const struct script_case_call *input, char answer[CASE_TEXT_MAX])
{
    (void)backend;
    const char *keys[CASE_KEYS_MAX];
    podlink_reply *reply = NULL;
    podlink_error err;
    size_t count = 0;
    const size_t key_count = script_case_keys(input->test_case->script, keys);
    while (input->args[count])
        count++;
    podlink_status status = podlink_script_run(client, input->test_case->script, keys, NULL, key_count, input->args,
                                               NULL, count, NULL, &reply, &err);
    if (status == PODLINK_OK) {
        write_reply(reply, answer);
    } else {
        assert_int_equal(err.delivery, PODLINK_ANSWERED);
        if (strstr(input->test_case->reply, "!WRONGTYPE"))
            assert_int_equal(status, PODLINK_EWRONGTYPE);
        else
            assert_int_equal(status, PODLINK_ESERVER);
        snprintf(answer, CASE_TEXT_MAX, "!%s", err.server);
    }
    podlink_reply_free(reply);
    return true;
}

/* ---- the tests ---- */

static enum script_case_result run_case(const struct script_case *test_case, script_case_invoke *invoke)
{
    char why[2 * CASE_TEXT_MAX] = "";
    bool is_error_expected = test_case->reply[0] == '!';
    enum script_case_result result = script_case_run(redis, test_case, invoke, &is_error_expected, why);
    if (result == CASE_FAILED)
        fail_msg("%s: %s", test_case->name, why);
    return result;
}

static void passes_through_the_c_functions(void **state)
{
    run_case(*state, by_function);
}

static void all_cases_pass_when_scripts_are_run_by_name(void **state)
{
    (void)state;
    size_t count;
    const struct script_case *all = script_cases(&count);
    for (size_t i = 0; i < count; i++) {
        /* Its keys are in two slots. */
        if (api_kind() == API_CLUSTER && strcmp(all[i].script, "statefulComputeLinkIfAbsent") == 0)
            continue;
        assert_int_equal(run_case(&all[i], by_name), CASE_PASSED);
    }
}

static void most_cases_were_not_skipped(void **state)
{
    (void)state;
    size_t count, skipped = 0, could = 0;
    const struct script_case *all = script_cases(&count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].reply[0] == '!' && strncmp(all[i].reply, "!podlink", 8) == 0)
            continue; /* a bad number, which the types of C mostly cannot hold */
        if (strcmp(all[i].script, "statefulComputeLinkIfAbsent") == 0)
            continue;
        could++;
        skipped += run_case(&all[i], by_function) == CASE_SKIPPED;
    }
    assert_true(could > 100);
    assert_true(skipped <= 3);
}

/* Whether the types of C can hold the numbers of a test case. */
static bool is_expressible(const struct script_case *test_case)
{
    int64_t number;
    const bool is_narrow = strstr(test_case->reply, "podlink: pod") || strstr(test_case->reply, "podlink: routing");
    if (strcmp(test_case->script, "statefulComputeLinkIfAbsent") == 0)
        return false;
    for (size_t i = 0; test_case->args[i]; i++) {
        if (strcmp(test_case->args[i], CASE_SERVICE) == 0)
            continue;
        if (!read_long(test_case->args[i], &number) || (is_narrow && number > INT32_MAX))
            return false;
    }
    return true;
}

/* Built with -DBACKEND=PODLINK_BACKEND_FUNCTIONS, the program proves the same of Redis Functions. */
#ifndef BACKEND
#define BACKEND PODLINK_BACKEND_EVALSHA
#endif

static void the_cases_were_run_by_the_chosen_command(void **state)
{
    (void)state;
    const bool uses_functions = BACKEND == PODLINK_BACKEND_FUNCTIONS;
    assert_true(ask_calls(server, uses_functions ? "fcall" : "evalsha", NULL) > 100);
    assert_int_equal(ask_calls(server, uses_functions ? "evalsha" : "fcall", NULL), 0);
}

static int start(void **state)
{
    if (start_deployment(state) != 0)
        return -1;
    podlink_options options = api_options(api_url(server));
    options.no_janitor_thread = 1;
    options.script_backend = BACKEND;
    client = api_open_with(&options);
    return 0;
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(all_cases_pass_when_scripts_are_run_by_name),
    cmocka_unit_test(most_cases_were_not_skipped),
    cmocka_unit_test(the_cases_were_run_by_the_chosen_command),
};
enum { OTHER_COUNT = COUNT_OF(others) };

int main(void)
{
    size_t case_count, count = 0;
    const struct script_case *all = script_cases(&case_count);
    struct CMUnitTest *tests = calloc(case_count + OTHER_COUNT, sizeof *tests);
    if (!tests)
        return 1;
    for (size_t i = 0; i < case_count; i++)
        if (is_expressible(&all[i])) /* cmocka passes the state to the test, which only reads it */
            tests[count++] = (struct CMUnitTest){all[i].name, passes_through_the_c_functions, NULL, NULL,
                                                 (void *)(uintptr_t)&all[i]};
    memcpy(tests + count, others, sizeof others);
    const int failed = _cmocka_run_group_tests("script cases", tests, count + OTHER_COUNT, start, stop);
    free(tests);
    return failed == 0 ? 0 : 1;
}
