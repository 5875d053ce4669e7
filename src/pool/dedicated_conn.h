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
    int64_t dialled_at; /* when its credentials were fetched */
    int64_t expires_at; /* PL_NEVER: neither it nor its credentials have a maximum lifetime */
    int64_t idle_since;
    struct pl_dedicated_conn *next; /* in the list of idle connections, the latest returned first; or of lent ones */
    pl_conn_counters counters;
} pl_dedicated_conn;

/** Dials one, which the caller owns. Blocks until the deadline, or the server's dial timeout, at most.
 *  @param lifetime_ns  a tenth more or less; PL_NEVER
 *  @return PODLINK_OK; ENOMEM, or why the dial failed: nothing was sent */
podlink_status pl_dedicated_conn_open(const pl_server *server, int64_t lifetime_ns, int64_t deadline,
                                      pl_dedicated_conn **dedicated, podlink_error *err);

/** Closes and frees it. No command is in flight on it: call pl_conn_fail() before if needed. */
void pl_dedicated_conn_close(const pl_server *server, pl_dedicated_conn *dedicated);

/** Whether it can be reused: alive, nothing unsent, no reply due, nothing unread. Checks the socket, without a round
 *  trip. */
bool pl_dedicated_conn_is_clean(pl_dedicated_conn *dedicated);

/** Whether it or its credentials are too old.
 *  @param outdated_at  credentials that were fetched at that time or earlier are too old */
bool pl_dedicated_conn_has_expired(const pl_dedicated_conn *dedicated, int64_t outdated_at, int64_t now);

/** Whether the server has neither closed it nor sent anything since it is idle. Checks the socket, too. */
bool pl_dedicated_conn_is_quiet(pl_dedicated_conn *dedicated);

/** In a list: the latest acknowledged_at, or `latest`. */
int64_t pl_dedicated_conn_latest_acknowledged(const pl_dedicated_conn *list, int64_t latest);

#endif
