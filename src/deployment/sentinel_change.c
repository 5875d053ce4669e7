/* SPDX-License-Identifier: MIT */
/* Publishes the answer of the sentinels as the view. */
#include "deployment/sentinel_change.h"

#include "base/error.h"
#include "deployment/deployment.h"
#include "deployment/events.h"

static bool is_view(const pl_slot_map *present, const pl_slot_map *map)
{
    if (present->node_count != map->node_count)
        return false;
    for (uint32_t i = 0; i < map->node_count; i++)
        if (!pl_address_equals(&present->nodes[i].address, &map->nodes[i].address))
            return false;
    return true;
}

/* The loss window: from when to when the old master may have acknowledged writes that are lost. Both 0: no window. */
static void find_window(pl_sentinels *sentinels, pl_node *old, int64_t *from, int64_t *until)
{
    *until = pl_pool_may_have_acknowledged_at(&old->pool);
    pthread_mutex_lock(&sentinels->lock);
    *from = pl_outage_began(&sentinels->outage);
    pthread_mutex_unlock(&sentinels->lock);
    if (*until == 0 || *until < *from)
        *from = *until = 0;
}

/* The old master cannot be freed meanwhile: the caller is inside the epoch. */
static void report(pl_sentinels *sentinels, pl_node *old, const pl_address *master)
{
    int64_t from, until;
    if (!old || pl_address_equals(&old->address, master)) {
        pl_notify_topology_changed(sentinels->deployment->env, old ? &old->address : NULL, master);
        return;
    }
    find_window(sentinels, old, &from, &until);
    pl_notify_master_changed(sentinels->deployment->env, &old->address, master, from, until);
}

static void note_master(pl_sentinels *sentinels, const pl_sentinel_master *master, int64_t now)
{
    pthread_mutex_lock(&sentinels->lock);
    if (!pl_address_equals(&sentinels->master, &master->address)) {
        sentinels->master = master->address;
        pl_outage_end(&sentinels->outage);
    }
    sentinels->down_after_ns = master->down_after_ms * PL_MS;
    if (!master->is_down && !master->is_failing_over)
        pl_outage_note_heard(&sentinels->outage, now);
    pthread_mutex_unlock(&sentinels->lock);
}

podlink_status pl_sentinel_changed(pl_sentinels *sentinels, const pl_sentinel_answer *answer, int64_t now,
                                   podlink_error *err)
{
    pl_deployment *deployment = sentinels->deployment;
    const pl_address *master = &answer->master.address;
    const pl_view *present = pl_nodes_view(&deployment->nodes);
    pl_node *old = present->map->node_count > 0 ? present->nodes[0] : NULL;
    pl_slot_map *map =
        pl_slot_map_single(&deployment->env->config.heap, master, answer->replicas, answer->replica_count);
    if (!map)
        return pl_error_no_memory(err);
    if (is_view(present->map, map)) {
        pl_slot_map_free(map);
        note_master(sentinels, &answer->master, now);
        return PODLINK_OK;
    }
    const podlink_status status = pl_nodes_publish(&deployment->nodes, map, NULL, err);
    if (status != PODLINK_OK)
        return status;
    report(sentinels, old, master);
    note_master(sentinels, &answer->master, now);
    return PODLINK_OK;
}
