/* SPDX-License-Identifier: MIT */
/* Some commands of a request as a request of their own: what of a batch goes to one node. Parts of one parent may be
 * in flight on several connections at the same time; what became of them is taken over when all have ended. */
#ifndef PL_CONN_SHARD_H
#define PL_CONN_SHARD_H

#include "conn/request.h"

#include <stdint.h>

typedef struct pl_shard {
    pl_request request;    /* first: its functions get it as theirs */
    pl_request *parent;    /* borrowed: it stays, and nothing else runs it meanwhile */
    podlink_error err;     /* of the command of lowest index that failed */
    podlink_error failure; /* why commands are pending */
} pl_shard;

/** Prepares a shard of a parent that is between two attempts.
 *  @param items    which commands of the parent, all incomplete, in order; borrowed
 *  @param marks    count bytes, owned by the caller: set here
 *  @param follows  count entries, counted within the shard; NULL: any order will do. Borrowed */
void pl_shard_init(pl_shard *shard, pl_request *parent, const uint32_t *items, uint32_t count, uint8_t *states,
                   const uint32_t *follows);

/** Takes over into the parent what became of the shard's commands. None of them is in flight. */
void pl_shard_merge(const pl_shard *shard);

#endif
