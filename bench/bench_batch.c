/* SPDX-License-Identifier: MIT */
/* Batches of --count links: one batch call of podlink, hiredis with all commands in flight, or one podlink client per
 * master with the batch scattered by the program. A latency is that of a whole batch. Prints one JSON record. */
#include "batch_sender.h"
#include "bench_clock.h"
#include "bench_histogram.h"
#include "manual_scatter.h"
#include "server_cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct batch {
    const struct bench_options *options;
    struct bench_sender sender;
    struct bench_scatter *scatter; /* NULL: use sender */
};

/* Random order, and no user twice if there are enough: operations on one user must run in the order of the batch, so a
 * second link of a user would have to wait for the first. */
static unsigned *shuffled_users(const struct bench_options *options)
{
    unsigned *users = bench_allocate(options->count, sizeof *users);
    srandom(1);
    for (unsigned i = 0; i < options->count; i++) {
        const unsigned other = (unsigned)random() % (i + 1);
        users[i] = users[other];
        users[other] = i % options->users;
    }
    return users;
}

static void batch_open(struct batch *batch, const struct bench_options *options)
{
    unsigned *users = shuffled_users(options);
    *batch = (struct batch){.options = options};
    if (strcmp(options->peer, "podlink") == 0)
        bench_sender_open_podlink(&batch->sender, options->url, users, options->count);
    else if (strcmp(options->peer, "hiredis-pipeline") == 0)
        bench_sender_open_hiredis(&batch->sender, options, users);
    else if (strcmp(options->peer, "manual-scatter") == 0)
        batch->scatter = bench_scatter_open(options, users);
    else
        bench_die("unknown peer '%s'", options->peer);
    free(users);
}

static void batch_close(struct batch *batch)
{
    if (batch->scatter != NULL)
        bench_scatter_close(batch->scatter);
    else
        bench_sender_close(&batch->sender);
}

static void batch_send(struct batch *batch)
{
    if (batch->scatter != NULL)
        bench_scatter_send(batch->scatter);
    else
        bench_sender_send(&batch->sender);
}

static void send_for(struct batch *batch, double seconds, struct bench_histogram *latencies)
{
    int64_t start = bench_now_ns();
    int64_t end = start + (int64_t)(seconds * 1e9);
    while (start < end) {
        int64_t done;
        batch_send(batch);
        done = bench_now_ns();
        bench_histogram_add(latencies, done - start);
        start = done;
    }
}

static void measure(struct batch *batch)
{
    static struct bench_histogram warmup;
    static struct bench_histogram latencies;
    struct bench_servers servers;
    int64_t server_ns;
    int64_t client_ns;
    int64_t time_ns;
    double links;
    bench_servers_connect(&servers, batch->options);
    send_for(batch, batch->options->warmup, &warmup);
    server_ns = bench_servers_cpu_ns(&servers);
    client_ns = bench_cpu_ns();
    time_ns = bench_now_ns();
    send_for(batch, batch->options->seconds, &latencies);
    time_ns = bench_now_ns() - time_ns;
    client_ns = bench_cpu_ns() - client_ns;
    server_ns = bench_servers_cpu_ns(&servers) - server_ns;
    links = (double)latencies.count * batch->options->count;
    printf("{\"case\":\"batch\",\"peer\":\"%s\",\"threads\":1,\"ops_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
           "\"p999_us\":%.2f,\"client_cpu_us\":%.3f,\"server_cpu_us\":%.3f}\n",
           batch->options->peer, links * 1e9 / (double)time_ns, bench_histogram_quantile_us(&latencies, 0.5),
           bench_histogram_quantile_us(&latencies, 0.99), bench_histogram_quantile_us(&latencies, 0.999),
           (double)client_ns / 1e3 / links, (double)server_ns / 1e3 / links);
    bench_servers_close(&servers);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct batch batch;
    bench_options_read(&options, argc, argv);
    batch_open(&batch, &options);
    measure(&batch);
    batch_close(&batch);
    return 0;
}
