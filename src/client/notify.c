/* What has happened to the deployment, told to the host. */
#include "client/notify.h"

#include "client/client.h"

static void tell(podlink_client *client, podlink_event_kind kind, const pl_address *old, const pl_address *made,
                 int64_t from, int64_t until)
{
    const podlink_event event = {.size = sizeof event,
                                 .kind = kind,
                                 .old_server = old ? old->text : "",
                                 .new_server = made ? made->text : "",
                                 .at_ns = pl_clock_now(&client->env.clock),
                                 .loss_from_ns = from,
                                 .loss_until_ns = until};
    if (client->env.config.event)
        client->env.config.event(client->env.config.event_context, &event);
}

void pl_notify_master_changed(podlink_client *client, const pl_address *old, const pl_address *master, int64_t from,
                              int64_t until)
{
    const podlink_log_record record = {
        .level = PODLINK_LOG_WARN, .event = "master_changed", .server = master->text, .duration_ns = until - from};
    pl_count_shared(&client->env.counters.master_changes, 1);
    pl_count_shared(&client->env.counters.loss_window_ns, (uint64_t)(until - from));
    pl_log_write(&client->env.log, record,
                 "the master is %s, no longer %s; what was acknowledged in %lld ms may be lost", master->text,
                 old->text, (long long)(record.duration_ns / PL_MS));
    tell(client, PODLINK_EVENT_MASTER_CHANGED, old, master, from, until);
}

void pl_notify_topology_changed(podlink_client *client, const pl_address *old, const pl_address *made)
{
    tell(client, PODLINK_EVENT_TOPOLOGY_CHANGED, old, made, 0, 0);
}
