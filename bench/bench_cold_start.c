/* SPDX-License-Identifier: MIT */
/* The time of a cold start against a distant server: open a client, load the eleven scripts, make the first call. It is
 * compared with a hiredis program that loads the scripts one by one. Both run alternately, after a SCRIPT FLUSH,
 * through a proxy that delays each reply. Prints a JSON record for each delay: medians of --count starts.
 *
 *     bench_cold_start --socket PATH --count 15 */
#include "bench_clock.h"
#include "eval_command.h"

#include "../tests/support/proxy.h"

#include <podlink/podlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS_MAX = 1000, NS_PER_MS = 1000000 };

static const int64_t delays_ms[] = {0, 1, 20};

/* The duration of a start: from the first system call, and from the end of the handshake. */
struct start {
    int64_t total_ns;
    int64_t after_handshake_ns;
};

static redisReply *checked(redisContext *context, redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        bench_die("hiredis: %s", reply != NULL ? reply->str : context->errstr);
    return reply;
}

static void flush(const char *socket)
{
    redisContext *context = redisConnectUnix(socket);
    if (context == NULL || context->err != 0)
        bench_die("cannot connect to %s", socket);
    freeReplyObject(checked(context, redisCommand(context, "SCRIPT FLUSH")));
    redisFree(context);
}

/* ---- podlink ---- */

/* The time to connect and shake hands: of a client that only sends PING. */
static int64_t handshake_ns(const char *url)
{
    podlink_options options;
    podlink_client *client;
    podlink_error err;
    int64_t round_trip;
    podlink_options_init(&options);
    options.url = url;
    options.script_loading = PODLINK_LOAD_ON_DEMAND;
    const int64_t began = bench_now_ns();
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK ||
        podlink_ping(client, NULL, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    const int64_t both = bench_now_ns() - began;
    if (podlink_ping(client, &round_trip, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    podlink_client_free(client);
    return both - round_trip;
}

static struct start podlink_start(const char *url)
{
    podlink_options options;
    podlink_client *client;
    podlink_error err;
    const podlink_link link = {BENCH_NAMESPACE, BENCH_SERVICE, "cold"};
    const int64_t handshake = handshake_ns(url);
    podlink_options_init(&options);
    options.url = url;
    const int64_t began = bench_now_ns();
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK ||
        podlink_link_set(client, &link, 3, PODLINK_FOREVER, NULL, NULL, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    const int64_t total = bench_now_ns() - began;
    podlink_client_free(client);
    return (struct start){total, total - handshake};
}

/* ---- one by one ---- */

/* A client that never connects: the source of the scripts for one_by_one_start(). */
static podlink_client *scripts;

static void load_one_by_one(redisContext *context, char sha[BENCH_SHA_LENGTH + 1])
{
    podlink_script_info info;
    for (size_t i = 0; podlink_script_at(scripts, i, &info) == PODLINK_OK; i++) {
        redisReply *reply = checked(context, redisCommand(context, "SCRIPT LOAD %b", info.source, info.source_length));
        if (strcmp(info.name, "statefulSetLink") == 0)
            memcpy(sha, reply->str, BENCH_SHA_LENGTH + 1);
        freeReplyObject(reply);
    }
}

static struct start one_by_one_start(const char *url)
{
    char sha[BENCH_SHA_LENGTH + 1] = "";
    struct bench_eval_command command;
    const int64_t began = bench_now_ns();
    redisContext *context = redisConnectUnix(url + strlen("unix://"));
    if (context == NULL || context->err != 0)
        bench_die("cannot connect to %s", url);
    freeReplyObject(checked(context, redisCommand(context, "PING")));
    const int64_t handshaken = bench_now_ns();
    load_one_by_one(context, sha);
    bench_eval_command_init(&command, sha);
    bench_eval_command_set(&command, 1, 3);
    bench_eval_reply_take(context, redisCommandArgv(context, BENCH_EVAL_ARGC, command.argv, command.lengths));
    const int64_t ended = bench_now_ns();
    redisFree(context);
    return (struct start){ended - began, ended - handshaken};
}

/* ---- both ---- */

static int by_value(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static double median_ms(int64_t *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_value);
    return (double)values[count / 2] / NS_PER_MS;
}

struct samples {
    int64_t total[STARTS_MAX];
    int64_t after_handshake[STARTS_MAX];
};

static void store(struct samples *samples, unsigned i, struct start start)
{
    samples->total[i] = start.total_ns;
    samples->after_handshake[i] = start.after_handshake_ns;
}

static void compare(const struct bench_options *options, struct proxy *proxy, int64_t delay_ms)
{
    static struct samples ours;
    static struct samples theirs;
    const struct proxy_fault delay = {.delay_ms = delay_ms};
    const unsigned count = options->count < STARTS_MAX ? options->count : STARTS_MAX;
    proxy_set(proxy, PROXY_TO_CLIENT, &delay);
    for (unsigned i = 0; i < count; i++) {
        flush(options->socket);
        store(&ours, i, podlink_start(proxy_url(proxy)));
        flush(options->socket);
        store(&theirs, i, one_by_one_start(proxy_url(proxy)));
    }
    const double total = median_ms(ours.total, count);
    const double after = median_ms(ours.after_handshake, count);
    const double their_total = median_ms(theirs.total, count);
    const double their_after = median_ms(theirs.after_handshake, count);
    printf("{\"figure\":\"cold start\",\"delay_ms\":%lld,\"podlink_ms\":%.2f,\"one_by_one_ms\":%.2f,\"ratio\":%.2f,"
           "\"after_handshake\":{\"podlink_ms\":%.2f,\"one_by_one_ms\":%.2f,\"ratio\":%.2f}}\n",
           (long long)delay_ms, total, their_total, their_total / total, after, their_after, their_after / after);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    podlink_options offline;
    podlink_error err;
    bench_options_read(&options, argc, argv);
    if (options.socket == NULL)
        bench_die("--socket is needed");
    podlink_options_init(&offline);
    offline.script_loading = PODLINK_LOAD_ON_DEMAND;
    if (podlink_client_open(&offline, &scripts, &err) != PODLINK_OK)
        bench_die("podlink: %s", err.message);
    struct proxy *proxy = proxy_start(options.socket, false);
    if (proxy == NULL)
        bench_die("cannot start the proxy");
    for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++)
        compare(&options, proxy, delays_ms[i]);
    proxy_stop(proxy);
    podlink_client_free(scripts);
    return 0;
}
