/* When a call must have ended. */
#ifndef PL_CLIENT_DEADLINE_H
#define PL_CLIENT_DEADLINE_H

#include "client/client.h"

/** Checks what every call begins with: its timeout, and that the client is this process's.
 *  @param now, deadline  out
 *  @return PODLINK_OK; EINVAL, EFORKED */
podlink_status pl_call_deadline(const podlink_client *client, const podlink_call *call, int64_t *now, int64_t *deadline,
                                podlink_error *err);

#endif
