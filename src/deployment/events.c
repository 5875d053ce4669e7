/* SPDX-License-Identifier: MIT */
/* Reports to the host's event callback. */
#include "deployment/events.h"

static void report(pl_env *env, podlink_event_kind kind, const pl_address *old, const pl_address *made, int64_t from,
                   int64_t until)
{
    const podlink_event event = {.size = sizeof event,
                                 .kind = kind,
                                 .old_server = old ? old->text : "",
                                 .new_server = made ? made->text : "",
                                 .at_ns = pl_clock_now(&env->clock),
                                 .loss_from_ns = from,
                                 .loss_until_ns = until};
    if (env->config.event)
        env->config.event(env->config.event_context, &event);
}

void pl_notify_master_changed(pl_env *env, const pl_address *old, const pl_address *master, int64_t from, int64_t until)
{
    const podlink_log_record record = {
        .level = PODLINK_LOG_WARN, .event = "master_changed", .server = master->text, .duration_ns = until - from};
    pl_count_shared(&env->counters.master_changes, 1);
    pl_count_shared(&env->counters.loss_window_ns, (uint64_t)(until - from));
    pl_log_write(&env->log, record, "the master is %s, no longer %s; writes acknowledged within %lld ms may be lost",
                 master->text, old->text, (long long)(record.duration_ns / PL_MS));
    report(env, PODLINK_EVENT_MASTER_CHANGED, old, master, from, until);
}

void pl_notify_topology_changed(pl_env *env, const pl_address *old, const pl_address *made)
{
    report(env, PODLINK_EVENT_TOPOLOGY_CHANGED, old, made, 0, 0);
}
