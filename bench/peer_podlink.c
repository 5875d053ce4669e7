/* SPDX-License-Identifier: MIT */
/* podlink: one client with default options, shared by all threads. */
#include "eval_command.h"
#include "peer.h"

#include <podlink/podlink.h>

#include <stdlib.h>

static void *open_client(const struct bench_options *bench)
{
    podlink_options options;
    podlink_client *client;
    podlink_error err;
    podlink_options_init(&options);
    options.url = bench->url;
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    return client;
}

static void close_client(void *shared)
{
    podlink_client_free(shared);
}

static void *join(void *shared)
{
    return shared;
}

static void leave(void *caller)
{
    (void)caller;
}

static int link_user(void *caller, unsigned user, int pod)
{
    char uid[BENCH_UID_LENGTH + 1];
    podlink_link link = {.ns = BENCH_NAMESPACE, .service = BENCH_SERVICE, .uid = uid};
    podlink_error err;
    int32_t previous;
    bench_uid_write(uid, user);
    if (podlink_link_set(caller, &link, pod, PODLINK_FOREVER, &previous, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    return previous;
}

const struct bench_peer bench_peer_podlink = {
    .name = "podlink",
    .open = open_client,
    .close = close_client,
    .join = join,
    .leave = leave,
    .link = link_user,
};
