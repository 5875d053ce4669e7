/* SPDX-License-Identifier: MIT */
/* When the outage began that ended with a failover. */
#include "deployment/outage.h"

/* The message takes some time, and a write acknowledged just before may not have reached a replica. */
#define MARGIN_NS INT64_C(100000000)

/* Sentinels ping once a second and count the silence from the first ping without an answer. It may have begun just
 * after the previous ping. */
#define PING_NS INT64_C(1000000000)

/* Servers that went down longer ago than this are not part of this outage. */
#define OTHERS_NS INT64_C(60000000000)

void pl_outage_note_heard(pl_outage *outage, int64_t now)
{
    outage->heard_at = now;
}

static void note_first(int64_t *at, int64_t began)
{
    if (*at == 0)
        *at = began;
}

static void note_down(pl_outage *outage, pl_sentinel_role role, int64_t began, int64_t now)
{
    if (role == PL_SENTINEL_OF_MASTER) {
        note_first(&outage->down_at, began);
        return;
    }
    if (outage->other_at != 0 && now - outage->other_at > OTHERS_NS)
        outage->other_at = 0;
    note_first(&outage->other_at, began);
}

void pl_outage_note(pl_outage *outage, const pl_sentinel_event *event, const pl_address *master, int64_t down_after_ns,
                    int64_t now)
{
    const bool is_of_master = event->role == PL_SENTINEL_OF_MASTER;
    if (is_of_master && event->kind != PL_SENTINEL_SWITCH && !pl_address_equals(&event->address, master))
        return; /* after a failover, events about the old master go on for a while */
    switch (event->kind) {
    case PL_SENTINEL_FAILOVER:
        if (is_of_master)
            note_first(&outage->failover_at, now - MARGIN_NS);
        break;
    case PL_SENTINEL_ABORTED:
        outage->failover_at = 0;
        break;
    case PL_SENTINEL_DOWN:
        note_down(outage, event->role, now - down_after_ns - PING_NS - MARGIN_NS, now);
        break;
    case PL_SENTINEL_UP: /* others may be up again before the result of their vote arrives */
        if (is_of_master && outage->failover_at == 0)
            outage->down_at = 0;
        break;
    case PL_SENTINEL_OTHER:
    case PL_SENTINEL_PROMOTED:
    case PL_SENTINEL_SWITCH:
        break;
    }
}

int64_t pl_outage_began(const pl_outage *outage)
{
    const int64_t failover = outage->failover_at, down = outage->down_at;
    if (failover != 0 && down != 0)
        return failover < down ? failover : down;
    if (failover != 0 || down != 0)
        return failover != 0 ? failover : down;
    return outage->other_at != 0 ? outage->other_at : outage->heard_at;
}

void pl_outage_end(pl_outage *outage)
{
    *outage = (pl_outage){.heard_at = outage->heard_at};
}
