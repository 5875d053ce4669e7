/* A game server's life with podlink: its pods report their state, players are linked when they log in and found when
 * they come back, and a pod that is to be stopped drains: it takes no new players and hands its own over. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

#define MAX_AGE_MS 15000 /* a pod that has not reported for so long takes no new players */

static const podlink_service service = {.ns = "prod", .name = "game"};

static void stop_on_failure(podlink_status status, const podlink_error *err)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s (%s)\n", podlink_status_name(status), err->message,
                podlink_delivery_text(err->delivery));
        exit(EXIT_FAILURE);
    }
}

/* Each pod calls this every few seconds, with what it knows of itself. */
static void heartbeat(podlink_client *client, int32_t pod, int64_t players, podlink_routing routing)
{
    podlink_error err;
    stop_on_failure(podlink_state_set(client, &service, pod, players, routing, NULL, &err), &err);
    printf("pod %d: %lld players, %s\n", (int)pod, (long long)players, podlink_routing_text(routing));
}

/* The front door: the pod that holds the player's state, or the best one for a player who has none. */
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

/* A pod gives a player away once the player's state is stored. The link stays for a minute, so that what is under way
 * still finds the pod. Only a link to this pod is touched: the player may have been moved meanwhile. */
static void leave(podlink_client *client, const char *player, int32_t pod)
{
    const podlink_link link = {.ns = service.ns, .service = service.name, .uid = player};
    podlink_error err;
    podlink_status status = podlink_link_remove_if_pod(client, &link, pod, 60, NULL, &err);
    stop_on_failure(status, &err);
    printf("%s %s pod %d\n", player, status == PODLINK_OK ? "leaves" : "was not on", (int)pod);
}

/* A pod takes over a player, unless another pod holds it for good. */
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
    int32_t alice = login(client, "alice"); /* pod 1: the least load */

    heartbeat(client, alice, 300, PODLINK_DRAINING);
    int32_t bob = login(client, "bob");     /* pod 0: the other one takes no new players */
    int32_t again = login(client, "alice"); /* still where her state is */

    leave(client, "alice", alice);
    take_over(client, "alice", bob);
    int32_t moved = login(client, "alice");

    podlink_client_free(client);
    return again == alice && moved == bob && alice != bob ? EXIT_SUCCESS : EXIT_FAILURE;
}
