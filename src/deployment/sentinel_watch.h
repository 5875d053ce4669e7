/* Listening to all sentinels, so that another master is known as soon as the first of them says so. By whoever calls
 * the client's tick, and nobody else. */
#ifndef PL_DEPLOYMENT_SENTINEL_WATCH_H
#define PL_DEPLOYMENT_SENTINEL_WATCH_H

#include "deployment/sentinel_discovery.h"

#include <poll.h>

struct pl_sentinel_watch;
typedef struct pl_sentinel_watch pl_sentinel_watch;

/** @param sentinels  borrowed. @return NULL when out of memory */
pl_sentinel_watch *pl_sentinel_watch_new(pl_sentinels *sentinels);

/** Closes its connections, once and for all. NULL is allowed. No tick is running, and none follows, nor does
 *  pl_sentinel_watch_sockets(); any thread. */
void pl_sentinel_watch_close(pl_sentinel_watch *watch);

/** Before the sentinels are freed. NULL is allowed. */
void pl_sentinel_watch_free(pl_sentinel_watch *watch, bool is_child);

/** Takes what has come, asks where the master is if that may have changed, and connects to those that are not
 * connected. Inside the epoch. Blocks for as long as one dial, and one round of asking, may take.
 *  @return after how many milliseconds it wants to be called again, where nothing comes before */
int64_t pl_sentinel_watch_tick(pl_sentinel_watch *watch);

/** The sockets on which something may come. @return how many there are */
size_t pl_sentinel_watch_sockets(const pl_sentinel_watch *watch, struct pollfd *sockets, size_t capacity);

#endif
