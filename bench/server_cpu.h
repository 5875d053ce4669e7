/* SPDX-License-Identifier: MIT */
/* CPU time of the servers, read by INFO over separate connections. */
#ifndef BENCH_SERVER_CPU_H
#define BENCH_SERVER_CPU_H

#include "bench_options.h"

#include <hiredis.h>

#include <stdint.h>

struct bench_servers {
    redisContext *contexts[BENCH_SERVERS_MAX];
    unsigned count;
};

/** Connects to all servers. Here and below a failure ends the program. */
void bench_servers_connect(struct bench_servers *servers, const struct bench_options *options);
void bench_servers_close(struct bench_servers *servers);

/** The sum of the servers' CPU time since their start, user and system, in nanoseconds. */
int64_t bench_servers_cpu_ns(const struct bench_servers *servers);

#endif
