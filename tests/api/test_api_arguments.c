/* SPDX-License-Identifier: MIT */
/* What the library refuses before a byte is sent: every argument of every operation, and the options of an open. The
 * client's server does not exist, so arguments that pass the checks fail in another way. */
#include "operation_calls.h"

#include <stdio.h>
#include <string.h>

static podlink_client *client;

static const char long_name[] =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012"; /* 513 bytes */

static const char *const bad_names[][2] = {
    {NULL, "is NULL"},
    {"", "is empty"},
    {long_name, "is longer than 512 bytes"},
    {"a\001b", "holds a control character"},
    {"a\nb", "holds a control character"},
    {"a\177", "holds a control character"},
    {"a\302\205", "holds a control character"}, /* U+0085 */
    {"a{b", "holds '{' or '}'"},
    {"}", "holds '{' or '}'"},
    {"\377", "is not valid UTF-8"},
    {"a\303", "is not valid UTF-8"},
    {"\300\257", "is not valid UTF-8"},         /* overlong */
    {"\355\240\200", "is not valid UTF-8"},     /* a surrogate */
    {"\364\220\200\200", "is not valid UTF-8"}, /* beyond U+10FFFF */
};
enum { BAD_NAME_COUNT = COUNT_OF(bad_names) };

static const char *const *name_field(struct operation_input *input, enum operation_field field, const char **what)
{
    switch (field) {
    case FIELD_NS:
        *what = "ns ";
        return &input->ns;
    case FIELD_SERVICE:
        *what = "service ";
        return &input->service;
    default:
        *what = "uid ";
        return &input->uid;
    }
}

/* The message is "<item><argument> ..."; if all items share the argument, the item can be the first one. */
static void assert_names(const struct operation *operation, const char *message, const char *what)
{
    const char *at = message;
    if (strncmp(at, operation->item, strlen(operation->item)) == 0)
        at += strlen(operation->item);
    if (strncmp(at, "items[0]: ", 10) == 0)
        at += 10;
    if (strncmp(at, what, strlen(what)) != 0)
        fail_msg("%s: \"%s\" does not name %s", operation->name, message, what);
}

static void refuses(const struct operation *operation, const struct operation_input *input, const char *what)
{
    const uint64_t dials = api_stats(client).dials;
    podlink_error err = {.status = PODLINK_OK};
    podlink_status status = operation->run(client, input, &err);
    if (status != PODLINK_EINVAL)
        print_error("%s takes a bad %s\n", operation->name, what);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
    assert_names(operation, err.message, what);
    assert_string_equal(err.server, "");
    assert_int_equal(operation->run(client, input, NULL), PODLINK_EINVAL);
    assert_int_equal(api_stats(client).dials, dials);
}

static void refuses_name(const struct operation *operation, enum operation_field field, const char *name,
                         const char *why)
{
    struct operation_input input = operation_valid;
    const char *what;
    podlink_error err;
    *(const char **)name_field(&input, field, &what) = name;
    refuses(operation, &input, what);
    operation->run(client, &input, &err);
    assert_holds(err.message, why);
}

static void every_name_of_every_operation_is_checked(void **state)
{
    (void)state;
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++)
        for (enum operation_field field = FIELD_NS; field <= FIELD_UID; field <<= 1)
            for (size_t j = 0; j < BAD_NAME_COUNT && all[i].fields & field; j++)
                refuses_name(&all[i], field, bad_names[j][0], bad_names[j][1]);
}

static void the_message_of_a_single_call_has_no_item_number(void **state)
{
    (void)state;
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++) {
        struct operation_input input = operation_valid;
        podlink_error err;
        input.service = input.uid = "";
        if (all[i].item[0] != '\0' || all[i].run(client, &input, &err) != PODLINK_EINVAL)
            continue;
        if (strstr(err.message, "items["))
            fail_msg("%s: %s", all[i].name, err.message);
    }
}

static void only_a_namespace_must_not_contain_a_colon(void **state)
{
    (void)state;
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++) {
        if (all[i].fields & FIELD_NS)
            refuses_name(&all[i], FIELD_NS, "a:b", "holds ':'");
        struct operation_input input = operation_valid;
        input.service = "a:b";
        input.uid = "a:b";
        podlink_error err;
        assert_int_not_equal(all[i].run(client, &input, &err), PODLINK_EINVAL);
    }
}

