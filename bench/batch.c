/* Batches of links: podlink's batch call, and hiredis appending as many commands and reading as many replies. Each link
 * is to the pod that the user has already, as redis-benchmark sends it, so that the server does the same work for all.
 * A latency here is that of a whole batch. Prints one JSON record. */
#include "clock.h"
#include "eval_command.h"
#include "histogram.h"
#include "server_cpu.h"

#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POD = 3 };

/* The links of a batch, and whoever sends them. */
struct batch {
    const struct bench_options *options;
    unsigned *users;
    podlink_client *client;
    podlink_link_item *items;
    char (*uids)[BENCH_UID_LENGTH + 1];
    redisContext *context;
    struct bench_eval_command command;
    void (*send)(struct batch *batch);
};

static void *allocate(size_t count, size_t size)
{
    void *block = calloc(count, size);
    if (block == NULL) {
        bench_die("out of memory");
    }
    return block;
}

static void send_podlink(struct batch *batch)
{
    podlink_error err;
    if (podlink_link_set_batch(batch->client, batch->items, batch->options->count, NULL, &err) != PODLINK_OK) {
        bench_die("podlink: %s", err.message);
    }
}

static void open_podlink(struct batch *batch)
{
    podlink_options options;
    podlink_error err;
    podlink_options_init(&options);
    options.url = batch->options->url;
    if (podlink_client_open(&options, &batch->client, &err) != PODLINK_OK) {
        bench_die("podlink: %s", err.message);
    }
    batch->uids = allocate(batch->options->count, sizeof *batch->uids);
    batch->items = allocate(batch->options->count, sizeof *batch->items);
    for (unsigned i = 0; i < batch->options->count; i++) {
        bench_uid_write(batch->uids[i], batch->users[i]);
        batch->items[i].link = (podlink_link){.ns = BENCH_NAMESPACE, .service = BENCH_SERVICE, .uid = batch->uids[i]};
        batch->items[i].pod = POD;
        batch->items[i].persist_s = PODLINK_FOREVER;
    }
    batch->send = send_podlink;
}

static void send_hiredis(struct batch *batch)
{
    for (unsigned i = 0; i < batch->options->count; i++) {
        bench_eval_command_set(&batch->command, batch->users[i], POD);
        if (redisAppendCommandArgv(batch->context, BENCH_EVAL_ARGC, batch->command.argv, batch->command.lengths) !=
            REDIS_OK) {
            bench_die("hiredis: %s", batch->context->errstr);
        }
    }
    for (unsigned i = 0; i < batch->options->count; i++) {
        void *reply = NULL;
        redisGetReply(batch->context, &reply);
        bench_eval_reply_take(batch->context, reply);
    }
}

static void open_hiredis(struct batch *batch)
{
    batch->context = bench_connect(batch->options);
    bench_eval_command_init(&batch->command, batch->options->sha);
    batch->send = send_hiredis;
}

static void batch_open(struct batch *batch, const struct bench_options *options)
{
    batch->options = options;
    batch->users = allocate(options->count, sizeof *batch->users);
    srandom(1);
    for (unsigned i = 0; i < options->count; i++) {
        batch->users[i] = (unsigned)random() % options->users;
    }
    if (strcmp(options->peer, "podlink") == 0) {
        open_podlink(batch);
    } else if (strcmp(options->peer, "hiredis-pipeline") == 0) {
        open_hiredis(batch);
    } else {
        bench_die("there is no peer '%s'", options->peer);
    }
}

static void batch_close(struct batch *batch)
{
    podlink_client_free(batch->client);
    if (batch->context != NULL) {
        redisFree(batch->context);
    }
    free(batch->items);
    free(batch->uids);
    free(batch->users);
}

static void send_for(struct batch *batch, double seconds, struct bench_histogram *latencies)
{
    int64_t start = bench_now_ns();
    int64_t end = start + (int64_t)(seconds * 1e9);
    while (start < end) {
        int64_t done;
        batch->send(batch);
        done = bench_now_ns();
        bench_histogram_add(latencies, done - start);
        start = done;
    }
}

static void measure(struct batch *batch)
{
    static struct bench_histogram warmup;
    static struct bench_histogram latencies;
    redisContext *server = bench_connect(batch->options);
    int64_t server_ns;
    int64_t client_ns;
    int64_t time_ns;
    double links;
    send_for(batch, batch->options->warmup, &warmup);
    server_ns = bench_server_cpu_ns(server);
    client_ns = bench_cpu_ns();
    time_ns = bench_now_ns();
    send_for(batch, batch->options->seconds, &latencies);
    time_ns = bench_now_ns() - time_ns;
    client_ns = bench_cpu_ns() - client_ns;
    server_ns = bench_server_cpu_ns(server) - server_ns;
    links = (double)latencies.count * batch->options->count;
    printf("{\"case\":\"batch\",\"peer\":\"%s\",\"threads\":1,\"ops_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
           "\"p999_us\":%.2f,\"client_cpu_us\":%.3f,\"server_cpu_us\":%.3f}\n",
           batch->options->peer, links * 1e9 / (double)time_ns, bench_histogram_quantile_us(&latencies, 0.5),
           bench_histogram_quantile_us(&latencies, 0.99), bench_histogram_quantile_us(&latencies, 0.999),
           (double)client_ns / 1e3 / links, (double)server_ns / 1e3 / links);
    redisFree(server);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct batch batch = {0};
    bench_options_read(&options, argc, argv);
    batch_open(&batch, &options);
    measure(&batch);
    batch_close(&batch);
    return 0;
}
