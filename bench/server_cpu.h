/* What the servers say of themselves, over connections that carry nothing else. */
#ifndef BENCH_SERVER_CPU_H
#define BENCH_SERVER_CPU_H

#include "bench_options.h"

#include <hiredis.h>

#include <stdint.h>

struct bench_servers {
    redisContext *contexts[BENCH_SERVERS_MAX];
    unsigned count;
};

/** Connects to all servers; what fails ends the program, here and below. */
void bench_servers_connect(struct bench_servers *servers, const struct bench_options *options);
void bench_servers_close(struct bench_servers *servers);

/** CPU time so far of all servers together, user and system, in nanoseconds (INFO cpu: used_cpu_user + used_cpu_sys).
 */
int64_t bench_servers_cpu_ns(const struct bench_servers *servers);

#endif
