/* SPDX-License-Identifier: MIT */
/* Reports to the host's event callback: what has changed in the deployment. */
#ifndef PL_DEPLOYMENT_EVENTS_H
#define PL_DEPLOYMENT_EVENTS_H

#include "config/env.h"

#include <podlink/client.h>

#include <stdint.h>

/** Another server is the master: counts, logs and reports it. No lock may be held.
 *  @param from, until  the loss window, by the client's clock: writes acknowledged in it may be lost; both 0: none */
void pl_notify_master_changed(pl_env *env, const pl_address *old, const pl_address *master, int64_t from,
                              int64_t until);

/** Another change: reports it. No lock may be held.
 *  @param old, made  borrowed; NULL: none */
void pl_notify_topology_changed(pl_env *env, const pl_address *old, const pl_address *made);

#endif
