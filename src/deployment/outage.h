/* SPDX-License-Identifier: MIT */
/* When the outage began that ended with a failover: writes that the old master acknowledged since then may be lost. */
#ifndef PL_DEPLOYMENT_OUTAGE_H
#define PL_DEPLOYMENT_OUTAGE_H

#include "deployment/sentinel_event.h"

#include <stdint.h>

/** When events were heard since the latest failover, by a monotonic clock; 0: never. All zero at first. */
typedef struct pl_outage {
    int64_t failover_at; /* a failover began */
    int64_t down_at;     /* the master was reported down */
    int64_t
        other_at; /* a replica or a sentinel was: the master may be partitioned from them, together with this client */
    int64_t heard_at; /* a sentinel was heard last */
} pl_outage;

/** A sentinel was heard, whatever it said. */
void pl_outage_note_heard(pl_outage *outage, int64_t now);

/** Notes an event.
 *  @param master         the present one: events about another master are ignored
 *  @param down_after_ns  how long a sentinel waits before it reports a server down */
void pl_outage_note(pl_outage *outage, const pl_sentinel_event *event, const pl_address *master, int64_t down_after_ns,
                    int64_t now);

/** Since when writes that the old master acknowledged may be lost, after a failover: a tenth of a second before the
 *  failover or the silence began, whichever is earlier. If neither was heard: since other servers were reported down.
 * If no event was heard at all: since a sentinel was heard last. 0: no sentinel was ever heard. */
int64_t pl_outage_began(const pl_outage *outage);

/** The failover is over: forgets all events. */
void pl_outage_end(pl_outage *outage);

#endif
