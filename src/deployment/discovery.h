/* Finding out which server serves what: by one caller at a time, for all, and not too often. */
#ifndef PL_DEPLOYMENT_DISCOVERY_H
#define PL_DEPLOYMENT_DISCOVERY_H

#include <podlink/client.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pl_deployment;

typedef struct pl_discovery {
    pthread_mutex_t lock; /* of everything below */
    bool is_running;
    int64_t not_before;  /* the next one */
    int64_t found_at;    /* when one succeeded last */
    podlink_error fault; /* of the latest, status PODLINK_OK where it succeeded */
    struct pl_discovery_waiter *waiters;
} pl_discovery;

void pl_discovery_init(pl_discovery *discovery);
void pl_discovery_fini(pl_discovery *discovery);

/** Finds out: asks the servers, or waits for the caller who is at it; or tells what the latest has found, where that
 * was just now. Of a single server there is nothing to be found. In a call that has begun.
 *  @return PODLINK_OK: the view is as the servers tell; or why that failed. Blocks until the deadline at most */
podlink_status pl_discover(struct pl_deployment *deployment, int64_t deadline, podlink_error *err);

/** The same for a caller that can go on without: it does not wait for another. */
void pl_discover_soon(struct pl_deployment *deployment, int64_t deadline);

/** The same, however short ago the latest was: something was announced.
 *  @param first  the sentinel that has announced it
 *  @return false: another is at it, and may have been too early */
bool pl_discover_at_once(struct pl_deployment *deployment, uint32_t first, int64_t deadline);

/** Periodic: finds out again where that was long ago. Inside the epoch. */
void pl_discovery_tick(struct pl_deployment *deployment);

#endif
