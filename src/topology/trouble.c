/* When the trouble began that ends with another master. */
#include "topology/trouble.h"

/* The message takes its time, and what was acknowledged just before may not have reached a replica. */
#define MARGIN_NS INT64_C(100000000)

/* Sentinels ping once a second: they count the silence from the first ping that got no answer, and it may have begun
 * just after the one before. */
#define PING_NS INT64_C(1000000000)

/* Others that were found to be down longer ago than that have nothing to do with what goes on now. */
#define OTHERS_NS INT64_C(60000000000)

void pl_trouble_note_well(pl_trouble *trouble, int64_t now)
{
    trouble->well_at = now;
}

static void note_first(int64_t *at, int64_t began)
{
    if (*at == 0)
        *at = began;
}

static void note_down(pl_trouble *trouble, pl_sentinel_role role, int64_t began, int64_t now)
{
    if (role == PL_SENTINEL_OF_MASTER) {
        note_first(&trouble->down_at, began);
        return;
    }
    if (trouble->other_at != 0 && now - trouble->other_at > OTHERS_NS)
        trouble->other_at = 0;
    note_first(&trouble->other_at, began);
}

void pl_trouble_note(pl_trouble *trouble, const pl_sentinel_event *event, const pl_address *master,
                     int64_t down_after_ns, int64_t now)
{
    const bool is_of_master = event->role == PL_SENTINEL_OF_MASTER;
    if (is_of_master && event->kind != PL_SENTINEL_SWITCH && !pl_address_equals(&event->address, master))
        return; /* what follows a failover tells of the old master for a while */
    switch (event->kind) {
    case PL_SENTINEL_FAILOVER:
        if (is_of_master)
            note_first(&trouble->failover_at, now - MARGIN_NS);
        break;
    case PL_SENTINEL_ABORTED:
        trouble->failover_at = 0;
        break;
    case PL_SENTINEL_DOWN:
        note_down(trouble, event->role, now - down_after_ns - PING_NS - MARGIN_NS, now);
        break;
    case PL_SENTINEL_UP: /* the others may be up again before we hear what they have agreed on meanwhile */
        if (is_of_master && trouble->failover_at == 0)
            trouble->down_at = 0;
        break;
    case PL_SENTINEL_OTHER:
    case PL_SENTINEL_PROMOTED:
    case PL_SENTINEL_SWITCH:
        break;
    }
}

int64_t pl_trouble_began(const pl_trouble *trouble)
{
    const int64_t failover = trouble->failover_at, down = trouble->down_at;
    if (failover != 0 && down != 0)
        return failover < down ? failover : down;
    if (failover != 0 || down != 0)
        return failover != 0 ? failover : down;
    return trouble->other_at != 0 ? trouble->other_at : trouble->well_at;
}

void pl_trouble_end(pl_trouble *trouble)
{
    *trouble = (pl_trouble){.well_at = trouble->well_at};
}
