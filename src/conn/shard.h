/* SPDX-License-Identifier: MIT */
/* A shard of a batch: those commands of a request that go to one node, as a request of their own. Several shards of one
 * parent can be in flight on several connections at the same time. Their outcomes are merged into the parent
 * afterwards.
 */
#ifndef PL_CONN_SHARD_H
#define PL_CONN_SHARD_H

#include "conn/request.h"

#include <stdint.h>

typedef struct pl_shard {
    pl_request request;    /* first: its functions get it as theirs */
    pl_request *parent;    /* borrowed; nothing else runs it meanwhile */
    podlink_error err;     /* of the command of lowest index that failed */
    podlink_error failure; /* why commands are pending */
} pl_shard;

/** Prepares a shard. The parent is between two attempts.
 *  @param items    which commands of the parent, all incomplete, in order; borrowed
 *  @param states   count bytes, owned by the caller; set here
 *  @param follows  count entries, counted within the shard; NULL: any order will do. Borrowed */
void pl_shard_init(pl_shard *shard, pl_request *parent, const uint32_t *items, uint32_t count, uint8_t *states,
                   const uint32_t *follows);

/** Merges the outcomes of the shard's commands into the parent. None of them is in flight. */
void pl_shard_merge(const pl_shard *shard);

#endif
