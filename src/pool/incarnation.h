/* SPDX-License-Identifier: MIT */
/* The incarnations of a server: each restart or failover begins a new one, which has none of the scripts loaded before.
 */
#ifndef PL_POOL_INCARNATION_H
#define PL_POOL_INCARNATION_H

#include "conn/handshake.h"
#include "sync/cancel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef struct pl_incarnation {
    pthread_mutex_t lock;
    _Atomic bool is_of_master;   /* the server must be a master: a connection is made only if its role says so */
    char run_id[PL_RUN_ID_SIZE]; /* of the latest handshake; "": not known */
    _Atomic uint32_t number;     /* counts incarnations from 1; 0: no connection yet */
    pl_cancel cancel;
} pl_incarnation;

void pl_incarnation_init(pl_incarnation *incarnation);
void pl_incarnation_fini(pl_incarnation *incarnation);

/** A connection was made. */
void pl_incarnation_note(pl_incarnation *incarnation, const pl_server_identity *identity);

/** The server is no longer used. */
void pl_incarnation_end(pl_incarnation *incarnation, podlink_status status, const char *why);

/** The incarnation that the latest connection found. */
static inline uint32_t pl_incarnation_number(const pl_incarnation *incarnation)
{
    return atomic_load_explicit(&incarnation->number, memory_order_acquire);
}

#endif
