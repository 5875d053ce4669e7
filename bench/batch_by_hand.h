/* A batch over several masters, divided by hand: a client and a thread for each master, and the users sorted out
 * beforehand. What podlink's batch call over a cluster is held against. */
#ifndef BENCH_BATCH_BY_HAND_H
#define BENCH_BATCH_BY_HAND_H

#include "options.h"

struct bench_by_hand;

/** Asks each server which of the users are its own, opens a client of podlink to each, and starts their threads.
 *  @param options  borrowed until the close
 *  @return never NULL: what fails ends the program, here and below */
struct bench_by_hand *bench_by_hand_open(const struct bench_options *options, const unsigned *users);
void bench_by_hand_close(struct bench_by_hand *by_hand);

/** Sends all parts at the same time, and returns when all are answered. */
void bench_by_hand_send(struct bench_by_hand *by_hand);

#endif
