/* SPDX-License-Identifier: MIT */
/* Discovery of the topology, by one caller for all. */
#include "deployment/discovery.h"

#include "base/error.h"
#include "deployment/deployment.h"
#include "sync/single_flight.h"

enum {
    PAUSE_MS = 100 /* between two: while many slots move, the redirects themselves say where calls have to go */
};

void pl_discovery_init(pl_discovery *discovery)
{
    *discovery = (pl_discovery){0};
    pthread_mutex_init(&discovery->lock, NULL);
}

void pl_discovery_fini(pl_discovery *discovery)
{
    pthread_mutex_destroy(&discovery->lock);
}

static void end(pl_deployment *deployment, const podlink_error *fault)
{
    pl_discovery *discovery = &deployment->discovery;
    const int64_t now = pl_clock_now(&deployment->env->clock);
    pthread_mutex_lock(&discovery->lock);
    discovery->not_before = now + PAUSE_MS * PL_MS;
    discovery->fault = *fault;
    if (fault->status == PODLINK_OK)
        discovery->succeeded_at = now;
    pl_single_flight *waiters = pl_single_flight_end(&discovery->flight);
    pthread_mutex_unlock(&discovery->lock);
    pl_single_flight_wake(waiters);
}

static void lead(pl_deployment *deployment, uint32_t first, int64_t deadline)
{
    podlink_error fault;
    pl_error_clear(&fault);
    pl_count_shared(&deployment->env->counters.discoveries, 1);
    fault.status = deployment->topology->discover(deployment, first, deadline, &fault);
    end(deployment, &fault);
}

typedef enum role { LEADS, WAITS, HAS_RESULT } role;

/* @param now  the latest discovery must have ended PAUSE_MS before; PL_NEVER: it may have ended just now */
static role join(pl_discovery *discovery, pl_single_flight *own, bool may_wait, int64_t now)
{
    role role = HAS_RESULT;
    pthread_mutex_lock(&discovery->lock);
    if (discovery->flight ? may_wait : now >= discovery->not_before)
        role = pl_single_flight_join(&discovery->flight, own) ? LEADS : WAITS;
    pthread_mutex_unlock(&discovery->lock);
    return role;
}

static podlink_status result_of(pl_discovery *discovery, podlink_error *err)
{
    pthread_mutex_lock(&discovery->lock);
    const podlink_error fault = discovery->fault;
    pthread_mutex_unlock(&discovery->lock);
    if (err)
        *err = fault;
    return fault.status;
}

podlink_status pl_discover(pl_deployment *deployment, int64_t deadline, podlink_error *err)
{
    pl_discovery *discovery = &deployment->discovery;
    const pl_clock *clock = &deployment->env->clock;
    pl_single_flight own;
    const role role = join(discovery, &own, true, pl_clock_now(clock));
    if (role == LEADS)
        lead(deployment, 0, deadline);
    if (role == WAITS && !pl_single_flight_wait(&own, &discovery->lock, clock, deadline))
        return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                            "asking which server to use: no answer before the deadline");
    return result_of(discovery, err);
}

void pl_discover_soon(pl_deployment *deployment, int64_t deadline)
{
    pl_single_flight own;
    if (join(&deployment->discovery, &own, false, pl_clock_now(&deployment->env->clock)) == LEADS)
        lead(deployment, 0, deadline);
}

bool pl_discover_at_once(pl_deployment *deployment, uint32_t first, int64_t deadline)
{
    pl_single_flight own;
    const bool leads = join(&deployment->discovery, &own, false, PL_NEVER) == LEADS;
    if (leads)
        lead(deployment, first, deadline);
    return leads;
}

/* Before the first call that needs a server, no server is asked. */
static bool is_overdue(pl_discovery *discovery, int64_t now, int64_t refresh_ms)
{
    pthread_mutex_lock(&discovery->lock);
    const bool is_overdue = discovery->succeeded_at != 0 && pl_until(now, discovery->succeeded_at) > refresh_ms * PL_MS;
    pthread_mutex_unlock(&discovery->lock);
    return is_overdue;
}

void pl_discovery_tick(pl_deployment *deployment)
{
    const pl_config *config = &deployment->env->config;
    const int64_t now = pl_clock_now(&deployment->env->clock);
    if (config->topology_refresh_ms >= 0 && is_overdue(&deployment->discovery, now, config->topology_refresh_ms))
        pl_discover_soon(deployment, pl_deadline_after(now, config->call_timeout_ms));
}
