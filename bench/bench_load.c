/* SPDX-License-Identifier: MIT */
/* The load driver: --threads threads run the set-link script in a loop, each waiting for its own reply, for a fixed
 * time after a warm-up. Prints one JSON record. */
#include "bench_clock.h"
#include "bench_histogram.h"
#include "eval_command.h"
#include "peer.h"
#include "server_cpu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phase { WARMING = 0, MEASURING = 1, ENDING = 2 };

struct load {
    const struct bench_options *options;
    const struct bench_peer *peer;
    void *shared;
    pthread_barrier_t ready; /* all callers have joined */
    _Atomic int phase;
};

struct caller {
    struct load *load;
    pthread_t thread;
    uint64_t random;
    struct bench_histogram latencies;
};

/* Time and CPU time: at a moment, or between two. */
struct usage {
    int64_t time_ns;
    int64_t client_cpu_ns;
    int64_t server_cpu_ns;
};

static const struct bench_peer *const peers[] = {&bench_peer_podlink, &bench_peer_hiredis, &bench_peer_hiredis_pool};

static const struct bench_peer *find_peer(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        if (strcmp(peers[i]->name, name) == 0)
            return peers[i];
    bench_die("unknown peer '%s'", name);
}

static unsigned next_user(struct caller *caller)
{
    caller->random ^= caller->random << 13;
    caller->random ^= caller->random >> 7;
    caller->random ^= caller->random << 17;
    return (unsigned)(caller->random % caller->load->options->users);
}

static void *call_until_the_end(void *argument)
{
    struct caller *caller = argument;
    struct load *load = caller->load;
    void *joined = load->peer->join(load->shared);
    int64_t start;
    int phase;
    pthread_barrier_wait(&load->ready);
    start = bench_now_ns();
    for (unsigned i = 0; (phase = atomic_load_explicit(&load->phase, memory_order_relaxed)) != ENDING; i++) {
        int64_t end;
        load->peer->link(joined, next_user(caller), (int)(i % 2));
        end = bench_now_ns();
        if (phase == MEASURING)
            bench_histogram_add(&caller->latencies, end - start);
        start = end;
    }
    load->peer->leave(joined);
    return NULL;
}

static struct caller *start_callers(struct load *load)
{
    struct caller *callers = bench_allocate(load->options->threads, sizeof *callers);
    for (unsigned i = 0; i < load->options->threads; i++) {
        callers[i].load = load;
        callers[i].random = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
        if (pthread_create(&callers[i].thread, NULL, call_until_the_end, &callers[i]) != 0)
            bench_die("cannot start thread %u", i);
    }
    return callers;
}

static struct usage usage_now(const struct bench_servers *servers)
{
    struct usage usage;
    usage.server_cpu_ns = bench_servers_cpu_ns(servers);
    usage.client_cpu_ns = bench_cpu_ns();
    usage.time_ns = bench_now_ns();
    return usage;
}

static struct usage measure(struct load *load, const struct bench_servers *servers)
{
    struct usage before;
    struct usage after;
    pthread_barrier_wait(&load->ready);
    bench_sleep_ns((int64_t)(load->options->warmup * 1e9));
    before = usage_now(servers);
    atomic_store(&load->phase, MEASURING);
    bench_sleep_ns((int64_t)(load->options->seconds * 1e9));
    atomic_store(&load->phase, ENDING);
    after.time_ns = bench_now_ns();
    after.client_cpu_ns = bench_cpu_ns();
    after.server_cpu_ns = bench_servers_cpu_ns(servers);
    return (struct usage){.time_ns = after.time_ns - before.time_ns,
                          .client_cpu_ns = after.client_cpu_ns - before.client_cpu_ns,
                          .server_cpu_ns = after.server_cpu_ns - before.server_cpu_ns};
}

static void print_record(const struct load *load, const struct bench_histogram *all, struct usage used)
{
    double calls = (double)all->count;
    if (all->count == 0)
        bench_die("no call was answered in %.1f s", load->options->seconds);
    printf("{\"case\":\"link\",\"peer\":\"%s\",\"threads\":%u,\"ops_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
           "\"p999_us\":%.2f,\"client_cpu_us\":%.3f,\"server_cpu_us\":%.3f}\n",
           load->peer->name, load->options->threads, calls * 1e9 / (double)used.time_ns,
           bench_histogram_quantile_us(all, 0.5), bench_histogram_quantile_us(all, 0.99),
           bench_histogram_quantile_us(all, 0.999), (double)used.client_cpu_ns / 1e3 / calls,
           (double)used.server_cpu_ns / 1e3 / calls);
}

static void run(struct load *load)
{
    struct bench_servers servers;
    bench_servers_connect(&servers, load->options);
    struct caller *callers = start_callers(load);
    struct usage used = measure(load, &servers);
    for (unsigned i = 0; i < load->options->threads; i++) {
        pthread_join(callers[i].thread, NULL);
        if (i > 0)
            bench_histogram_merge(&callers[0].latencies, &callers[i].latencies);
    }
    print_record(load, &callers[0].latencies, used);
    free(callers);
    bench_servers_close(&servers);
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct load load = {.options = &options};
    bench_options_read(&options, argc, argv);
    load.peer = find_peer(options.peer);
    load.shared = load.peer->open(&options);
    pthread_barrier_init(&load.ready, NULL, options.threads + 1);
    run(&load);
    pthread_barrier_destroy(&load.ready);
    load.peer->close(load.shared);
    return 0;
}
