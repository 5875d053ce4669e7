/* When the outage began that ends with another master: from then on what the old one acknowledged may be lost. */
#ifndef PL_DEPLOYMENT_OUTAGE_H
#define PL_DEPLOYMENT_OUTAGE_H

#include "deployment/sentinel_event.h"

#include <stdint.h>

/** What was heard since the latest change of master; times of a monotonic clock, 0: nothing was. All zero at first. */
typedef struct pl_outage {
    int64_t failover_at; /* a failover began */
    int64_t down_at;     /* the master was found to be down */
    int64_t other_at;    /* a replica or a sentinel was: the master may be cut off from them, together with us */
    int64_t well_at;     /* a sentinel was heard last */
} pl_outage;

/** A sentinel was heard, whatever it said. */
void pl_outage_note_healthy(pl_outage *outage, int64_t now);

/** It said this.
 *  @param master         the present one: of what is said of another nothing is noted
 *  @param down_after_ns  how long a sentinel waits before it holds a server for down */
void pl_outage_note(pl_outage *outage, const pl_sentinel_event *event, const pl_address *master, int64_t down_after_ns,
                    int64_t now);

/** Since when what the old master acknowledged may be lost, now that there is another: since a tenth of a second before
 *  its failover began, or its silence, at the earliest; where nothing of that was heard, since others were found to
 *  be down; where nothing was heard at all, since a sentinel was heard last. 0: none was ever heard. */
int64_t pl_outage_began(const pl_outage *outage);

/** There is another master. */
void pl_outage_end(pl_outage *outage);

#endif
