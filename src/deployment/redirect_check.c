/* SPDX-License-Identifier: MIT */
/* Whether a redirect that answers a script of the user's is true. */
#include "deployment/redirect_check.h"

#include "conn/request.h"
#include "deployment/deployment.h"
#include "deployment/redirect.h"
#include "sync/event.h"

#include <string.h>

enum {
    DISCOVERIES_MAX = 5, /* the nodes learn of a moved slot from each other, which takes them up to a second */
    FIRST_PAUSE_MS = 10  /* and twice as long each time */
};

static const pl_slot_map *present_map(pl_deployment *deployment)
{
    return pl_nodes_view(&deployment->nodes)->map;
}

static bool is_master(pl_deployment *deployment, const pl_address *address)
{
    const pl_slot_map *map = present_map(deployment);
    for (uint32_t i = 0; i < map->node_count; i++)
        if (map->nodes[i].is_master && pl_address_equals(&map->nodes[i].address, address))
            return true;
    return false;
}

/* A node that serves no slot yet is in no map: a script is not sent there. */
static bool is_known_master(pl_deployment *deployment, const pl_address *address, int64_t deadline)
{
    if (is_master(deployment, address))
        return true;
    pl_discover_at_once(deployment, 0, deadline);
    return is_master(deployment, address);
}

static bool is_served_by(pl_deployment *deployment, uint16_t slot, const pl_address *address)
{
    const pl_slot_map *map = present_map(deployment);
    const uint16_t master = pl_slot_map_master(map, slot);
    return master != PL_NO_NODE && pl_address_equals(&map->nodes[master].address, address);
}

/* False at the deadline. */
static bool pause_for(const pl_deployment *deployment, int64_t ms, int64_t deadline)
{
    if (pl_until(deadline, pl_clock_now(&deployment->env->clock)) <= ms * PL_MS)
        return false;
    pl_thread_sleep(ms * PL_MS);
    return true;
}

static bool is_moved(pl_deployment *deployment, const pl_redirect *redirect, int64_t deadline)
{
    for (uint32_t i = 0; i < DISCOVERIES_MAX; i++) {
        pl_discover_at_once(deployment, 0, deadline);
        if (is_served_by(deployment, redirect->slot, &redirect->address))
            return true;
        if (!pause_for(deployment, FIRST_PAUSE_MS << i, deadline))
            return false;
    }
    return false;
}

bool pl_redirect_is_confirmed(pl_deployment *deployment, const pl_node *asked, uint16_t slot, const char *words,
                              int64_t deadline)
{
    pl_redirect redirect;
    if (pl_redirect_read(words, strlen(words), &asked->address, &redirect) != PL_REDIRECT_TO)
        return false;
    if ((slot != PL_SLOT_ANY && slot != redirect.slot) || pl_address_equals(&asked->address, &redirect.address))
        return false;
    return redirect.asks ? is_known_master(deployment, &redirect.address, deadline)
                         : is_moved(deployment, &redirect, deadline);
}
