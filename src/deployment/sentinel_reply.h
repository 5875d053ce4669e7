/* SPDX-License-Identifier: MIT */
/* Replies of a sentinel: the master that it monitors, its replicas, and the other sentinels. */
#ifndef PL_DEPLOYMENT_SENTINEL_REPLY_H
#define PL_DEPLOYMENT_SENTINEL_REPLY_H

#include "net/address.h"

#include <podlink/command.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pl_sentinel_master {
    pl_address address;
    int64_t config_epoch; /* grows with each failover: the greater of two answers is newer */
    int64_t down_after_ms;
    bool is_down;         /* for this sentinel */
    bool is_failing_over; /* this sentinel leads a failover */
    int64_t sentinels;    /* how many it knows, with itself */
} pl_sentinel_master;

/** Reads the reply of SENTINEL MASTER.
 *  @param asked  the sentinel, for messages
 *  @return PODLINK_OK; EREPLY: a shape, a number or an address is wrong, or missing */
podlink_status pl_sentinel_master_read(const podlink_reply *reply, const pl_address *asked, pl_sentinel_master *master,
                                       podlink_error *err);

/** Reads the reply of SENTINEL GET-MASTER-ADDR-BY-NAME: where the master is. The sentinel that leads a failover answers
 *  with the new address here, while SENTINEL MASTER has the new epoch already and still the old address.
 *  @return PODLINK_OK; EREPLY: also if it is nil */
podlink_status pl_sentinel_address_read(const podlink_reply *reply, const pl_address *asked, pl_address *address,
                                        podlink_error *err);

/** Reads the reply of SENTINEL REPLICAS: the replicas that can serve reads, which are neither down nor disconnected
 * from their master, as far as this sentinel knows.
 *  @param addresses  out, the first of them
 *  @return PODLINK_OK; EREPLY, then count is 0 */
podlink_status pl_sentinel_replicas_read(const podlink_reply *reply, const pl_address *asked, pl_address *addresses,
                                         size_t capacity, size_t *count, podlink_error *err);

/** Reads the reply of SENTINEL SENTINELS: the others that this sentinel reaches. As above. */
podlink_status pl_sentinel_others_read(const podlink_reply *reply, const pl_address *asked, pl_address *addresses,
                                       size_t capacity, size_t *count, podlink_error *err);

#endif