/* Good names pass the checks: then the missing server is the failure. */
static void long_and_non_ascii_names_are_accepted(void **state)
{
    (void)state;
    const char *const names[] = {long_name + 1,      "a b", "\303\274", "\342\202\254",
                                 "\360\237\216\256", "|~",  "\302\240"};
    const podlink_call call = {.size = sizeof call, .timeout_ms = 5};
    struct operation_input input = operation_valid;
    size_t count;
    const struct operation *all = operations(&count);
    input.call = &call;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            input.ns = input.service = input.uid = names[j];
            podlink_error err;
            assert_failure(PODLINK_ECONNECT, PODLINK_NOT_SENT, all[i].run(client, &input, &err), &err);
        }
}

static void every_pod_is_checked(void **state)
{
    (void)state;
    const int32_t bad[] = {-1, -2, INT32_MIN};
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < COUNT_OF(bad) && all[i].fields & FIELD_POD; j++) {
            struct operation_input input = operation_valid;
            input.pod = bad[j];
            refuses(&all[i], &input, "pod ");
        }
}

static void every_time_is_checked(void **state)
{
    (void)state;
    const int64_t bad[] = {0, -2, INT64_C(1) << 31, INT64_MIN, INT64_MAX};
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < COUNT_OF(bad) && all[i].fields & FIELD_SECONDS; j++) {
            struct operation_input input = operation_valid;
            input.seconds = bad[j];
            refuses(&all[i], &input, strstr(all[i].name, "remove") ? "keep_s " : "persist_s ");
        }
}

static void every_age_and_routing_is_checked(void **state)
{
    (void)state;
    const int64_t bad_ages[] = {-1, (INT64_C(1) << 53) + 1, INT64_MIN, INT64_MAX};
    const int bad_routings[] = {-1, 4, 1000};
    size_t count;
    const struct operation *all = operations(&count);
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < COUNT_OF(bad_ages) && all[i].fields & FIELD_AGE; j++) {
            struct operation_input input = operation_valid;
            input.max_age_ms = bad_ages[j];
            refuses(&all[i], &input, "max_age_ms ");
        }
        for (size_t j = 0; j < COUNT_OF(bad_routings) && all[i].fields & FIELD_ROUTING; j++) {
            struct operation_input input = operation_valid;
            memcpy(&input.routing, &bad_routings[j], sizeof input.routing);
            refuses(&all[i], &input, "routing ");
        }
    }
}

static void every_operation_refuses_a_deadline_below_minus_one(void **state)
{
    (void)state;
    const podlink_call call = {.size = sizeof call, .timeout_ms = -2};
    struct operation_input input = operation_valid;
    size_t count;
    const struct operation *all = operations(&count);
    input.call = &call;
    for (size_t i = 1; i < count; i++) {
        podlink_error err;
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, all[i].run(client, &input, &err), &err);
        assert_holds(err.message, "timeout_ms");
    }
}

/* ---- NULL ---- */

#define refused_as(part, call_)                                                                                        \
    do {                                                                                                               \
        podlink_error err = {.status = PODLINK_OK};                                                                    \
        podlink_status status = (call_);                                                                               \
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);                                                \
        assert_holds(err.message, part);                                                                               \
    } while (0)

static void a_null_link_is_refused(void **state)
{
    (void)state;
    int32_t pod = 77;
    refused_as("link", podlink_link_set(client, NULL, 1, PODLINK_FOREVER, &pod, NULL, &err));
    assert_int_equal(pod, PODLINK_NO_POD);
    refused_as("link", podlink_link_set_if_absent(client, NULL, 1, PODLINK_FOREVER, NULL, NULL, &err));
    refused_as("link", podlink_link_try_set(client, NULL, 1, PODLINK_FOREVER, NULL, NULL, NULL, &err));
    refused_as("link", podlink_link_get(client, NULL, &pod, NULL, &err));
    refused_as("link", podlink_link_get_if_persistent(client, NULL, &pod, NULL, &err));
    refused_as("link", podlink_link_remove(client, NULL, PODLINK_FOREVER, NULL, &err));
    refused_as("link", podlink_link_remove_if_pod(client, NULL, 1, PODLINK_FOREVER, NULL, &err));
    refused_as("link", podlink_link_compute(client, NULL, PODLINK_FOREVER, 0, &pod, NULL, &err));
}

