/* SPDX-License-Identifier: MIT */
/* The costs of a client other than time: bytes on the wire of a link call by EVALSHA and by EVAL, bytes and system
 * calls to load the scripts, memory of an idle client and of each waiting caller. Prints a JSON record for each figure.
 */
#include "bench_clock.h"
#include "bench_memory.h"
#include "bench_stack.h"
#include "eval_command.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLERS_FEW = 8,
    CALLERS_MANY = 200,
    CALLERS_MAX = CALLERS_MANY,
    PAUSE_MS = 1500,
    SETTLE_MS = 700, /* after this time all callers have sent their call and wait */
    NS_PER_MS = 1000000
};

static void print_figure(const char *figure, double value, const char *unit)
{
    printf("{\"figure\":\"%s\",\"value\":%.1f,\"unit\":\"%s\"}\n", figure, value, unit);
}

static podlink_client *open_client(const struct bench_options *bench, podlink_script_loading loading)
{
    podlink_options options;
    podlink_client *client;
    podlink_error err;
    podlink_options_init(&options);
    options.url = bench->url;
    options.script_loading = loading;
    options.allocator = bench_counting_allocator();
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    return client;
}

static podlink_stats stats_of(podlink_client *client)
{
    podlink_stats stats;
    podlink_stats_init(&stats);
    podlink_client_stats(client, &stats);
    return stats;
}

static void link_user(podlink_client *client, unsigned user)
{
    char uid[BENCH_UID_LENGTH + 1];
    podlink_link link = {.ns = BENCH_NAMESPACE, .service = BENCH_SERVICE, .uid = uid};
    podlink_error err;
    bench_uid_write(uid, user);
    if (podlink_link_set(client, &link, 3, PODLINK_FOREVER, NULL, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
}

/* ---- on the wire ------------------------------------------------------------------------------------------------ */

static void scripts_on_the_wire(const struct bench_options *options)
{
    podlink_client *client = open_client(options, PODLINK_LOAD_ON_DEMAND);
    podlink_error err;
    podlink_stats before;
    podlink_stats after;
    if (podlink_ping(client, NULL, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    before = stats_of(client);
    if (podlink_scripts_load(client, NULL, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    after = stats_of(client);
    print_figure("scripts loaded", (double)(after.script_loads - before.script_loads), "scripts");
    print_figure("loading: bytes sent", (double)(after.bytes_sent - before.bytes_sent), "bytes");
    print_figure("loading: bytes received", (double)(after.bytes_received - before.bytes_received), "bytes");
    print_figure("loading: writes", (double)(after.writes - before.writes), "system calls");
    print_figure("loading: reads", (double)(after.reads - before.reads), "system calls");
    podlink_client_free(client);
}

/* The length of the same command with the source of the script in place of its SHA1. */
static size_t eval_bytes(podlink_client *client, const char *sha)
{
    struct bench_eval_command command;
    podlink_script_info info;
    char *text;
    int length;
    for (size_t i = 0; podlink_script_at(client, i, &info) == PODLINK_OK; i++)
        if (strcmp(info.name, "statefulSetLink") == 0)
            break;
    bench_eval_command_init(&command, sha);
    command.argv[0] = "EVAL";
    command.lengths[0] = strlen("EVAL");
    command.argv[1] = info.source;
    command.lengths[1] = info.source_length;
    length = (int)redisFormatCommandArgv(&text, BENCH_EVAL_ARGC, command.argv, command.lengths);
    if (length < 0)
        bench_die("out of memory");
    redisFreeCommand(text);
    return (size_t)length;
}

static void link_on_the_wire(const struct bench_options *options)
{
    podlink_client *client = open_client(options, PODLINK_LOAD_ON_OPEN);
    podlink_stats before;
    podlink_stats after;
    size_t eval = eval_bytes(client, options->sha);
    double evalsha;
    link_user(client, 1);
    before = stats_of(client);
    link_user(client, 1);
    after = stats_of(client);
    evalsha = (double)(after.bytes_sent - before.bytes_sent);
    print_figure("link call: bytes sent", evalsha, "bytes");
    print_figure("link call: bytes received", (double)(after.bytes_received - before.bytes_received), "bytes");
    print_figure("link call by EVAL: bytes sent", (double)eval, "bytes");
    print_figure("link call: share of EVAL's bytes", 100 * evalsha / (double)eval, "%");
    podlink_client_free(client);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

struct callers {
    podlink_client *client;
    pthread_barrier_t start;
    unsigned count;
    pthread_t threads[CALLERS_MAX];
};

static void *call_once(void *argument)
{
    struct callers *callers = argument;
    pthread_barrier_wait(&callers->start);
    link_user(callers->client, 1);
    return NULL;
}

static void callers_start(struct callers *callers, podlink_client *client, unsigned count)
{
    callers->client = client;
    callers->count = count;
    pthread_barrier_init(&callers->start, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&callers->threads[i], NULL, call_once, callers) != 0)
            bench_die("cannot start thread %u", i);
}

static void callers_join(struct callers *callers)
{
    for (unsigned i = 0; i < callers->count; i++)
        pthread_join(callers->threads[i], NULL);
    pthread_barrier_destroy(&callers->start);
}

static void pause_server(redisContext *server)
{
    redisReply *reply = redisCommand(server, "CLIENT PAUSE %d ALL", PAUSE_MS);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        bench_die("CLIENT PAUSE failed");
    freeReplyObject(reply);
}

/* By how much the heap grows while count callers wait for their replies. Their threads are already running. */
static double waiting_bytes(podlink_client *client, redisContext *server, unsigned count)
{
    struct callers callers;
    size_t before;
    size_t during;
    callers_start(&callers, client, count);
    before = bench_heap_bytes();
    pause_server(server);
    pthread_barrier_wait(&callers.start);
    bench_sleep_ns((int64_t)SETTLE_MS * NS_PER_MS);
    during = bench_heap_bytes();
    callers_join(&callers);
    return (double)during - (double)before;
}

static void do_nothing(void *argument)
{
    (void)argument;
}

static void link_once(void *argument)
{
    link_user(argument, 1);
}

static void stack(podlink_client *client)
{
    double empty = (double)bench_stack_bytes(do_nothing, NULL);
    print_figure("each caller: stack, of its own thread", (double)bench_stack_bytes(link_once, client) - empty,
                 "bytes");
}

static void memory(const struct bench_options *options)
{
    redisContext *server = bench_connect(options, 0);
    size_t heap = bench_heap_bytes();
    size_t resident = bench_resident_bytes();
    podlink_client *client = open_client(options, PODLINK_LOAD_ON_OPEN);
    double few = waiting_bytes(client, server, CALLERS_FEW); /* enough callers to dial both shared connections */
    print_figure("idle client: connections", (double)stats_of(client).connections, "connections");
    print_figure("idle client: heap", (double)bench_heap_bytes() - (double)heap, "bytes");
    print_figure("idle client: of that, by podlink's allocator", (double)bench_counted_bytes(), "bytes");
    print_figure("idle client: resident set", (double)bench_resident_bytes() - (double)resident, "bytes");
    print_figure("each further caller: heap",
                 (waiting_bytes(client, server, CALLERS_MANY) - few) / (CALLERS_MANY - CALLERS_FEW), "bytes");
    stack(client);
    podlink_client_free(client);
    redisFree(server);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    bench_options_read(&options, argc, argv);
    memory(&options); /* first, while nothing else has grown the heap */
    scripts_on_the_wire(&options);
    link_on_the_wire(&options);
    return 0;
}
