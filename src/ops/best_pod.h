/* Picking the best pod of a service: asked for by itself, and as a step of computing a link. */
#ifndef PL_OPS_BEST_POD_H
#define PL_OPS_BEST_POD_H

#include "client/call.h"
#include "ops/name.h"

/** 0 (any age) or 1..2^53 ms: beyond, a script's numbers are no longer exact. */
podlink_status pl_check_age(int64_t max_age_ms, podlink_error *err);

/** Within a call that has begun.
 *  @param pod  out: PODLINK_NO_POD where none qualifies
 *  @return PODLINK_OK, PODLINK_NOT_FOUND, or what failed */
podlink_status pl_best_pod(pl_call *call, pl_name ns, pl_name service, int64_t max_age_ms, int32_t *pod,
                           podlink_error *err);

#endif