static void a_null_service_is_refused(void **state)
{
    (void)state;
    podlink_state one;
    podlink_states *states;
    podlink_workloads *workloads;
    int32_t pod;
    refused_as("service", podlink_state_set(client, NULL, 1, 0, PODLINK_READY, NULL, &err));
    refused_as("service", podlink_state_get(client, NULL, 1, &one, NULL, &err));
    refused_as("service", podlink_state_list(client, NULL, &states, NULL, &err));
    refused_as("service", podlink_state_live(client, NULL, 0, &states, NULL, &err));
    refused_as("service", podlink_state_best(client, NULL, 0, &pod, NULL, &err));
    refused_as("service", podlink_workload_set(client, NULL, "x", NULL, &err));
    refused_as("service", podlink_workload_get(client, NULL, &workloads, NULL, &err));
    refused_as("services", podlink_workload_get_many(client, "test", NULL, 2, &workloads, NULL, &err));
    const podlink_service service = {"test", "game"};
    refused_as("state", podlink_workload_set(client, &service, NULL, NULL, &err));
}

static void null_items_are_refused(void **state)
{
    (void)state;
    refused_as("items", podlink_link_set_batch(client, NULL, 2, NULL, &err));
    refused_as("items", podlink_link_set_if_absent_batch(client, NULL, 2, NULL, &err));
    refused_as("items", podlink_link_get_batch(client, NULL, 2, NULL, &err));
    refused_as("items", podlink_link_remove_batch(client, NULL, 2, NULL, &err));
    refused_as("items", podlink_state_set_batch(client, NULL, 2, NULL, &err));
}

static void a_command_or_script_with_nulls_is_refused(void **state)
{
    (void)state;
    const char *const some[] = {"GET", NULL};
    const podlink_command no_argv = {.argc = 1}, no_name = {.argc = 0, .argv = some}, hole = {.argc = 2, .argv = some};
    const podlink_command beyond = {.argc = 1, .argv = some, .key_index = 1};
    const podlink_script no_source = {.name = "a"}, unnamed = {.source = "return 1"};
    refused_as("command", podlink_command_run(client, NULL, NULL, NULL, &err));
    refused_as("command", podlink_command_run(client, &no_argv, NULL, NULL, &err));
    refused_as("command", podlink_command_run(client, &no_name, NULL, NULL, &err));
    refused_as("argv[1] is NULL", podlink_command_run(client, &hole, NULL, NULL, &err));
    refused_as("key_index", podlink_command_run(client, &beyond, NULL, NULL, &err));
    refused_as("name", podlink_script_run(client, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, &err));
    refused_as("keys", podlink_script_run(client, "own", NULL, NULL, 1, NULL, NULL, 0, NULL, NULL, &err));
    refused_as("args[1] is NULL", podlink_script_run(client, "own", NULL, NULL, 0, some, NULL, 2, NULL, NULL, &err));
    refused_as("script", podlink_script_register(client, NULL, &err));
    refused_as("source", podlink_script_register(client, &no_source, &err));
    refused_as("name", podlink_script_register(client, &unnamed, &err));
    podlink_client_free(NULL);
    podlink_free(NULL);
    podlink_reply_free(NULL);
}

static void a_workload_state_of_more_than_a_mebibyte_is_refused(void **state)
{
    (void)state;
    static char text[1024 * 1024 + 2];
    const podlink_service service = {"test", "game"};
    memset(text, 'x', sizeof text - 1);
    refused_as("1 MiB", podlink_workload_set(client, &service, text, NULL, &err));
}

/* ---- options ---- */

static void refuses_options(const podlink_options *options, podlink_status expected, const char *part)
{
    podlink_client *made = (podlink_client *)&made;
    podlink_error err = {.status = PODLINK_OK};
    podlink_status status = podlink_client_open(options, &made, &err);
    assert_failure(expected, PODLINK_NOT_SENT, status, &err);
    assert_holds(err.message, part);
    assert_null(made);
    assert_int_equal(podlink_client_open(options, &made, NULL), expected);
}

