/* Finding out which server serves what. */
#include "deployment/discovery.h"

#include "base/error.h"
#include "deployment/deployment.h"
#include "sync/event.h"

enum {
    PAUSE_MS = 100 /* between two: while much moves, the redirects themselves tell what calls need */
};

typedef struct pl_discovery_waiter {
    pl_event event;
    struct pl_discovery_waiter *next;
} waiter;

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
    discovery->is_running = false;
    discovery->not_before = now + PAUSE_MS * PL_MS;
    discovery->fault = *fault;
    if (fault->status == PODLINK_OK)
        discovery->found_at = now;
    waiter *told = discovery->waiters;
    discovery->waiters = NULL;
    pthread_mutex_unlock(&discovery->lock);
    while (told) {
        waiter *next = told->next;
        pl_event_set(&told->event);
        told = next;
    }
}

static void run(pl_deployment *deployment, uint32_t first, int64_t deadline)
{
    podlink_error fault;
    pl_error_clear(&fault);
    pl_count_shared(&deployment->env->counters.discoveries, 1);
    fault.status = deployment->topology->discover(deployment, first, deadline, &fault);
    end(deployment, &fault);
}

typedef enum turn { TURN_OURS, TURN_WAITS, TURN_DONE } turn;

/* @param waiting  NULL: we do not wait
 * @param now      when the latest must have ended a while ago; PL_NEVER: it may have ended just now */
static turn take_turn(pl_deployment *deployment, waiter *waiting, int64_t now)
{
    pl_discovery *discovery = &deployment->discovery;
    turn ours = TURN_DONE;
    pthread_mutex_lock(&discovery->lock);
    if (discovery->is_running && waiting) {
        ours = TURN_WAITS;
        pl_event_init(&waiting->event);
        waiting->next = discovery->waiters;
        discovery->waiters = waiting;
    } else if (!discovery->is_running && now >= discovery->not_before) {
        ours = TURN_OURS;
        discovery->is_running = true;
    }
    pthread_mutex_unlock(&discovery->lock);
    return ours;
}

/* False where it is no longer in the list: it is about to be told. */
static bool leave(pl_discovery *discovery, waiter *waiting)
{
    pthread_mutex_lock(&discovery->lock);
    waiter **at = &discovery->waiters;
    while (*at && *at != waiting)
        at = &(*at)->next;
    const bool is_listed = *at != NULL;
    if (is_listed)
        *at = waiting->next;
    pthread_mutex_unlock(&discovery->lock);
    return is_listed;
}

/* False at the deadline. */
static bool wait(pl_deployment *deployment, waiter *waiting, int64_t deadline)
{
    int64_t left = pl_until(deadline, pl_clock_now(&deployment->env->clock));
    while (!pl_event_wait(&waiting->event, left)) {
        left = pl_until(deadline, pl_clock_now(&deployment->env->clock));
        if (left > 0)
            continue;
        if (leave(&deployment->discovery, waiting))
            return false;
        left = PL_NEVER;
    }
    return true;
}

podlink_status pl_discover(pl_deployment *deployment, int64_t deadline, podlink_error *err)
{
    waiter waiting;
    switch (take_turn(deployment, &waiting, pl_clock_now(&deployment->env->clock))) {
    case TURN_OURS:
        run(deployment, 0, deadline);
        break;
    case TURN_WAITS:
        if (!wait(deployment, &waiting, deadline))
            return pl_error_set(err, PODLINK_ETIMEDOUT, PODLINK_NOT_SENT,
                                "asking which server to use: no answer before the deadline");
        break;
    case TURN_DONE:
        break;
    }
    pthread_mutex_lock(&deployment->discovery.lock);
    const podlink_error fault = deployment->discovery.fault;
    pthread_mutex_unlock(&deployment->discovery.lock);
    if (err)
        *err = fault;
    return fault.status;
}

void pl_discover_soon(pl_deployment *deployment, int64_t deadline)
{
    if (take_turn(deployment, NULL, pl_clock_now(&deployment->env->clock)) == TURN_OURS)
        run(deployment, 0, deadline);
}

bool pl_discover_at_once(pl_deployment *deployment, uint32_t first, int64_t deadline)
{
    const bool is_ours = take_turn(deployment, NULL, PL_NEVER) == TURN_OURS;
    if (is_ours)
        run(deployment, first, deadline);
    return is_ours;
}

void pl_discovery_tick(pl_deployment *deployment)
{
    const int64_t now = pl_clock_now(&deployment->env->clock);
    if (deployment->env->config.topology_refresh_ms < 0)
        return;
    pthread_mutex_lock(&deployment->discovery.lock);
    /* Before the first call that needs a server nothing is asked. */
    const bool is_due = deployment->discovery.found_at != 0 && pl_until(now, deployment->discovery.found_at) >
                                                                   deployment->env->config.topology_refresh_ms * PL_MS;
    pthread_mutex_unlock(&deployment->discovery.lock);
    if (is_due && deployment->topology->discover)
        pl_discover_soon(deployment, pl_deadline_after(now, deployment->env->config.call_timeout_ms));
}
