/* A shared connection: the calls of many threads are pipelined on it. No thread owns it and none is set aside for it:
 * the caller that comes first writes and reads for all who come while it does. */
#ifndef PL_POOL_LANE_H
#define PL_POOL_LANE_H

#include "base/clock.h"
#include "base/log.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "net/address.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/** How connections to one server are made. Borrowed by its lanes. */
typedef struct pl_server {
    const pl_address *address;
    const pl_login *login;
    const pl_heap *heap;
    const pl_clock *clock;
    const pl_log *log;
    int64_t dial_timeout_ms;
    size_t reply_max;
} pl_server;

typedef struct pl_lane_counters {
    pl_counter dials;
    pl_counter dial_failures;
    pl_counter lost;
    pl_counter writes;
    pl_counter reads;
    pl_conn_counters conn;
} pl_lane_counters;

typedef enum pl_lane_state {
    PL_LANE_CLOSED = 0,
    PL_LANE_DIALLING = 1, /* by one caller; the others wait for it */
    PL_LANE_OPEN = 2,
    PL_LANE_CLOSING = 3 /* the connection is dead, somebody may still be in a system call on its descriptor */
} pl_lane_state;

typedef struct pl_lane {
    const pl_server *server; /* borrowed */
    pthread_mutex_t lock;    /* of everything below; never held during I/O */
    pl_lane_state state;
    int fd;
    pl_conn conn;    /* valid in all states but CLOSED */
    bool is_writing; /* somebody is in the role */
    bool is_reading;
    pl_exchange *parked;         /* owners that wait, a list */
    uint32_t generation;         /* counts dials: a caller that has waited may find another connection */
    podlink_error dial_fault;    /* of the latest dial, status PODLINK_OK where it succeeded */
    int64_t used_at;             /* for the check of idle connections */
    _Atomic uint32_t load;       /* callers in it */
    _Atomic int64_t avoid_until; /* the latest dial failed: prefer others until then */
    pl_lane_counters counters;
} pl_lane;

void pl_lane_init(pl_lane *lane, const pl_server *server);

/** No caller may be in it. In a forked child the parent's connection is left as it is. */
void pl_lane_fini(pl_lane *lane);

/** Runs one pass of an exchange: dials if need be, sends its pending commands and waits for what becomes of them, until
 *  the deadline at most. What is still pending then has its reason in exchange->reason. */
void pl_lane_run(pl_lane *lane, pl_exchange *exchange, int64_t now, int64_t deadline);

bool pl_lane_is_open(pl_lane *lane);

#endif
