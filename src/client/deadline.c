/* SPDX-License-Identifier: MIT */
/* The deadline of a call. */
#include "client/deadline.h"

#include "base/error.h"
#include "base/sized.h"

static podlink_status check_size(const podlink_call *call, podlink_error *err)
{
    if (call->size < sizeof *call)
        return pl_error_invalid(err, "call: size is not set, see PODLINK_CALL_INIT");
    const size_t unknown = pl_sized_unknown(call, sizeof *call);
    return unknown ? pl_error_unknown_field("call", unknown, err) : PODLINK_OK;
}

podlink_status pl_call_deadline(const podlink_client *client, const podlink_call *call, int64_t *now, int64_t *deadline,
                                podlink_error *err)
{
    if (call && call->size != sizeof *call && check_size(call, err) != PODLINK_OK)
        return PODLINK_EINVAL;
    int64_t timeout_ms = call && call->timeout_ms != 0 ? call->timeout_ms : client->env.config.call_timeout_ms;
    if (timeout_ms < -1)
        return pl_error_invalid(err, "call: timeout_ms must be -1 (no limit), 0 (the client's) or more");
    if (pl_fork_guard_is_child(&client->fork_guard))
        return pl_error_set(err, PODLINK_EFORKED, PODLINK_NOT_SENT,
                            "this client belongs to the parent process: open one after fork()");
    *now = pl_clock_now(&client->env.clock);
    *deadline = pl_deadline_after(*now, timeout_ms);
    return PODLINK_OK;
}
