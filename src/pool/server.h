/* SPDX-License-Identifier: MIT */
/* How connections to one server are made: what the shared and the dedicated connections of a pool have in common. */
#ifndef PL_POOL_SERVER_H
#define PL_POOL_SERVER_H

#include "base/clock.h"
#include "base/log.h"
#include "conn/conn.h"
#include "conn/credentials.h"
#include "conn/handshake.h"
#include "net/address.h"
#include "net/tls.h"
#include "pool/incarnation.h"
#include "pool/wait_policy.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** Queues commands that run on a new connection before the first call. Called with the lock of the shared connection
 *  held. */
typedef void (*pl_on_connect_fn)(void *context, pl_conn *conn);

/** Does not change while the pool lives, except for what its pointers lead to. Its connections borrow it. */
typedef struct pl_server {
    const pl_address *address;
    const pl_tls_context *tls;   /* NULL: clear text */
    pl_tls_session *tls_session; /* the latest session with this server; the pool's */
    const pl_login *login;
    pl_credentials_source credentials;
    int64_t credentials_age_ns; /* a connection authenticates again with credentials of this age; PL_NEVER */
    const pl_heap *heap;
    const pl_clock *clock;
    const pl_log *log;
    pl_incarnation *incarnation;     /* updated by each handshake */
    _Atomic uint32_t *least_version; /* out: the version of the oldest server that was met: 7.0.15 is 70015; 0: no
                                        server has reported one. NULL: not wanted */
    pl_on_connect_fn on_connect;     /* NULL: none */
    void *on_connect_context;
    int64_t dial_timeout_ms;
    int64_t silence_ns;          /* a connection with replies due is closed after this time without a byte; PL_NEVER */
    int64_t idle_ns;             /* an idle connection is closed after this time; PL_NEVER */
    uint32_t timeouts_max;       /* a connection on which so many calls in a row time out is closed */
    pl_wait_policy *wait_policy; /* the client's */
    int64_t spin_ns;             /* how long a reader busy-polls before it sleeps; 0: not at all */
    size_t reply_max;
} pl_server;

#endif
