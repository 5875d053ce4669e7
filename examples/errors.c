/* What to do when a call fails: the status says what went wrong, the delivery what became of the call. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

/* Whether a call that failed may be made again without asking. `harmless` is said for each function in its header:
 * links that are set if absent, reading, removing what is gone. */
static int may_repeat(const podlink_error *err, int harmless)
{
    switch (err->delivery) {
    case PODLINK_NOT_SENT:
        return err->status != PODLINK_EINVAL; /* the server never saw it; an invalid one will not become valid */
    case PODLINK_ANSWERED:
        return 0; /* the server said no; err->server has its words */
    case PODLINK_UNKNOWN:
        return harmless; /* it may have run, or may still run */
    }
    return 0;
}

static void tell(const char *what, const podlink_error *err)
{
    printf("%s\n  status    %s\n  delivery  %s\n  message   %s\n", what, podlink_status_name(err->status),
           podlink_delivery_text(err->delivery), err->message);
    if (err->server[0] != '\0')
        printf("  server    %s\n", err->server);
}

/* A server that is silent for a while: the call ends by its own deadline, and is made again. */
static int a_silent_server(podlink_client *client, const podlink_link *link)
{
    const char *const pause[] = {"CLIENT", "PAUSE", "300", "ALL"};
    const podlink_command command = {.argc = 4, .argv = pause};
    const podlink_call hasty = {.size = sizeof hasty, .timeout_ms = 100};
    podlink_error err;
    int32_t pod = PODLINK_NO_POD;

    podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
    if (status == PODLINK_OK)
        status = podlink_link_set_if_absent(client, link, 1, PODLINK_FOREVER, &pod, &hasty, &err);
    if (status != PODLINK_ETIMEDOUT)
        return 0;
    tell("the server is silent", &err);
    if (!may_repeat(&err, 1))
        return 0;
    /* Harmless to repeat: if the first one ran, the second finds its link. */
    status = podlink_link_set_if_absent(client, link, 1, PODLINK_FOREVER, &pod, NULL, &err);
    printf("  again     %s: pod %d\n", podlink_status_text(status), (int)pod);
    return status == PODLINK_OK && pod == 1;
}

/* A name that could not be a key of ours: refused before a byte is sent. */
static int an_invalid_name(podlink_client *client)
{
    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user{42}"};
    podlink_error err;
    podlink_status status = podlink_link_get(client, &link, &(int32_t){0}, NULL, &err);
    tell("the name is not valid", &err);
    return status == PODLINK_EINVAL && err.delivery == PODLINK_NOT_SENT && !may_repeat(&err, 1);
}

/* Something else uses the key: the server says so, and nothing is changed. */
static int a_key_of_another_type(podlink_client *client)
{
    const char *const push[] = {"LPUSH", "sf:{prod:lk:user-7}chat", "not a link"};
    const podlink_command command = {.argc = 3, .argv = push, .key_index = 1};
    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user-7"};
    podlink_error err;
    podlink_status status = podlink_command_run(client, &command, NULL, NULL, &err);
    if (status == PODLINK_OK)
        status = podlink_link_set_if_absent(client, &link, 1, PODLINK_FOREVER, NULL, NULL, &err);
    tell("the key holds a list", &err);
    return status == PODLINK_EWRONGTYPE && err.delivery == PODLINK_ANSWERED && !may_repeat(&err, 1);
}

/* Nobody listens there. */
static int a_server_that_is_not_there(void)
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = "unix:///nonexistent/redis.sock";
    podlink_client *client = NULL;
    podlink_error err;
    podlink_status status = podlink_client_open(&options, &client, &err);
    tell("no server", &err);
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
        tell("cannot open", &err);
        return EXIT_FAILURE;
    }
    int as_told = a_silent_server(client, &link) && an_invalid_name(client) && a_key_of_another_type(client) &&
                  a_server_that_is_not_there();
    podlink_client_free(client);
    return as_told ? EXIT_SUCCESS : EXIT_FAILURE;
}
