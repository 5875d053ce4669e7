/* SPDX-License-Identifier: MIT */
/* Fixture of the API tests. */
#include "api_fixture.h"

struct test_server *server;
redisContext *redis;
podlink_client *client;
podlink_error err;

static bool started_deployment;

static int connect_to_server(void)
{
    if (!server)
        return -1;
    redis = api_redis(server);
    return 0;
}

int start_deployment(void **state)
{
    (void)state;
    started_deployment = true;
    server = api_start();
    return connect_to_server();
}

int start_server(void **state)
{
    (void)state;
    server = test_server_start(NULL);
    return connect_to_server();
}

int start_tcp_server(void **state)
{
    (void)state;
    server = test_server_start_tcp(NULL);
    return connect_to_server();
}

int start_with_client(void **state)
{
    if (start_deployment(state) != 0)
        return -1;
    client = api_open(api_url(server));
    return 0;
}

int start_with_quiet_client(void **state)
{
    if (start_deployment(state) != 0)
        return -1;
    client = api_open_quiet(api_url(server));
    return 0;
}

int stop(void **state)
{
    free_client(state);
    if (redis)
        redisFree(redis);
    redis = NULL;
    if (started_deployment)
        api_stop(server);
    else
        test_server_stop(server);
    server = NULL;
    return 0;
}

int flush_keys(void **state)
{
    (void)state;
    api_ask(redis, "FLUSHALL");
    return 0;
}

int free_client(void **state)
{
    (void)state;
    podlink_client_free(client);
    client = NULL;
    return 0;
}
