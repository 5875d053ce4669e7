/* What the server says of itself, over a connection that carries nothing else. */
#ifndef BENCH_SERVER_CPU_H
#define BENCH_SERVER_CPU_H

#include <hiredis.h>

#include <stdint.h>

/** The server's CPU time so far, user and system, in nanoseconds (INFO cpu: used_cpu_user + used_cpu_sys). */
int64_t bench_server_cpu_ns(redisContext *context);

#endif
