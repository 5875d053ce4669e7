/* SPDX-License-Identifier: MIT */
/* Discovery of the topology: one caller asks the servers for all callers (single flight), at a limited rate. */
#ifndef PL_DEPLOYMENT_DISCOVERY_H
#define PL_DEPLOYMENT_DISCOVERY_H

#include <podlink/client.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pl_deployment;
struct pl_single_flight;

typedef struct pl_discovery {
    pthread_mutex_t lock;            /* of everything below */
    struct pl_single_flight *flight; /* NULL: no discovery is running */
    int64_t not_before;              /* when the next one may begin */
    int64_t succeeded_at;            /* when one succeeded last; 0: never */
    podlink_error fault;             /* of the latest, status PODLINK_OK if it succeeded */
} pl_discovery;

void pl_discovery_init(pl_discovery *discovery);
void pl_discovery_fini(pl_discovery *discovery);

/** Asks the servers, or waits for the caller that is asking them. Returns the latest result if that is less than 100 ms
 *  old. Inside the epoch. Not for a topology without `discover`.
 *  @return PODLINK_OK: the view is what the servers say; or why discovery has failed. Blocks until the deadline at most
 */
podlink_status pl_discover(struct pl_deployment *deployment, int64_t deadline, podlink_error *err);

/** Like pl_discover(), for a caller that can go on without the result: it does not wait for another caller. */
void pl_discover_soon(struct pl_deployment *deployment, int64_t deadline);

/** Like pl_discover_soon(), however recent the latest discovery is: a server has announced a change.
 *  @param first  the sentinel that has announced it
 *  @return false: another caller is asking, perhaps since before the change */
bool pl_discover_at_once(struct pl_deployment *deployment, uint32_t first, int64_t deadline);

/** Periodic: begins a discovery if the latest one is older than topology_refresh_ms. Inside the epoch. */
void pl_discovery_tick(struct pl_deployment *deployment);

#endif
