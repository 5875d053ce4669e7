/* SPDX-License-Identifier: MIT */
/* A game server: its pods report their state. A player is linked to a pod at the first login and finds the same pod at
 * the next one. Before a pod is stopped, it drains: it takes no new players, and its players move to other pods. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

#define MAX_AGE_MS 15000 /* a pod whose last report is older gets no new players */

static const podlink_service service = {.ns = "prod", .name = "game"};

static void stop_on_failure(podlink_status status, const podlink_error *err)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s (%s)\n", podlink_status_name(status), err->message,
                podlink_delivery_text(err->delivery));
        exit(EXIT_FAILURE);
    }
}

/* Each pod calls this every few seconds to report its load and routing. */
static void heartbeat(podlink_client *client, int32_t pod, int64_t players, podlink_routing routing)
{
    podlink_error err;
    stop_on_failure(podlink_state_set(client, &service, pod, players, routing, NULL, &err), &err);
    printf("pod %d: %lld players, %s\n", (int)pod, (long long)players, podlink_routing_text(routing));
}

/* Finds the pod that holds the player's state, or assigns the best pod to a new player. */
static int32_t login(podlink_client *client, const char *player)
{
    const podlink_link link = {.ns = service.ns, .service = service.name, .uid = player};
    podlink_error err;
    int32_t pod = PODLINK_NO_POD;
    podlink_status status = podlink_link_compute(client, &link, PODLINK_FOREVER, MAX_AGE_MS, &pod, NULL, &err);
    stop_on_failure(status, &err);
    if (status == PODLINK_NOT_FOUND)
        printf("%s: no pod is ready, try again later\n", player);
    else
        printf("%s plays on pod %d\n", player, (int)pod);
    return pod;
}

/* A pod releases a player after it has stored the player's state. The link stays for another minute, so that requests
 * in flight still find the pod. A link to another pod does not change: the player may have moved in the meantime. */
static void leave(podlink_client *client, const char *player, int32_t pod)
{
    const podlink_link link = {.ns = service.ns, .service = service.name, .uid = player};
    podlink_error err;
    podlink_status status = podlink_link_remove_if_pod(client, &link, pod, 60, NULL, &err);
    stop_on_failure(status, &err);
    printf("%s %s pod %d\n", player, status == PODLINK_OK ? "leaves" : "was not on", (int)pod);
}

/* A pod takes over a player, unless there is a persistent link to another pod. */
static void take_over(podlink_client *client, const char *player, int32_t pod)
{
    const podlink_link link = {.ns = service.ns, .service = service.name, .uid = player};
    podlink_error err;
    int32_t in_force = PODLINK_NO_POD;
    podlink_status status = podlink_link_try_set(client, &link, pod, PODLINK_FOREVER, &in_force, NULL, NULL, &err);
    stop_on_failure(status, &err);
    printf("%s %s pod %d\n", player, status == PODLINK_OK ? "moves to" : "stays on", (int)in_force);
}

int main(void)
{
    podlink_options options;
    podlink_options_init(&options);
    if (getenv("PODLINK_URL"))
        options.url = getenv("PODLINK_URL");
    podlink_client *client = NULL;
    podlink_error err;
    stop_on_failure(podlink_client_open(&options, &client, &err), &err);

    heartbeat(client, 0, 120, PODLINK_READY);
    heartbeat(client, 1, 80, PODLINK_READY);
    int32_t alice = login(client, "alice"); /* pod 1: the lowest load */

    heartbeat(client, alice, 300, PODLINK_DRAINING);
    int32_t bob = login(client, "bob");     /* pod 0: pod 1 is draining */
    int32_t again = login(client, "alice"); /* still on the pod that has her state */

    leave(client, "alice", alice);
    take_over(client, "alice", bob);
    int32_t moved = login(client, "alice");

    podlink_client_free(client);
    return again == alice && moved == bob && alice != bob ? EXIT_SUCCESS : EXIT_FAILURE;
}
