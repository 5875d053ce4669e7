/* SPDX-License-Identifier: MIT */
/* Fixture of the tests of the script layer. */
#include "script_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

podlink_client *offline_client(void)
{
    podlink_options options = api_options("redis://127.0.0.1:1");
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    return api_open_with(&options);
}

int begin_setting(void **state)
{
    struct setting *s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    *state = s;
    s->server = test_server_start(NULL);
    if (!s->server)
        return -1;
    s->redis = api_redis(s->server);
    s->client = api_open(api_url(s->server));
    return 0;
}

int end_setting(void **state)
{
    struct setting *s = *state;
    podlink_client_free(s->client);
    if (s->redis)
        redisFree(s->redis);
    test_server_stop(s->server);
    free(s);
    return 0;
}

void add_script(podlink_client *client, const char *name, const char *source)
{
    podlink_error err;
    const podlink_script script = {.name = name, .source = source};
    podlink_status status = podlink_script_register(client, &script, &err);
    assert_status(PODLINK_OK, status, &err);
}

static size_t count_of(const char *const words[])
{
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

podlink_script_call calling(const char *name, const char *const keys[], const char *const args[])
{
    return (podlink_script_call){
        .name = name, .keys = keys, .key_count = count_of(keys), .args = args, .arg_count = count_of(args)};
}

podlink_script_stats stats_of(podlink_client *client, const char *name)
{
    podlink_script_stats stats;
    podlink_script_stats_init(&stats);
    assert_int_equal(podlink_script_stats_of(client, name, &stats), PODLINK_OK);
    return stats;
}

int64_t calls_of(redisContext *redis, const char *command)
{
    char line[64];
    const redisReply *reply = api_ask(redis, "INFO commandstats");
    snprintf(line, sizeof line, "cmdstat_%s:calls=", command);
    const char *at = strstr(reply->str, line);
    return at ? strtoll(at + strlen(line), NULL, 10) : 0;
}
