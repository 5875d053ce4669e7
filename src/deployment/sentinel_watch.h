/* SPDX-License-Identifier: MIT */
/* Subscriptions to all sentinels: a new master is known as soon as the first sentinel announces it. Used by the thread
 * that calls the client's tick, and by no other. */
#ifndef PL_DEPLOYMENT_SENTINEL_WATCH_H
#define PL_DEPLOYMENT_SENTINEL_WATCH_H

#include "deployment/sentinel_discovery.h"

#include <poll.h>

struct pl_sentinel_watch;
typedef struct pl_sentinel_watch pl_sentinel_watch;

/** @param sentinels  borrowed. @return NULL when out of memory */
pl_sentinel_watch *pl_sentinel_watch_new(pl_sentinels *sentinels);

/** Closes its connections permanently. NULL is allowed. Neither a tick nor pl_sentinel_watch_sockets() is running, or
 *  follows. Any thread. */
void pl_sentinel_watch_close(pl_sentinel_watch *watch);

/** Before the sentinels are freed. NULL is allowed. */
void pl_sentinel_watch_free(pl_sentinel_watch *watch, bool is_child);

/** Reads messages, begins a discovery if the master may have changed, and connects to sentinels that are not connected.
 *  Inside the epoch. Blocks as long as one dial and one discovery may take.
 *  @return after how many milliseconds it is to be called again, if no message comes before */
int64_t pl_sentinel_watch_tick(pl_sentinel_watch *watch);

/** The sockets of the subscriptions. @return how many there are */
size_t pl_sentinel_watch_sockets(const pl_sentinel_watch *watch, struct pollfd *sockets, size_t capacity);

#endif
