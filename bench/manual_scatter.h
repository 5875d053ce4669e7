/* A batch over several masters, divided by hand: a client and a thread for each master, and the users sorted out
 * beforehand. What podlink's batch call over a cluster is held against. */
#ifndef BENCH_MANUAL_SCATTER_H
#define BENCH_MANUAL_SCATTER_H

#include "bench_options.h"

struct bench_scatter;

/** Asks each server which of the users are its own, opens a client of podlink to each, and starts their threads.
 *  @param options  borrowed until the close
 *  @return never NULL: what fails ends the program, here and below */
struct bench_scatter *bench_scatter_open(const struct bench_options *options, const unsigned *users);
void bench_scatter_close(struct bench_scatter *scatter);

/** Sends all parts at the same time, and returns when all are answered. */
void bench_scatter_send(struct bench_scatter *scatter);

#endif
