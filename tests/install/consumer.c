/* SPDX-License-Identifier: MIT */
/* A user's C program that is built with an installed podlink: it links a user and reads the link back. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    podlink_client *client = NULL;
    podlink_options options;
    podlink_error err;
    podlink_call call = PODLINK_CALL_INIT;
    const podlink_link link = {.ns = "install", .service = "consumer", .uid = "user-c"};
    int32_t pod = PODLINK_NO_POD;

    podlink_options_init(&options);
    options.url = getenv("PODLINK_URL");
    podlink_status status = podlink_client_open(&options, &client, &err);
    if (status == PODLINK_OK)
        status = podlink_link_set(client, &link, 3, PODLINK_FOREVER, NULL, &call, &err);
    if (status == PODLINK_OK)
        status = podlink_link_get(client, &link, &pod, NULL, &err);
    podlink_client_free(client);
    if (status != PODLINK_OK) {
        fprintf(stderr, "%s: %s\n", podlink_status_name(status), err.message);
        return 1;
    }
    printf("podlink %s: pod %d\n", podlink_version(), (int)pod);
    return pod == 3 ? 0 : 1;
}
