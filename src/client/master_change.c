/* Making what the sentinels tell the view. */
#include "client/master_change.h"

#include "base/error.h"
#include "client/client.h"

#include <string.h>

static bool is_view(const pl_slot_map *present, const pl_slot_map *map)
{
    if (present->node_count != map->node_count)
        return false;
    for (uint32_t i = 0; i < map->node_count; i++)
        if (!pl_address_equals(&present->nodes[i].address, &map->nodes[i].address))
            return false;
    return true;
}

/* Since when and until when the old master may have acknowledged what is lost; both 0: never. */
static void set_window(pl_sentinels *sentinels, pl_node *old, podlink_event *event)
{
    const int64_t until = pl_pool_answered_at(&old->pool);
    pthread_mutex_lock(&sentinels->lock);
    const int64_t from = pl_trouble_began(&sentinels->trouble);
    pthread_mutex_unlock(&sentinels->lock);
    if (until == 0 || until < from)
        return;
    event->loss_from_ns = from;
    event->loss_until_ns = until;
}

static void count_change(podlink_client *client, const podlink_event *event)
{
    pl_count_shared(&client->counters.master_changes, 1);
    pl_count_shared(&client->counters.loss_window_ns, (uint64_t)(event->loss_until_ns - event->loss_from_ns));
}

static void report(podlink_client *client, const podlink_event *event)
{
    if (event->kind == PODLINK_EVENT_MASTER_CHANGED) {
        const podlink_log_record record = {.level = PODLINK_LOG_WARN,
                                           .event = "master_changed",
                                           .server = event->new_server,
                                           .duration_ns = event->loss_until_ns - event->loss_from_ns};
        pl_log_write(&client->log, record,
                     "the master is %s, no longer %s; what was acknowledged in %lld ms may be lost", event->new_server,
                     event->old_server, (long long)(record.duration_ns / PL_MS));
    }
    if (client->config.event)
        client->config.event(client->config.event_context, event);
}

/* The old master stays as it is meanwhile: the caller is inside. */
static void tell(pl_sentinels *sentinels, pl_node *old, const pl_address *master, int64_t now)
{
    podlink_client *client = sentinels->client;
    podlink_event event = {.size = sizeof event,
                           .kind = PODLINK_EVENT_TOPOLOGY_CHANGED,
                           .old_server = old ? old->address.text : "",
                           .new_server = master->text,
                           .at_ns = now};
    if (old && !pl_address_equals(&old->address, master)) {
        event.kind = PODLINK_EVENT_MASTER_CHANGED;
        set_window(sentinels, old, &event);
        count_change(client, &event);
    }
    report(client, &event);
}

static void note_master(pl_sentinels *sentinels, const pl_sentinel_master *master, int64_t now)
{
    pthread_mutex_lock(&sentinels->lock);
    if (!pl_address_equals(&sentinels->master, &master->address)) {
        sentinels->master = master->address;
        pl_trouble_end(&sentinels->trouble);
    }
    sentinels->down_after_ns = master->down_after_ms * PL_MS;
    if (!master->is_down && !master->is_failing_over)
        pl_trouble_note_well(&sentinels->trouble, now);
    pthread_mutex_unlock(&sentinels->lock);
}

podlink_status pl_master_change(pl_sentinels *sentinels, const pl_sentinel_answer *answer, int64_t now,
                                podlink_error *err)
{
    podlink_client *client = sentinels->client;
    const pl_address *master = &answer->master.address;
    const pl_view *present = pl_nodes_view(&client->nodes);
    pl_node *old = present->map->node_count > 0 ? present->nodes[0] : NULL;
    pl_slot_map *map = pl_slot_map_single(&client->config.heap, master, answer->replicas, answer->replica_count);
    if (!map)
        return pl_error_no_memory(err);
    if (is_view(present->map, map)) {
        pl_slot_map_free(map);
        note_master(sentinels, &answer->master, now);
        return PODLINK_OK;
    }
    const podlink_status status = pl_nodes_publish(&client->nodes, map, err);
    if (status != PODLINK_OK)
        return status;
    tell(sentinels, old, master, now);
    note_master(sentinels, &answer->master, now);
    return PODLINK_OK;
}