#define refuses_option(field, value)                                                                                   \
    do {                                                                                                               \
        podlink_options options = api_options("unix:///nonexistent/socket");                                           \
        options.field = (value);                                                                                       \
        refuses_options(&options, PODLINK_EINVAL, #field);                                                             \
    } while (0)

static void an_option_out_of_its_range_is_named(void **state)
{
    (void)state;
    refuses_option(database, -1);
    refuses_option(shared_connections, 0);
    refuses_option(shared_connections, 65);
    refuses_option(retries, 101);
    refuses_option(dial_timeout_ms, 0);
    refuses_option(dial_timeout_ms, -1);
    refuses_option(dial_timeout_ms, INT64_C(1) << 31);
    refuses_option(call_timeout_ms, 0);
    refuses_option(call_timeout_ms, -2);
    refuses_option(call_timeout_ms, INT64_MAX);
    refuses_option(reply_max_bytes, 0);
    refuses_option(reply_max_bytes, SIZE_MAX);
    refuses_option(script_loading, (podlink_script_loading)3);
    refuses_option(script_count, 1);
    refuses_option(client_name, "a name");
    refuses_option(client_name, "a\n");
    refuses_option(client_name, "");
    refuses_option(password, "");
    refuses_option(user, "alone"); /* a user needs a password */
    refuses_option(allocator, (&(podlink_allocator){.context = NULL}));
}

static void a_bad_url_is_reported_without_its_password(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "redis",
                                      "127.0.0.1:6379",
                                      "http://:canary@localhost",
                                      "redis://",
                                      "redis://:canary@",
                                      "redis://:canary@localhost:0",
                                      "redis://:canary@localhost:65536",
                                      "redis://:canary@localhost:x",
                                      "redis://:canary@[::1",
                                      "redis://:canary@[::1]6379",
                                      "redis://:canary@localhost/x",
                                      "redis://:canary@localhost/-1",
                                      "redis://:canary%zz@localhost",
                                      "redis://:canary%00@localhost",
                                      "redis://:canary@localhost?nothing=1",
                                      "redis://:canary@localhost?retries=many",
                                      "redis://canary@localhost", /* a user without a password */
                                      "unix://relative",
                                      "unix://:canary@relative"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const podlink_options options = api_options(bad[i]);
        podlink_client *made;
        podlink_error err = {.status = PODLINK_OK};
        podlink_status status = podlink_client_open(&options, &made, &err);
        if (status != PODLINK_EINVAL)
            print_error("%s\n", bad[i]);
        assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &err);
        api_assert_secret(NULL, &err, "canary");
    }
}

static int start(void **state)
{
    (void)state;
    podlink_options options = operation_options("unix:///nonexistent/socket");
    options.retries = 0;
    client = api_open_with(&options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    podlink_client_free(client);
    return 0;
}

/* ---- a program that is newer than the library ---- */

static void options_that_this_library_does_not_know_are_refused(void **state)
{
    (void)state;
    struct {
        podlink_options options;
        char more[64];
    } newer;
    podlink_client *opened = NULL;
    podlink_error err;
    podlink_options_init_sized(&newer.options, sizeof newer);
    newer.options.script_loading = PODLINK_LOAD_ON_DEMAND;
    assert_status(PODLINK_OK, podlink_client_open(&newer.options, &opened, &err), &err);
    podlink_client_free(opened);
    newer.more[63] = 1;
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_client_open(&newer.options, &opened, &err), &err);
    assert_null(opened);
    assert_memory_equal(err.message, "options: ", 9);
    assert_holds(err.message, "does not know the field at byte");
    newer.options.size = SIZE_MAX;
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_client_open(&newer.options, &opened, &err), &err);
}

static void a_call_that_this_library_does_not_know_is_refused(void **state)
{
    (void)state;
    struct {
        podlink_call call;
        char more[64];
    } newer = {.call.size = sizeof newer, .call.timeout_ms = 1000};
    podlink_error err;
    assert_true(podlink_ping(client, NULL, &newer.call, &err) != PODLINK_EINVAL);
    newer.more[0] = 1;
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_ping(client, NULL, &newer.call, &err), &err);
    assert_memory_equal(err.message, "call: ", 6);
    newer.call.size = 0;
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_ping(client, NULL, &newer.call, &err), &err);
    assert_holds(err.message, "size is not set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_every_operation_is_checked),
        cmocka_unit_test(the_message_of_a_single_call_has_no_item_number),
        cmocka_unit_test(every_pod_is_checked),
        cmocka_unit_test(every_time_is_checked),
        cmocka_unit_test(every_age_and_routing_is_checked),
        cmocka_unit_test(every_operation_refuses_a_deadline_below_minus_one),
        cmocka_unit_test(a_null_link_is_refused),
        cmocka_unit_test(a_null_service_is_refused),
        cmocka_unit_test(null_items_are_refused),
        cmocka_unit_test(a_command_or_script_with_nulls_is_refused),
        cmocka_unit_test(a_workload_state_of_more_than_a_mebibyte_is_refused),
        cmocka_unit_test(only_a_namespace_must_not_contain_a_colon),
        cmocka_unit_test(long_and_non_ascii_names_are_accepted),
        cmocka_unit_test(an_option_out_of_its_range_is_named),
        cmocka_unit_test(a_bad_url_is_reported_without_its_password),
        cmocka_unit_test(options_that_this_library_does_not_know_are_refused),
        cmocka_unit_test(a_call_that_this_library_does_not_know_is_refused),
    };
    return RUN_TESTS_BETWEEN("api arguments", tests, start, stop);
}
