/* SPDX-License-Identifier: MIT */
/* The main use case from end to end (./dev demo): three pods report their state, 10,000 users are linked in batches to
 * the best pod, one pod drains and its users move. Every printed number was read from the server or measured. */
#include <podlink/podlink.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define USERS      10000
#define PODS       3
#define CHUNK      250 /* users in one batch */
#define MAX_AGE_MS 60000

static const podlink_service service = {.ns = "demo", .name = "game"};

typedef struct demo {
    podlink_client *client;
    podlink_link_item items[USERS];
    char uids[USERS][16];
    size_t on_pod[PODS]; /* users per pod, as last read from the server */
} demo;

static void stop_on_failure(podlink_status status, const podlink_error *err)
{
    if (status != PODLINK_OK) {
        fprintf(stderr, "demo: %s: %s (%s)\n", podlink_status_name(status), err->message,
                podlink_delivery_text(err->delivery));
        exit(EXIT_FAILURE);
    }
}

static void stop_unless(int as_expected, const char *what)
{
    if (!as_expected) {
        fprintf(stderr, "demo: unexpected result: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void report(demo *d, int32_t pod, int64_t load, podlink_routing routing)
{
    podlink_error err;
    stop_on_failure(podlink_state_set(d->client, &service, pod, load, routing, NULL, &err), &err);
}

/* The ready pod with the lowest load, from the server. */
static int32_t best_pod(demo *d)
{
    podlink_error err;
    int32_t pod = PODLINK_NO_POD;
    stop_on_failure(podlink_state_best(d->client, &service, MAX_AGE_MS, &pod, NULL, &err), &err);
    stop_unless(pod >= 0 && pod < PODS, "the best pod is not one of the demo");
    return pod;
}

static void print_pods(demo *d)
{
    podlink_states *states = NULL;
    podlink_error err;
    stop_on_failure(podlink_state_live(d->client, &service, MAX_AGE_MS, &states, NULL, &err), &err);
    for (size_t i = 0; i < states->count; i++) {
        const podlink_state *state = &states->items[i];
        stop_unless(state->pod < PODS, "there is an additional pod");
        printf("    pod %" PRId32 "  %-9s  load %5" PRId64 "  %5zu users\n", state->pod,
               podlink_routing_text(state->routing), state->load, d->on_pod[state->pod]);
    }
    podlink_free(states);
}

/* Runs a command that only reads and replies a number. */
static int64_t number_of(demo *d, size_t argc, const char *const *argv, size_t key_index)
{
    const podlink_command command = {.argc = argc, .argv = argv, .key_index = key_index, .repeatable = 1};
    podlink_reply *reply = NULL;
    podlink_error err;
    int64_t number = 0;
    stop_on_failure(podlink_command_run(d->client, &command, NULL, &reply, &err), &err);
    podlink_status status = podlink_reply_integer(reply, &number);
    podlink_reply_free(reply);
    stop_unless(status == PODLINK_OK, "the reply is not a number");
    return number;
}

/* Reads all links and counts the users of each pod. Returns the number of linked users. */
static size_t count_links(demo *d)
{
    podlink_error err;
    size_t linked = 0;
    for (int pod = 0; pod < PODS; pod++)
        d->on_pod[pod] = 0;
    stop_on_failure(podlink_link_get_batch(d->client, d->items, USERS, NULL, &err), &err);
    for (size_t i = 0; i < USERS; i++) {
        if (d->items[i].status == PODLINK_OK && d->items[i].result < PODS) {
            d->on_pod[d->items[i].result]++;
            linked++;
        }
    }
    return linked;
}

/* Links the users in batches, each to the pod that is the best at that time. */
static void link_users(demo *d)
{
    int64_t load[PODS] = {0};
    podlink_error err;
    for (size_t first = 0; first < USERS; first += CHUNK) {
        int32_t pod = best_pod(d);
        for (size_t i = first; i < first + CHUNK; i++) {
            d->items[i].pod = pod;
            d->items[i].persist_s = PODLINK_FOREVER;
        }
        stop_on_failure(podlink_link_set_if_absent_batch(d->client, &d->items[first], CHUNK, NULL, &err), &err);
        load[pod] += CHUNK;
        report(d, pod, load[pod], PODLINK_READY);
    }
}

/* Moves the users of a draining pod in batches, each to the pod that is the best at that time. Returns the number of
 * users that moved. */
static size_t move_users(demo *d, int32_t from)
{
    static podlink_link_item moving[CHUNK];
    size_t moved = 0;
    podlink_error err;
    for (size_t i = 0; i < USERS;) {
        size_t count = 0;
        int32_t to = best_pod(d);
        for (; i < USERS && count < CHUNK; i++) {
            if (d->items[i].result == from) {
                moving[count] = d->items[i];
                moving[count].pod = to;
                count++;
            }
        }
        stop_on_failure(podlink_link_set_batch(d->client, moving, count, NULL, &err), &err);
        for (size_t k = 0; k < count; k++)
            stop_unless(moving[k].result == from, "a user was not on the draining pod");
        moved += count;
        d->on_pod[from] -= count;
        d->on_pod[to] += count;
        report(d, to, (int64_t)d->on_pod[to], PODLINK_READY);
        report(d, from, (int64_t)d->on_pod[from], PODLINK_DRAINING);
    }
    return moved;
}

static void run(demo *d)
{
    podlink_stats before;
    podlink_stats after;
    podlink_stats_init(&before);
    podlink_stats_init(&after);

    printf("Three pods report that they are ready.\n");
    for (int32_t pod = 0; pod < PODS; pod++)
        report(d, pod, 0, PODLINK_READY);
    print_pods(d);

    podlink_client_stats(d->client, &before);
    double start = now_ms();
    link_users(d);
    double took = now_ms() - start;
    podlink_client_stats(d->client, &after);
    size_t linked = count_links(d);
    printf("\n%zu users are linked in batches of %d, each batch to the best pod: %.0f ms,\n"
           "%" PRIu64 " commands in %" PRIu64 " writes to the socket.\n",
           linked, CHUNK, took, after.calls - before.calls, after.writes - before.writes);
    print_pods(d);
    stop_unless(linked == USERS, "not every user is linked");

    int32_t from = 1;
    size_t had = d->on_pod[from];
    report(d, from, (int64_t)had, PODLINK_DRAINING);
    start = now_ms();
    size_t moved = move_users(d, from);
    took = now_ms() - start;
    linked = count_links(d);
    printf("\nPod %" PRId32 " drains: it takes no new users, and its %zu users move: %.0f ms.\n", from, moved, took);
    print_pods(d);
    stop_unless(linked == USERS && moved == had && d->on_pod[from] == 0, "a user was lost or did not move");

    const char *const dbsize[] = {"DBSIZE"};
    const char *const ttl[] = {"TTL", "sf:{demo:lk:user-1}game"};
    const char *const fields[] = {"HLEN", "sf:{demo:state:game}"};
    printf("\nRedis holds %" PRId64 " keys: a link and an index for each user, and the states of %" PRId64 " pods.\n",
           number_of(d, 1, dbsize, 0), number_of(d, 2, fields, 1));
    printf("The TTL of user-1's link is %" PRId64 " (-1: for ever).\n", number_of(d, 2, ttl, 1));
}

int main(void)
{
    static demo d;
    podlink_options options;
    podlink_options_init(&options);
    podlink_error err;

    options.url = getenv("PODLINK_URL");
    if (!options.url) {
        fprintf(stderr, "demo: PODLINK_URL is not set; ./dev demo starts a server\n");
        return EXIT_FAILURE;
    }
    stop_on_failure(podlink_client_open(&options, &d.client, &err), &err);
    for (size_t i = 0; i < USERS; i++) {
        snprintf(d.uids[i], sizeof d.uids[i], "user-%zu", i + 1);
        d.items[i].link = (podlink_link){.ns = service.ns, .service = service.name, .uid = d.uids[i]};
    }
    run(&d);
    podlink_client_free(d.client);
    return EXIT_SUCCESS;
}
