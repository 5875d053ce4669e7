/* SPDX-License-Identifier: MIT */
/* The deadline of a call. */
#ifndef PL_CLIENT_DEADLINE_H
#define PL_CLIENT_DEADLINE_H

#include "client/client.h"

/** The checks at the beginning of every call: its time-out, and that this is the process of the client.
 *  @param now, deadline  out
 *  @return PODLINK_OK; EINVAL, EFORKED */
podlink_status pl_call_deadline(const podlink_client *client, const podlink_call *call, int64_t *now, int64_t *deadline,
                                podlink_error *err);

#endif
