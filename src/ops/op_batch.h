/* Running n commands as one request. */
#ifndef PL_OPS_OP_BATCH_H
#define PL_OPS_OP_BATCH_H

#include "ops/key_order.h"
#include "script/script_call.h"

#include <stddef.h>

/** Runs a request that pl_request_init() has prepared as one of count commands. count is at least 1.
 *  @param keys    what the items change, so that those on one key keep their order; NULL: they change nothing
 *  @param items   for keys
 *  @param script  NULL where its commands need none
 *  @return request->status; EINVAL (too many), ENOMEM, EFORKED */
podlink_status pl_batch_run(podlink_client *client, pl_request *request, size_t count, const pl_key_order_fns *keys,
                            const void *items, const pl_script *script, const podlink_call *call, podlink_error *err);

#endif
