/* SPDX-License-Identifier: MIT */
/* A connection that is lent to one caller at a time. */
#ifndef PL_POOL_DEDICATED_CONN_H
#define PL_POOL_DEDICATED_CONN_H

#include "conn/conn.h"
#include "net/stream.h"
#include "pool/server.h"

#include <stdbool.h>
#include <stdint.h>

/** Idle in the pool, or lent. */
typedef struct pl_dedicated_conn {
    pl_conn conn;
    pl_stream stream;
    int64_t dialled_at; /* when its credentials were asked for */
    int64_t expires_at; /* PL_NEVER where neither it nor its credentials have a maximum lifetime */
    int64_t idle_since;
    struct pl_dedicated_conn
        *next; /* in the list of idle ones, the one returned last first; or of those that are lent */
    pl_conn_counters counters;
} pl_dedicated_conn;

/** Dials one, which the caller owns. Blocks until the deadline, or the server's dial timeout, at most.
 *  @param lifetime_ns  a tenth more or less; PL_NEVER
 *  @return PODLINK_OK; ENOMEM, or why the dial failed: nothing was sent */
podlink_status pl_dedicated_conn_open(const pl_server *server, int64_t lifetime_ns, int64_t deadline,
                                      pl_dedicated_conn **dedicated, podlink_error *err);

/** Closes and frees it. Nobody has a command on it: pl_conn_fail() may have to come first. */
void pl_dedicated_conn_close(const pl_server *server, pl_dedicated_conn *dedicated);

/** Whether it is as new: alive, nothing unsent, nothing due, nothing unread. A look at the socket, no round trip.
 */
bool pl_dedicated_conn_is_clean(pl_dedicated_conn *dedicated);

/** Whether it or its credentials are too old.
 *  @param outdated_at  credentials that were asked for not after that are */
bool pl_dedicated_conn_has_expired(const pl_dedicated_conn *dedicated, int64_t outdated_at, int64_t now);

/** Whether the server has neither closed it nor said anything since it was idle. A look, as well. */
bool pl_dedicated_conn_is_quiet(pl_dedicated_conn *dedicated);

/** In a list: the latest acknowledged_at, or `latest`. */
int64_t pl_dedicated_conn_latest_acknowledged(const pl_dedicated_conn *list, int64_t latest);

#endif
