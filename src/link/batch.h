/* Running n commands as one exchange. */
#ifndef PL_LINK_BATCH_H
#define PL_LINK_BATCH_H

#include "script/call.h"

#include <stddef.h>

/** Runs an exchange that pl_exchange_init() has prepared as one of count commands. count is at least 1.
 *  @param script  NULL where its commands need none
 *  @return exchange->status; EINVAL (too many), ENOMEM, EFORKED */
podlink_status pl_batch_run(podlink_client *client, pl_exchange *exchange, size_t count, const pl_script *script,
                            const podlink_call *call, podlink_error *err);

#endif
