/* SPDX-License-Identifier: MIT */
/* A batch over several masters, scattered by the program: one client and one thread per master, and the users are
 * assigned to the masters in advance. podlink's batch call over a cluster is compared with it. */
#ifndef BENCH_MANUAL_SCATTER_H
#define BENCH_MANUAL_SCATTER_H

#include "bench_options.h"

struct bench_scatter;

/** Asks each server which of the users it serves, opens a client of podlink for each server, and starts the threads.
 *  @param options  must stay valid until bench_scatter_close()
 *  @return never NULL. Here and below a failure ends the program */
struct bench_scatter *bench_scatter_open(const struct bench_options *options, const unsigned *users);
void bench_scatter_close(struct bench_scatter *scatter);

/** Sends all shards at the same time and waits for all replies. */
void bench_scatter_send(struct bench_scatter *scatter);

#endif
