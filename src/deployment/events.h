/* What has happened to the deployment, told to the host. */
#ifndef PL_DEPLOYMENT_EVENTS_H
#define PL_DEPLOYMENT_EVENTS_H

#include "config/env.h"

#include <podlink/client.h>

#include <stdint.h>

/** Another server is the master: counts and logs that, and calls the host's callback: no lock may be held.
 *  @param from   since when acknowledged writes may have been lost, by the client's clock,
 *  @param until  and until when; both 0: none can have been */
void pl_notify_master_changed(pl_env *env, const pl_address *old, const pl_address *master, int64_t from,
                              int64_t until);

/** Something else is another: calls the host's callback.
 *  @param old, made  borrowed; NULL: none */
void pl_notify_topology_changed(pl_env *env, const pl_address *old, const pl_address *made);

#endif
