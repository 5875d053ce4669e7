/* SPDX-License-Identifier: MIT */
/* Links many users in one call. The operations are pipelined and run in order; each has its own result. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

#define USERS 1000
#define PODS  4

/* Prints each item that failed. Returns the number of failures. */
static size_t print_failures(const podlink_link_item *items, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].status < 0) {
            fprintf(stderr, "%s: %s (%s)\n", items[i].link.uid, podlink_status_text(items[i].status),
                    podlink_delivery_text(items[i].delivery));
            failed++;
        }
    }
    return failed;
}

int main(void)
{
    static char uids[USERS][16];
    static podlink_link_item items[USERS];

    podlink_options options;
    podlink_options_init(&options);
    if (getenv("PODLINK_URL"))
        options.url = getenv("PODLINK_URL");
    podlink_client *client = NULL;
    podlink_error err;
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }

    for (size_t i = 0; i < USERS; i++) {
        snprintf(uids[i], sizeof uids[i], "user-%zu", i);
        items[i].link = (podlink_link){.ns = "prod", .service = "chat", .uid = uids[i]};
        items[i].pod = (int32_t)(i % PODS);
        items[i].persist_s = 3600; /* temporary: expires after an hour */
    }
    const podlink_call call = {.size = sizeof call, .timeout_ms = 10000}; /* for the whole batch */
    podlink_status status = podlink_link_set_if_absent_batch(client, items, USERS, &call, &err);
    if (status != PODLINK_OK) {
        fprintf(stderr, "%s\n", err.message);
        print_failures(items, USERS);
    }

    /* Read the links back and count the users of each pod. */
    size_t on_pod[PODS] = {0};
    if (status == PODLINK_OK)
        status = podlink_link_get_batch(client, items, USERS, &call, &err);
    for (size_t i = 0; status == PODLINK_OK && i < USERS; i++)
        if (items[i].status == PODLINK_OK && items[i].result >= 0 && items[i].result < PODS)
            on_pod[items[i].result]++;
    size_t linked = 0;
    for (size_t pod = 0; pod < PODS; pod++) {
        printf("pod %zu: %zu users\n", pod, on_pod[pod]);
        linked += on_pod[pod];
    }
    podlink_client_free(client);
    return status == PODLINK_OK && linked == USERS ? EXIT_SUCCESS : EXIT_FAILURE;
}
