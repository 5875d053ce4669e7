/* SPDX-License-Identifier: MIT */
/* Handling a failed call: the status says what went wrong, the delivery whether the server may have executed it. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

/* Whether a failed call may be repeated. The header of each function says whether it is harmless to repeat: reads are,
 * and podlink_link_set_if_absent() is. */
static int may_repeat(const podlink_error *err, int harmless)
{
    switch (err->delivery) {
    case PODLINK_NOT_SENT:
        return err->status != PODLINK_EINVAL; /* the server did not receive it; an invalid call stays invalid */
    case PODLINK_ANSWERED:
        return 0; /* the server replied with an error: see err->server */
    case PODLINK_UNKNOWN:
        return harmless; /* it may have run, or may still run */
    }
    return 0;
}

static void print_error(const char *what, const podlink_error *err)
{
    printf("%s\n  status    %s\n  delivery  %s\n  message   %s\n", what, podlink_status_name(err->status),
           podlink_delivery_text(err->delivery), err->message);
    if (err->server[0] != '\0')
        printf("  server    %s\n", err->server);
}

/* The server does not reply for a while: the call ends at its deadline and is repeated. */
static int a_silent_server(podlink_client *client, const podlink_link *link)
{
    const char *const pause[] = {"CLIENT", "PAUSE", "300", "ALL"};
    const podlink_command command = {.argc = 4, .argv = pause};
    const podlink_call short_call = {.size = sizeof short_call, .timeout_ms = 100};
    podlink_error err;
    int32_t pod = PODLINK_NO_POD;

    podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
    if (status == PODLINK_OK)
        status = podlink_link_set_if_absent(client, link, 1, PODLINK_FOREVER, &pod, &short_call, &err);
    if (status != PODLINK_ETIMEDOUT)
        return 0;
    print_error("the server does not reply", &err);
    if (!may_repeat(&err, 1))
        return 0;
    /* Harmless to repeat: if the first call has run, the second one finds its link. */
    status = podlink_link_set_if_absent(client, link, 1, PODLINK_FOREVER, &pod, NULL, &err);
    printf("  repeated  %s: pod %d\n", podlink_status_text(status), (int)pod);
    return status == PODLINK_OK && pod == 1;
}

/* A name that cannot be part of a key: refused, and nothing is sent. */
static int an_invalid_name(podlink_client *client)
{
    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user{42}"};
    podlink_error err;
    podlink_status status = podlink_link_get(client, &link, &(int32_t){0}, NULL, &err);
    print_error("the name is not valid", &err);
    return status == PODLINK_EINVAL && err.delivery == PODLINK_NOT_SENT && !may_repeat(&err, 1);
}

/* Another program uses the key: the server replies with an error, and nothing changes. */
static int a_key_of_another_type(podlink_client *client)
{
    const char *const push[] = {"LPUSH", "sf:{prod:lk:user-7}chat", "not a link"};
    const podlink_command command = {.argc = 3, .argv = push, .key_index = 1};
    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user-7"};
    podlink_error err;
    podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
    if (status == PODLINK_OK)
        status = podlink_link_set_if_absent(client, &link, 1, PODLINK_FOREVER, NULL, NULL, &err);
    print_error("the key holds a list", &err);
    return status == PODLINK_EWRONGTYPE && err.delivery == PODLINK_ANSWERED && !may_repeat(&err, 1);
}

/* No server listens at this address. */
static int a_missing_server(void)
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = "unix:///nonexistent/redis.sock";
    podlink_client *client = NULL;
    podlink_error err;
    podlink_status status = podlink_client_open(&options, &client, &err);
    print_error("no server", &err);
    podlink_client_free(client);
    return status == PODLINK_ECONNECT && err.delivery == PODLINK_NOT_SENT && may_repeat(&err, 0);
}

int main(void)
{
    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user-42"};
    podlink_options options;
    podlink_options_init(&options);
    if (getenv("PODLINK_URL"))
        options.url = getenv("PODLINK_URL");
    podlink_client *client = NULL;
    podlink_error err;
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK) {
        print_error("cannot open", &err);
        return EXIT_FAILURE;
    }
    int as_expected = a_silent_server(client, &link) && an_invalid_name(client) && a_key_of_another_type(client) &&
                      a_missing_server();
    podlink_client_free(client);
    return as_expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
