/* Making what the sentinels tell the view; another master is reported, with the window of what may be lost. */
#ifndef PL_DEPLOYMENT_SENTINEL_CHANGE_H
#define PL_DEPLOYMENT_SENTINEL_CHANGE_H

#include "deployment/sentinel_discovery.h"

/** Publishes the master and the replicas of an answer, where they are not the view already. The old master's
 *  connections are ended before this returns. Calls the host's event callback: no lock may be held. In a call that has
 *  begun, by one caller at a time.
 *  @return PODLINK_OK or PODLINK_ENOMEM */
podlink_status pl_sentinel_changed(pl_sentinels *sentinels, const pl_sentinel_answer *answer, int64_t now,
                                   podlink_error *err);

#endif
