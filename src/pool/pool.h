/* The shared connections to one server. */
#ifndef PL_POOL_POOL_H
#define PL_POOL_POOL_H

#include "pool/lane.h"

#include <stdint.h>

typedef struct pl_pool {
    pl_server server;
    pl_lane *lanes; /* owned */
    uint32_t lane_count;
} pl_pool;

/** False when out of memory. What server borrows is borrowed on. */
bool pl_pool_init(pl_pool *pool, const pl_server *server, uint32_t lane_count);

/** No caller may be in it. */
void pl_pool_fini(pl_pool *pool);

/** Runs one pass of an exchange on the connection that has the fewest callers: see pl_lane_run(). */
void pl_pool_run(pl_pool *pool, pl_exchange *exchange, int64_t now, int64_t deadline);

/** Adds what the lanes have counted. */
void pl_pool_count(pl_pool *pool, podlink_stats *stats);

#endif
