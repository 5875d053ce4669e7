/* Some commands of an exchange as an exchange of their own: what of a batch goes to one node. Parts of one whole may be
 * in flight on several connections at the same time; what became of them is taken over when all have ended. */
#ifndef PL_CONN_PART_H
#define PL_CONN_PART_H

#include "conn/exchange.h"

#include <stdint.h>

typedef struct pl_part {
    pl_exchange exchange; /* first: its functions get it as theirs */
    pl_exchange *whole;   /* borrowed: it stays, and nothing else runs it meanwhile */
    podlink_error err;
} pl_part;

/** Prepares a part of a whole that is between two passes.
 *  @param items    which commands of the whole, all unsettled, in order; borrowed
 *  @param marks    count bytes, owned by the caller: set here
 *  @param follows  count entries, counted within the part; NULL: any order will do. Borrowed */
void pl_part_init(pl_part *part, pl_exchange *whole, const uint32_t *items, uint32_t count, uint8_t *marks,
                  const uint32_t *follows);

/** Takes over into the whole what became of the part's commands. None of them is in flight. */
void pl_part_absorb(const pl_part *part);

#endif
