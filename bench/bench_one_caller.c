/* SPDX-License-Identifier: MIT */
/* One caller that calls podlink and hiredis alternately, so that other load on the machine affects both alike. Prints a
 * JSON record for each. Their CPU time cannot be separated and is null. */
#include "bench_clock.h"
#include "bench_histogram.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { PEERS = 2 };

struct caller {
    const struct bench_peer *peer;
    void *shared;
    void *joined;
    int64_t total_ns;
    struct bench_histogram latencies;
};

static struct caller *caller_new(const struct bench_peer *peer, const struct bench_options *options)
{
    struct caller *caller = bench_allocate(1, sizeof *caller);
    caller->peer = peer;
    caller->shared = peer->open(options);
    caller->joined = peer->join(caller->shared);
    return caller;
}

static void caller_free(struct caller *caller)
{
    caller->peer->leave(caller->joined);
    caller->peer->close(caller->shared);
    free(caller);
}

static int64_t call_once(struct caller *caller, unsigned user, int pod)
{
    int64_t start = bench_now_ns();
    caller->peer->link(caller->joined, user, pod);
    return bench_now_ns() - start;
}

static void alternate(struct caller *callers[PEERS], const struct bench_options *options)
{
    unsigned warmup = options->count / 10;
    for (unsigned i = 0; i < options->count + warmup; i++) {
        for (unsigned k = 0; k < PEERS; k++) {
            struct caller *caller = callers[(i + k) % PEERS]; /* the first one alternates */
            int64_t took = call_once(caller, (i * 7919U + k) % options->users, (int)(i / PEERS % 2));
            if (i >= warmup) {
                caller->total_ns += took;
                bench_histogram_add(&caller->latencies, took);
            }
        }
    }
}

static void print_record(const struct caller *caller)
{
    const struct bench_histogram *all = &caller->latencies;
    printf("{\"case\":\"one-caller\",\"peer\":\"%s\",\"threads\":1,\"ops_per_s\":%.1f,\"p50_us\":%.3f,"
           "\"p99_us\":%.3f,\"p999_us\":%.3f,\"client_cpu_us\":null,\"server_cpu_us\":null}\n",
           caller->peer->name, (double)all->count * 1e9 / (double)caller->total_ns,
           bench_histogram_quantile_us(all, 0.5), bench_histogram_quantile_us(all, 0.99),
           bench_histogram_quantile_us(all, 0.999));
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct caller *callers[PEERS];
    bench_options_read(&options, argc, argv);
    callers[0] = caller_new(&bench_peer_podlink, &options);
    callers[1] = caller_new(&bench_peer_hiredis, &options);
    alternate(callers, &options);
    for (unsigned i = 0; i < PEERS; i++) {
        print_record(callers[i]);
        caller_free(callers[i]);
    }
    return 0;
}
