/* SPDX-License-Identifier: MIT */
/* The first program of the README: find the pod of a user, or place the user on one. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const char *url = getenv("PODLINK_URL");
    if (!url)
        url = "redis://127.0.0.1:6379";

    podlink_client *client = NULL;
    podlink_error err;
    podlink_options options;
    podlink_options_init(&options);
    options.url = url; /* for example "redis://127.0.0.1:6379" */
    podlink_status status = podlink_client_open(&options, &client, &err);

    const podlink_link link = {.ns = "prod", .service = "chat", .uid = "user-42"};
    int32_t pod = PODLINK_NO_POD;
    if (status == PODLINK_OK)
        status = podlink_link_set_if_absent(client, &link, 3, PODLINK_FOREVER, &pod, NULL, &err);
    if (status == PODLINK_OK)
        printf("user-42 is on pod %d\n", (int)pod);
    else
        fprintf(stderr, "%s (%s)\n", err.message, podlink_delivery_text(err.delivery));
    podlink_client_free(client);

    return status == PODLINK_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
