/* SPDX-License-Identifier: MIT */
/* Publishes the answer of the sentinels as the view, and reports a new master with its loss window. */
#ifndef PL_DEPLOYMENT_SENTINEL_CHANGE_H
#define PL_DEPLOYMENT_SENTINEL_CHANGE_H

#include "deployment/sentinel_discovery.h"

/** Publishes the master and the replicas of an answer, unless the view has them already. Ends the connections to the
 * old master before it returns. Calls the host's event callback: no lock may be held. Inside the epoch, by one caller
 * at a time.
 *  @return PODLINK_OK or PODLINK_ENOMEM */
podlink_status pl_sentinel_changed(pl_sentinels *sentinels, const pl_sentinel_answer *answer, int64_t now,
                                   podlink_error *err);

#endif
